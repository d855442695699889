"""The queue: its order, its filters, its pages, and how much waits in it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, tuple_

from storage import standing, tables
from storage.states import LONGEST_HOLD
from storage.tables import WAITS
from storage.types import CaseState, CaseSummary, Filters, QueuePage, StorageError, Waiting, WaitsFor
from storage.work import Work

FREE: tuple[CaseState, ...] = ("open", "escalated", "pending_second")
LONGEST_PAGE = 200


def page(work: Work, moderator_id: str | None, filters: Filters, after: str | None, limit: int) -> QueuePage:
    """The cases that fit, in the order of the queue, or decided ones, the newest first."""
    limit = max(1, min(limit, LONGEST_PAGE))
    if "decided" in filters.states:
        return _history(work, filters, after, limit)
    case = tables.ReviewCase
    wanted = fitting(work, filters, moderator_id)
    if after is not None:
        wanted.append(tuple_(case.rank, case.id) > _place(after, int))
    ids = select(case.id).where(text(WAITS), *wanted).order_by(case.rank, case.id).limit(limit).subquery()
    rows = work.scalars(select(case).join(ids, ids.c.id == case.id).order_by(case.rank, case.id)).all()
    more = f"{rows[-1].rank} {rows[-1].id}" if len(rows) == limit else None
    return QueuePage(summaries(work, rows), more)


def first_free(work: Work, moderator: tables.Moderator, filters: Filters) -> tables.ReviewCase | None:
    """The first case that this moderator may take, locked; other transactions pass over it."""
    case = tables.ReviewCase
    wanted = [*fitting(work, filters, moderator.id), standing.may_take(work, moderator)]
    return work.scalar(
        select(case)
        .where(text(WAITS), _is_free(work), *wanted)
        .order_by(case.rank, case.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def waiting(work: Work) -> Waiting:
    """How many cases a moderator could take now, how many of them are overdue, and the oldest one's age."""
    case = tables.ReviewCase
    late = func.count().filter(case.due_at <= work.clock())
    found = work.execute(
        select(func.count(), late, func.min(case.opened_at)).where(text(WAITS), _is_free(work))
    ).one()
    return Waiting(cases=found[0], overdue=found[1], oldest_at=found[2])


def summaries(work: Work, rows: Sequence[tables.ReviewCase]) -> tuple[CaseSummary, ...]:
    """Rows of the queue, without any content."""
    waits = standing.waits_for(work, rows)
    at = work.clock()
    return tuple(_summary(row, waits.get(row.id), at) for row in rows)


def shown_clause(row: tables.ReviewCase) -> str | None:
    """The clause of a case; None while it waits in the blind slice."""
    return None if _is_judged_blind(row) else row.clause


def shown_sources(row: tables.ReviewCase) -> tuple[str, ...]:
    """Who found a case, without the checks while it waits in the blind slice."""
    names = tuple(name for name in row.found_by.split("|") if name)
    return tuple(name for name in names if name == "person") if _is_judged_blind(row) else names


def _is_judged_blind(row: tables.ReviewCase) -> bool:
    return row.selection_prob is not None and row.state != "decided"


def _summary(row: tables.ReviewCase, waits_for: WaitsFor | None, at: datetime) -> CaseSummary:
    due_at = row.due_at or row.opened_at
    return CaseSummary(
        id=row.id,
        kind=row.kind,
        state=row.state,
        clause=shown_clause(row),
        severity=row.severity,
        sources=shown_sources(row),
        reports=row.reports,
        language=row.language,
        opened_at=row.opened_at,
        due_at=due_at,
        is_overdue=row.state != "decided" and due_at <= at,
        is_blind=row.selection_prob is not None,
        priority=row.priority,
        claimed_by=row.claimed_by,
        claim_expires_at=row.claim_expires_at,
        hold_reason=row.hold_reason,
        waits_for=waits_for,
        ruling=row.ruling,
    )


def _is_free(work: Work) -> ColumnElement[bool]:
    case = tables.ReviewCase
    at = work.clock()
    # Past the longest hold: made by a clock that has been set back since.
    is_over = or_(case.claim_expires_at <= at, case.claim_expires_at > at + LONGEST_HOLD)
    return or_(case.state.in_(FREE), and_(case.state == "claimed", is_over))


def fitting(work: Work, filters: Filters, moderator_id: str | None) -> list[ColumnElement[bool]]:
    """What these filters ask of a case; `mine` asks for those that this moderator holds."""
    case = tables.ReviewCase
    wanted: list[ColumnElement[bool]] = [case.state.in_(filters.states), *_fitting_checks(filters)]
    if filters.source == "person":
        wanted.append(case.found_by.contains("|person|"))
    if filters.source == "machine":
        wanted.append(case.found_by.not_in(("|", "|person|")))
    if filters.language is not None:
        wanted.append(case.language == filters.language)
    if filters.older_than_hours is not None:
        wanted.append(case.opened_at <= work.clock() - timedelta(hours=filters.older_than_hours))
    if filters.mine:
        wanted.append(and_(case.state == "claimed", case.claimed_by == moderator_id))
    return wanted


def _fitting_checks(filters: Filters) -> list[ColumnElement[bool]]:
    case = tables.ReviewCase
    wanted: list[ColumnElement[bool]] = []
    if filters.clause is not None:
        wanted.append(case.clause == filters.clause)
    if filters.check is not None:
        wanted.append(case.found_by.contains(f"|{filters.check}|", autoescape=True))
    # Where a case turns up must not tell what the blind slice hides.
    return [*wanted, or_(case.selection_prob.is_(None), case.state == "decided")] if wanted else []


def _history(work: Work, filters: Filters, after: str | None, limit: int) -> QueuePage:
    if filters.states != ("decided",):
        raise StorageError("Decided cases are listed by themselves, not among those that wait.")
    case = tables.ReviewCase
    wanted = fitting(work, filters, None)
    if after is not None:
        wanted.append(tuple_(case.decided_at, case.id) < _place(after, datetime.fromisoformat))
    order = (case.decided_at.desc(), case.id.desc())
    rows = work.scalars(select(case).where(*wanted).order_by(*order).limit(limit)).all()
    last = rows[-1] if len(rows) == limit else None
    more = f"{last.decided_at.isoformat()} {last.id}" if last and last.decided_at else None
    return QueuePage(summaries(work, rows), more)


def _place(after: str, read: Callable[[str], Any]) -> tuple[Any, str]:
    """What the last case of a page sorts by, and its id, as `after` names them."""
    first, _, case_id = after.partition(" ")
    try:
        return read(first), case_id
    except ValueError:
        raise StorageError("This page of the queue cannot be found; start at its beginning.") from None
