"""The values of the desk's figures: counts and shares, nothing of any message."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storage.types.rulings import CaseKind, CaseState, DecisionAction, Ruling


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many cases were opened and how many were decided on a day, in UTC."""

    day: date
    opened: int
    decided: int


@dataclass(frozen=True, slots=True)
class Wait:
    """How long cases of one severity wait; an undecided one counts with its age so far, as a lower bound."""

    severity: int
    decided: int
    waiting: int
    p50: timedelta
    p90: timedelta
    oldest: timedelta | None
    """The age of the oldest that nobody has decided."""
    overdue: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval of Wilson; None where there is nothing to count yet."""

    hits: int
    total: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CheckPrecision:
    """How often a check was right where moderators said so."""

    check: str
    right: Share
    unsure: int
    """Findings that a decision said nothing of; in neither count."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one moderator was shown on a day: for their own protection, never to rank them by."""

    moderator_id: str
    day: date
    severity: int
    opened: int
    revealed: int


@dataclass(frozen=True, slots=True)
class Insights:
    """The desk's figures over some days."""

    since: datetime
    inflow: tuple[DayCount, ...]
    waits: tuple[Wait, ...]
    """The gravest first; only severities that have cases."""
    precision: tuple[CheckPrecision, ...]
    agreement: Share
    """Decisions that a second person agreed with."""
    overturned: Share
    """Decisions in force that were overturned later."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A request to take a list of cases out of Bezel; somebody else has to agree with it within a day."""

    id: str
    asked_by: str
    asked_at: datetime
    agreed_by: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A row of an export: no content, nobody's name."""

    id: str
    kind: CaseKind
    state: CaseState
    severity: int
    clause: str | None
    found_by: str
    reports: int
    language: str | None
    opened_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    ruling: Ruling | None
    decided_clause: str | None
    action: DecisionAction | None
    reason_key: str | None
