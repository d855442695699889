"""The values of the person's side: reports, notices, reasons, appeals, suspensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.types.chat import MessageRole
from storage.types.rulings import DecisionAction, Ruling

ReportKind = Literal["report", "review"]
"""`report`: somebody complains about a reply; `review`: the author asks a person to look at a block."""
AppealOutcome = Literal["upheld", "changed", "overturned"]
"""`changed`: the violation stands, but not what followed from it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report or a request for review, as its author sees it."""

    id: str
    kind: ReportKind
    message_id: str
    conversation_id: str
    reason: str
    """A clause id, or `other`."""
    note: str
    created_at: datetime
    outcome: Ruling | None
    outcome_note: str | None
    """What the moderator wrote for the reporter; never the private note."""
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What an author is told when a message of theirs was stopped or taken away."""

    message_id: str
    role: MessageRole
    clause: str | None
    automatic: bool
    action: str
    review: Report | None


@dataclass(frozen=True, slots=True)
class Flagged:
    """What one check found in a message, as it can be replayed."""

    flag_id: str
    check: str
    version: str | None
    outcome: str
    clause: str | None
    """None where the check could not judge the text."""
    category: str | None
    score: float | None
    threshold: float | None
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Grounds:
    """How a message came to a decision: one object for the moderator's page and the person's statement."""

    clause: str | None
    """The clause that the checks or the report named."""
    found: tuple[Flagged, ...]
    policy: str | None
    reasons: Mapping[str, int]
    """Why people reported it: how many gave each reason."""

    @property
    def automatic(self) -> bool:
        """Whether a check found it."""
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class Appeal:
    """A request to rule again, as its author sees it."""

    id: str
    decision_id: str
    message_id: str
    side: Literal["author", "reporter"]
    text: str
    created_at: datetime
    outcome: AppealOutcome | None
    outcome_note: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Statement:
    """The reasons for a decision, for the person it is about; no name of a moderator, no private note."""

    decision_id: str
    message_id: str
    conversation_id: str
    role: MessageRole | None
    """Whose message it is about; None where it has been deleted."""
    said_at: datetime | None
    ruling: Ruling
    clause: str | None
    action: DecisionAction
    reason_key: str | None
    """The prepared reason, for the page to put into words."""
    note: str
    grounds: Grounds
    decided_at: datetime
    suspended_until: datetime | None
    appeal_until: datetime | None
    """Until when they may appeal; None where they may not: the appeal is made, or the decision is one."""
    appeal: Appeal | None


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why somebody may not chat now, and until when."""

    id: str
    until: datetime
    statement: Statement | None
    """None where only the network address is that of somebody suspended: their reasons are theirs."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that the person has not yet said they have read."""

    id: str
    at: datetime
    statement: Statement


@dataclass(frozen=True, slots=True)
class Sanctioned:
    """A warning or a suspension as its person takes it along."""

    kind: Literal["warning", "suspension"]
    decision_id: str
    starts_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    read_at: datetime | None
    """When they said they have read it; a suspension is not asked about."""


@dataclass(frozen=True, slots=True)
class Heard:
    """That a person was shown what was decided on a report or request of theirs."""

    decision_id: str
    heard_at: datetime | None
    """None where it was decided before this was noted."""
