"""How urgent a case is: what each source says, times how often that source was right; and when it is due."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from storage import tables
from storage.judging import is_violation
from storage.types import PriorityPart, Reporter
from storage.work import Work

DUE: Final[Mapping[int, timedelta]] = {
    3: timedelta(hours=1),
    2: timedelta(hours=24),
    1: timedelta(days=7),
    0: timedelta(days=7),
}
PRIOR: Final = 0.5
PRIOR_WEIGHT: Final = 4
"""A source counts as half right before anything is known of it, as much as four decisions would say so."""

STEP: Final = 1_000_000
"""Between two bands of the rank: severity and lateness above it, priority below."""
_FINEST: Final = 100_000


def rank(severity: int, priority: float, *, is_overdue: bool) -> int:
    """The place in the queue, the smallest first: severity, then lateness, then priority (up to 9.99)."""
    band = 7 - (2 * severity + is_overdue)
    return band * STEP + (STEP - 1) - min(int(priority * _FINEST), STEP - 1)


def weight(right: int, wrong: int) -> float:
    """How often a source was right, shrunk towards one half as long as little is known."""
    return (right + PRIOR * PRIOR_WEIGHT) / (right + wrong + PRIOR_WEIGHT)


def refresh(work: Work, case: tables.ReviewCase) -> None:
    """Reckon anew what the queue shows and sorts by, after flags, reports or the severity changed."""
    flag, report = tables.Flag, tables.Report
    scores = {
        name: score or 0.0
        for name, score in work.execute(
            select(flag.check_name, func.max(flag.score))
            .where(flag.case_id == case.id)
            .group_by(flag.check_name)
            .order_by(flag.check_name)
        )
    }
    case.reports = work.scalar(select(func.count()).where(report.case_id == case.id)) or 0
    parts = [_of_check(work, name, score) for name, score in scores.items()]
    if case.reports and case.owner is not None:
        parts.append(_of_reporter(reporter(work, case.owner)))
    case.found_by = "".join(f"|{part.source}" for part in parts) + "|"
    case.priority_parts = [asdict(part) for part in parts]
    case.priority = sum(part.score * part.weight for part in parts)
    case.due_at = case.opened_at + DUE.get(case.severity, DUE[0])
    schedule(work, case)


def schedule(work: Work, case: tables.ReviewCase) -> None:
    """Note whether a case that nobody has decided is overdue, its rank, and when the clock changes that."""
    case.is_overdue = case.due_at is not None and case.due_at <= work.clock()
    case.rank = rank(case.severity, case.priority, is_overdue=case.is_overdue)
    case.changes_at = None if case.is_overdue else case.due_at


def parts_of(case: tables.ReviewCase) -> tuple[PriorityPart, ...]:
    """The breakdown of the priority as it stood when the case was last sorted in."""
    return tuple(PriorityPart(**part) for part in case.priority_parts)


def reporter(work: Work, owner: str) -> Reporter:
    """How often the reports of this person were right, by the cases that are decided."""
    report, case = tables.Report, tables.ReviewCase
    rulings = work.execute(
        select(case.ruling, func.count())
        .join(report, report.case_id == case.id)
        .where(report.owner == owner, report.kind == "report", case.state == "decided")
        .group_by(case.ruling)
    )
    counts = {ruling: count for ruling, count in rulings if ruling is not None}
    upheld = sum(count for ruling, count in counts.items() if is_violation(ruling))
    refuted = counts.get("no_violation", 0)
    return Reporter(weight=weight(upheld, refuted), upheld=upheld, refuted=refuted)


def _of_check(work: Work, name: str, score: float) -> PriorityPart:
    label = tables.DecisionLabel
    counted = work.execute(
        select(label.label, func.count()).where(label.check_name == name).group_by(label.label)
    )
    counts = {said: count for said, count in counted}
    right, wrong = counts.get("tp", 0), counts.get("fp", 0)
    return PriorityPart(source=name, score=score, weight=weight(right, wrong), based_on=right + wrong)


def _of_reporter(known: Reporter) -> PriorityPart:
    return PriorityPart(
        source="person", score=1.0, weight=known.weight, based_on=known.upheld + known.refuted
    )
