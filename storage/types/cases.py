"""The values of the moderators' desk: the queue, the case, the decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from storage.types.chat import MessageRole, MessageState
from storage.types.reports import Grounds, Report
from storage.types.rulings import (
    CaseKind,
    CaseState,
    DecisionAction,
    DecisionState,
    LabelName,
    Ruling,
    SecondReason,
    Stage,
)

WaitsFor = Literal["somebody_else", "lead"]
"""Who is to go on with a case that not everybody may: somebody who has had no say on it, or a lead.

`lead` also where nobody of the desk is left who may: the host has to add somebody.
"""
UNDECIDED: tuple[CaseState, ...] = ("open", "claimed", "escalated", "ruled", "pending_second")


def _hidden(_text: str) -> str:
    """All that is shown of a text where nobody said how to redact one."""
    return "«REMOVED»"


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What a host may choose about the desk."""

    undo: timedelta = timedelta(seconds=30)
    """How long a decision can be undone; it takes effect after that."""
    blind_share: float = 0.0
    """The share of cases that are drawn to be judged without what the checks said."""
    audit_share: float = 0.0
    """The share of turns without any finding that are drawn for a person to look at."""
    redact: Callable[[str], str] = _hidden
    """Takes identifiers out of a text that nobody asked a moderator to read."""


DEFAULT_RULES = DeskRules()


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A row of the queue; no content."""

    id: str
    kind: CaseKind
    state: CaseState
    clause: str | None
    severity: int
    sources: tuple[str, ...]
    """Names of the checks that flagged it, and `person` where somebody reported it or asked for a review."""
    reports: int
    language: str | None
    opened_at: datetime
    due_at: datetime
    is_overdue: bool
    is_blind: bool
    """Drawn for the blind slice: clause and checks stay hidden until it is decided."""
    priority: float
    claimed_by: str | None
    claim_expires_at: datetime | None
    hold_reason: str | None
    waits_for: WaitsFor | None
    ruling: Ruling | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases to list; what is not set is not asked for."""

    states: tuple[CaseState, ...] = UNDECIDED
    clause: str | None = None
    check: str | None = None
    source: Literal["machine", "person"] | None = None
    language: str | None = None
    older_than_hours: int | None = None
    mine: bool = False
    """Only cases that the asking moderator holds."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A piece of the queue, and where the next one begins; None at the end."""

    cases: tuple[CaseSummary, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much work waits, for a badge and for a webhook; nothing of any case."""

    cases: int
    overdue: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class PriorityPart:
    """One line of how urgent a case is: what a source says, times how often it was right before."""

    source: str
    """The name of a check, or `person`."""
    score: float
    weight: float
    based_on: int
    """How many decisions the weight was learned from; with none it is a guess of one half."""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One message of the evidence, as it stood when the case was opened."""

    message_id: str
    role: MessageRole
    text: str
    state: MessageState
    is_subject: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a moderator filled in, and the row version of the case that the form was opened with."""

    ruling: Ruling
    clause: str | None
    note: str
    public_note: str
    row_version: int
    action: DecisionAction | None = None
    """None: what usually follows from the ruling."""
    days: int | None = None
    """How long a suspension lasts."""
    reason_key: str | None = None
    labels: Mapping[str, LabelName] = field(default_factory=dict)
    """By flag id, where the moderator judged a finding otherwise than the ruling does."""
    spans: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """By flag id, where the moderator marked the text anew."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A moderator's ruling on a case; only ever added, never changed."""

    id: str
    case_id: str
    moderator: str
    ruling: Ruling
    clause: str | None
    note: str
    """For other moderators; "" where it must not sway who reads."""
    public_note: str
    """For the reporter and the author."""
    decided_at: datetime
    action: DecisionAction
    days: int | None
    reason_key: str | None
    stage: Stage
    state: DecisionState
    effective_at: datetime
    """Until then its author can undo it."""
    saw_model_output: bool
    batch_id: str | None
    needs_second: tuple[SecondReason, ...] = field(default=(), compare=False)
    """Where it was just made: why a second person has to agree before it takes effect."""
    conversation_id: str | None = field(default=None, compare=False)
    """Where it was just made: the conversation whose message it may have changed, for caches of its text."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What was decided about the same text before, in another case."""

    case_id: str
    ruling: Ruling
    clause: str | None
    action: DecisionAction
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Reporter:
    """How often a person's reports were right, and the weight that gives the next one."""

    weight: float
    upheld: int
    refuted: int


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a moderator sees of a case: the evidence, the flags, the reports, the decisions."""

    summary: CaseSummary
    row_version: int
    evidence: tuple[EvidenceLine, ...]
    """The message, up to three turns before it and, with a report, after it, oldest first; () once erased."""
    shown: str
    """What the reader had seen of it when it was stopped; "" for a blocked prompt."""
    checkpoint: str | None
    settings: Mapping[str, Any] | None
    """How the model was asked to generate."""
    verdicts: tuple[Mapping[str, Any], ...]
    """() in the blind slice, until it is decided."""
    grounds: Grounds | None
    """None in the blind slice, until it is decided."""
    priority: tuple[PriorityPart, ...]
    """Why the case stands where it does in the queue; () in the blind slice."""
    reports: tuple[Report, ...]
    reporter: Reporter | None
    decisions: tuple[Decision, ...]
    """On this case and, on an appeal, on the one it is about; oldest first."""
    proposal: Decision | None
    """The decision that waits for a second person, or for its undo time to end."""
    needs_second: tuple[SecondReason, ...]
    """Why a second person has to agree with the proposal."""
    same_text: tuple[Prior, ...]
    same_text_waiting: int
    """How many other cases about the very same text nobody has decided."""
    appeal_text: str | None
    about_id: str | None
    """The case that an appeal or an override is about."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A moderator's own name for a set of filters."""

    name: str
    filters: Filters
