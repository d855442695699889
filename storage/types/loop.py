"""The values of the loop from decisions to thresholds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from safety.types import Action, Side

ThresholdStatus = Literal["proposed", "shadow", "active", "retired"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text that was drawn at random: its score, and what people found; None while they have not."""

    score: float
    is_right: bool | None


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """What was drawn of the findings of one version of a check under one clause, oldest first."""

    check: str
    version: str
    clause: str
    side: Side
    texts: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class NewThreshold:
    """A threshold as somebody proposes it, with what its labels say."""

    check: str
    version: str
    clause: str
    side: Side
    value: float
    target: float
    """The precision that it has, except with the probability `risk`."""
    risk: float
    lower: float
    labels: int
    wrong: int
    method: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and its history: who proposed it, tried it, switched it on, and took it back."""

    id: str
    terms: NewThreshold
    status: ThresholdStatus
    proposed_by: str
    proposed_at: datetime
    shadow_at: datetime | None
    activated_by: str | None
    activated_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class ThresholdsInForce:
    """The thresholds that act and those that are tried; `number` counts how often the first have changed."""

    number: int
    active: tuple[Threshold, ...]
    tried: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A verdict that would have been another under a threshold."""

    verdict_id: str
    case_id: str
    at: datetime
    score: float
    was: Action
    would: Action


@dataclass(frozen=True, slots=True)
class Trial:
    """What a threshold in shadow has seen so far: verdicts of its side, and those it would have changed."""

    verdicts: int
    changed: int


@dataclass(frozen=True, slots=True)
class Audited:
    """What people found in turns that no check had flagged, drawn at random."""

    turns: int
    violations: int
    undecided: int
    """Not decided yet, or nobody is sure."""


@dataclass(frozen=True, slots=True)
class RegressionPrompt:
    """A redacted text that the gate is to get right from now on."""

    id: str
    text: str
    side: Side
    language: str | None
    clause: str | None
    category: str | None
    is_harmful: bool
    created_at: datetime
