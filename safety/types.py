"""The words of the safety room: a text, what checks found in it, and the Guard's verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, Protocol

from safety.redaction import IdentifierKind, Places, Redaction, redacted

Side = Literal["prompt", "response", "post"]

Category = Literal[
    "child_safety",
    "hate",
    "harassment",
    "violence",
    "extremism",
    "self_harm",
    "sexual",
    "dangerous_illegal",
    "cbrn",
    "cyber_abuse",
    "deception",
    "privacy",
    "unlicensed_advice",
    "circumvention",
    "rights",
]


class SafetyError(Exception):
    """A policy, rule or weight file that cannot be trusted; Bezel does not start with it."""


class Action(StrEnum):
    """What becomes of a text, mildest first; `support` is a block that answers with help."""

    ALLOW = "allow"
    REDACT = "redact"
    FLAG = "flag"
    BLOCK = "block"
    SUPPORT = "support"

    @property
    def withholds(self) -> bool:
        """Whether the text may not go on."""
        return self in (Action.BLOCK, Action.SUPPORT)

    @property
    def opens_case(self) -> bool:
        """Whether a moderator is to look at it."""
        return self in (Action.FLAG, Action.BLOCK, Action.SUPPORT)


class Outcome(StrEnum):
    """How one check on one text ended; only `pass` means that it was looked at and found clean."""

    PASS = "pass"
    FLAG = "flag"
    BLOCK = "block"
    ERROR = "error"
    NOT_CHECKED = "not_checked"


class Reading(Protocol):
    """What a text says in code, in clear: `span` leads from a stretch of `value` to what was written."""

    @property
    def value(self) -> str: ...

    def span(self, start: int, end: int) -> "Span": ...


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be judged. `prompt` is what a response answers, `history` earlier prompts, oldest first."""

    value: str
    side: Side
    prompt: str | None = None
    history: tuple[str, ...] = ()
    lang: str | None = None
    """ISO 639-1 code, or None when the Guard is to find out."""
    readings: tuple[Reading, ...] = ()
    """What it says in code, which the Guard finds out and has every check judge as well."""
    suspected: tuple[Category, ...] = ()
    """What cheap checks suspect in it, likeliest first: what a dearer judge is asked about."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the original text, in code points; `end` is exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Signal:
    """What a check reports before the policy speaks: a category or a clause, and how sure it is, 0 to 1."""

    category: Category
    score: float
    clause: str | None = None
    """The clause where the check knows it; otherwise the policy maps the category to one."""
    spans: tuple[Span, ...] = ()
    kind: IdentifierKind | None = None
    """What stands at the spans where that is an identifier; the policy then decides by kind."""


@dataclass(frozen=True, slots=True)
class CheckedText:
    """One check's work on one text: its signals, or that it could not judge this language."""

    signals: tuple[Signal, ...] = ()
    not_checked: str | None = None
    """Why the text was not checked, for example its language; None when it was."""


class Check(Protocol):
    """One test of a text. `check` may raise: the Guard turns that into `error`, never into `pass`."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Version and, where the check has weights, the first 12 hex digits of their sha256."""
        ...

    def check(self, text: Text) -> CheckedText: ...


class DearCheck(Check, Protocol):
    """A check that costs so much that it is given suspects alone: it judges what `text.suspected` names.

    It gives a signal for every category of its own that is suspected, however low its score.
    """

    @property
    def categories(self) -> frozenset[Category]:
        """What it can judge."""
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """An item of the policy, by id: `PUP-2.e.i`; severity 0 (slight) to 3 (gravest)."""

    id: str
    title: str
    forbids: str
    severity: int
    covered: bool
    """False where no check serves this clause: the pages list it as uncovered."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal that the policy acts on: which clause, by which check, how sure, from which threshold."""

    clause: str
    category: Category
    check: str
    score: float
    threshold: float
    action: Action
    spans: tuple[Span, ...] = ()
    kind: IdentifierKind | None = None


@dataclass(frozen=True, slots=True)
class Lifted:
    """A finding that does not count: this judge scored the text below `threshold` for its category."""

    finding: Finding
    judge: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The Guard's answer for one text. It can be replayed: it names policy, checks, scores and spans."""

    action: Action
    score: float
    """The highest calibrated risk over all categories, 0 to 1."""
    categories: Mapping[Category, float]
    """A score for each of the 15 categories, 0 where no check gave one."""
    findings: tuple[Finding, ...]
    """What the policy acts on, the finding that decided first."""
    checks: Mapping[str, Outcome]
    policy: str
    """The policy's version, the profile and the normaliser's version: `pup-2026.11/standard/n2`.

    Where people have changed thresholds, the number of those changes too: `pup-2026.11/standard/n2+t7`.
    """
    versions: Mapping[str, str] = field(default_factory=dict)
    lang: str | None = None
    ms: float = 0.0
    side: Side | None = None
    shadow: Mapping[str, Action] = field(default_factory=dict)
    """By the id of a threshold that is only tried: what it would have done, where that is something else."""
    redactions: tuple[Redaction, ...] = ()
    """What is taken out before anybody else reads the text, in order and apart; whatever the action."""
    lifted: tuple[Lifted, ...] = ()
    """What cheap checks found and dearer judges took back, as far as the policy lets them."""

    def redacted(self, text: str, end: int | None = None) -> str:
        """The text that was judged, as far as `end`, with placeholders for what is taken out."""
        return redacted(text, self.redactions, end)

    def after_redaction(self) -> "Verdict":
        """The same verdict with every span pointing into the redacted text, which is all that is kept."""
        places = Places(self.redactions)

        def moved(one: Finding) -> Finding:
            spans = (Span(places.start(at.start), places.end(at.end)) for at in one.spans)
            return replace(one, spans=tuple(spans))

        return replace(
            self,
            findings=tuple(map(moved, self.findings)),
            lifted=tuple(replace(one, finding=moved(one.finding)) for one in self.lifted),
            redactions=tuple(map(places.moved, self.redactions)),
        )

    @property
    def clause(self) -> str | None:
        """The clause that decided, or None where none did: nothing was found, or a failed check decided."""
        decided = self.findings and self.findings[0].action is self.action
        return self.findings[0].clause if decided else None

    @property
    def failed(self) -> bool:
        """Whether a check ended in error, so that the policy's word for that was applied."""
        return Outcome.ERROR in self.checks.values()

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain JSON values, for the store and for `judge`."""
        return {
            "action": str(self.action),
            "score": round(self.score, 6),
            "categories": {name: round(score, 6) for name, score in self.categories.items()},
            "findings": [_in_json(found) for found in self.findings],
            "redactions": [asdict(one) for one in self.redactions],
            "checks": {name: str(outcome) for name, outcome in self.checks.items()},
            "policy": self.policy,
            "versions": dict(self.versions),
            "lang": self.lang,
            "ms": round(self.ms, 3),
            "side": self.side,
            "shadow": {name: str(action) for name, action in self.shadow.items()},
            "lifted": [
                _in_json(one.finding)
                | {"lifted_by": one.judge, "judged": round(one.score, 6), "below": round(one.threshold, 6)}
                for one in self.lifted
            ],
        }


def _in_json(found: Finding) -> dict[str, Any]:
    return {
        "clause": found.clause,
        "category": found.category,
        "check": found.check,
        "score": round(found.score, 6),
        "threshold": round(found.threshold, 6),
        "action": str(found.action),
        "spans": [[span.start, span.end] for span in found.spans],
        "kind": found.kind,
    }


class Judge(Protocol):
    """What the turn needs of the Guard; tests hand in their own checks, never their own Guard."""

    async def judge(self, text: Text) -> Verdict: ...

    def clause(self, clause_id: str) -> Clause: ...

    @property
    def live_checks(self) -> Sequence[str]: ...
