"""The desk's figures: how much comes, how long it waits, how often checks and decisions were right."""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from storage import tables
from storage.settling import Settling
from storage.transactions import Transactions
from storage.types import CheckPrecision, DayCount, Exposure, Insights, Share, Wait
from storage.work import Work

Z = 1.959964
"""The normal quantile of a two-sided interval of 95 %."""


class Figures:
    """The Store's questions about the desk as a whole; all raise StorageError."""

    def __init__(self, transactions: Transactions, settling: Settling) -> None:
        self._read, self._settle = transactions.read, settling.settle

    def over(self, days: int = 30) -> Insights:
        """The figures of the cases opened and the decisions made in the last so many days."""
        self._settle()
        return self._read(_over, days)

    def exposure(self, days: int = 30, moderator_id: str | None = None) -> tuple[Exposure, ...]:
        """What each moderator, or this one, was shown, by day and severity, the newest day first."""
        return self._read(_exposure, days, moderator_id)


def share(hits: int, total: int) -> Share:
    """A share with its Wilson interval (E. B. Wilson, JASA 22, 1927)."""
    if total == 0:
        return Share(hits=0, total=0, share=None, low=0.0, high=1.0)
    seen, spread = hits / total, Z * Z / total
    middle = (seen + spread / 2) / (1 + spread)
    half = Z * math.sqrt(seen * (1 - seen) / total + spread / total / 4) / (1 + spread)
    return Share(
        hits=hits, total=total, share=seen, low=max(0.0, middle - half), high=min(1.0, middle + half)
    )


def quantile(durations: Sequence[timedelta], part: float) -> timedelta:
    """The smallest duration that this part of them do not pass; they come sorted, and there are some."""
    return durations[max(0, math.ceil(part * len(durations)) - 1)]


def _over(work: Work, days: int) -> Insights:
    since = work.clock() - timedelta(days=days)
    return Insights(
        since=since,
        inflow=_inflow(work, since),
        waits=_waits(work, since),
        precision=_precision(work, since),
        agreement=_share_of(work, since, "agreed", "disagreed"),
        overturned=_share_of(work, since, "overturned", "in_force"),
    )


def _inflow(work: Work, since: datetime) -> tuple[DayCount, ...]:
    case = tables.ReviewCase
    opened: dict[date, int] = defaultdict(int)
    decided: dict[date, int] = defaultdict(int)
    for at in work.scalars(select(case.opened_at).where(case.opened_at >= since)):
        opened[at.date()] += 1
    for ended in work.scalars(select(case.decided_at).where(case.decided_at >= since)):
        if ended is not None:
            decided[ended.date()] += 1
    first, last = since.date(), work.clock().date()
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(DayCount(day, opened[day], decided[day]) for day in every)


def _waits(work: Work, since: datetime) -> tuple[Wait, ...]:
    case, at = tables.ReviewCase, work.clock()
    waits: dict[int, list[timedelta]] = defaultdict(list)
    ages: dict[int, list[timedelta]] = defaultdict(list)
    overdue: dict[int, int] = defaultdict(int)
    columns = (case.severity, case.opened_at, case.decided_at, case.due_at)
    relevant = (case.opened_at >= since) | (case.state != "decided")
    for severity, opened_at, decided_at, due_at in work.execute(select(*columns).where(relevant)):
        waits[severity].append((decided_at or at) - opened_at)
        if decided_at is None:
            ages[severity].append(at - opened_at)
            overdue[severity] += due_at is not None and due_at <= at
    return tuple(
        Wait(
            severity=severity,
            decided=len(waited) - len(ages[severity]),
            waiting=len(ages[severity]),
            p50=quantile(waited, 0.5),
            p90=quantile(waited, 0.9),
            oldest=max(ages[severity], default=None),
            overdue=overdue[severity],
        )
        for severity, waited in sorted(((name, sorted(found)) for name, found in waits.items()), reverse=True)
    )


def _precision(work: Work, since: datetime) -> tuple[CheckPrecision, ...]:
    label, made = tables.DecisionLabel, tables.Decision
    counted = work.execute(
        select(label.check_name, label.label, func.count())
        .join(made, made.id == label.decision_id)
        .where(made.decided_at >= since)
        .group_by(label.check_name, label.label)
    )
    said: dict[str, dict[str, int]] = defaultdict(dict)
    for check, name, count in counted:
        said[check][name] = count
    return tuple(
        CheckPrecision(
            check=check,
            right=share(counts.get("tp", 0), counts.get("tp", 0) + counts.get("fp", 0)),
            unsure=counts.get("unsure", 0),
        )
        for check, counts in sorted(said.items())
    )


def _share_of(work: Work, since: datetime, hit: str, miss: str) -> Share:
    course, made = tables.DecisionCourse, tables.Decision
    counted = work.execute(
        select(course.state, func.count())
        .join(made, made.id == course.decision_id)
        .where(made.decided_at >= since, course.state.in_((hit, miss)))
        .group_by(course.state)
    )
    counts: dict[str, int] = {state: count for state, count in counted}
    return share(counts.get(hit, 0), sum(counts.values()))


def _exposure(work: Work, days: int, moderator_id: str | None) -> tuple[Exposure, ...]:
    opening, case = tables.CaseOpening, tables.ReviewCase
    since = work.clock() - timedelta(days=days)
    question = (
        select(opening.moderator_id, opening.at, opening.revealed_at, case.severity)
        .join(case, case.id == opening.case_id)
        .where(opening.at >= since)
    )
    if moderator_id is not None:
        question = question.where(opening.moderator_id == moderator_id)
    counts: dict[tuple[date, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for who, at, revealed_at, severity in work.execute(question):
        count = counts[at.date(), who, severity]
        count[0] += 1
        count[1] += revealed_at is not None
    return tuple(
        Exposure(moderator_id=who, day=day, severity=severity, opened=opened, revealed=revealed)
        for (day, who, severity), (opened, revealed) in sorted(counts.items(), reverse=True)
    )
