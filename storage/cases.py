"""Cases: the queue, and what a moderator sees of one; every opening of it is in the audit log."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, or_, select

from storage import evidence, tables
from storage.columns import quoted
from storage.reports import of_cases
from storage.types import Case, CaseState, CaseSummary, Decision, NotFound
from storage.work import Work


def queue(work: Work, states: Sequence[CaseState], limit: int) -> tuple[CaseSummary, ...]:
    """Cases in these states, the gravest first and the oldest of those first."""
    table = tables.ReviewCase
    rows = work.scalars(
        select(table)
        .where(table.state.in_(states))
        .order_by(table.severity.desc(), table.opened_at, table.id)
        .limit(limit)
    )
    return _summaries(work, rows.all())


def waiting(work: Work) -> int:
    """How many cases a moderator could take now: open, escalated, or with a lease that has run out."""
    table = tables.ReviewCase
    lapsed = (table.state == "claimed") & (table.claim_expires_at <= work.clock())
    question = select(func.count()).where(or_(table.state.in_(("open", "escalated")), lapsed))
    return work.scalar(question) or 0


def locked(work: Work, case_id: str) -> tables.ReviewCase:
    """The row, held until the transaction ends; raises NotFound."""
    row = work.get(tables.ReviewCase, case_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no case {quoted(case_id)}.")
    return row


def view(work: Work, case: tables.ReviewCase) -> Case:
    """Everything that a moderator sees of a case."""
    content = evidence.unseal(work, case.id)
    verdicts = work.scalars(
        select(tables.Verdict.body).where(tables.Verdict.case_id == case.id).order_by(tables.Verdict.id)
    )
    return Case(
        summary=_summaries(work, [case])[0],
        row_version=case.row_version,
        evidence=content.lines if content else (),
        shown=content.shown if content else "",
        checkpoint=content.checkpoint if content else None,
        verdicts=tuple(verdicts),
        reports=of_cases(work, [case.id]),
        decisions=_decisions(work, case.id),
    )


def _decisions(work: Work, case_id: str) -> tuple[Decision, ...]:
    rows = work.execute(
        select(tables.Decision, tables.DecisionNote)
        .outerjoin(tables.DecisionNote, tables.DecisionNote.decision_id == tables.Decision.id)
        .where(tables.Decision.case_id == case_id)
        .order_by(tables.Decision.id)
    )
    return tuple(decision(row, note) for row, note in rows)


def decision(row: tables.Decision, note: tables.DecisionNote | None) -> Decision:
    """A ruling with its words, which are gone once the person has been erased."""
    return Decision(
        id=row.id,
        case_id=row.case_id,
        moderator=row.moderator_id,
        ruling=row.ruling,
        clause=row.clause,
        note=note.note if note else "",
        public_note=note.public_note if note else "",
        decided_at=row.decided_at,
    )


def _summaries(work: Work, rows: Sequence[tables.ReviewCase]) -> tuple[CaseSummary, ...]:
    ids = [row.id for row in rows]
    checks: dict[str, list[str]] = defaultdict(list)
    flagged = select(tables.Flag.case_id, tables.Flag.check_name).where(tables.Flag.case_id.in_(ids))
    for case_id, check in work.execute(flagged.distinct().order_by(tables.Flag.check_name)):
        checks[case_id].append(check)
    counted = select(tables.Report.case_id, func.count()).where(tables.Report.case_id.in_(ids))
    reports = {case_id: count for case_id, count in work.execute(counted.group_by(tables.Report.case_id))}
    return tuple(_summary(row, checks[row.id], reports.get(row.id, 0)) for row in rows)


def _summary(row: tables.ReviewCase, checks: Sequence[str], reports: int) -> CaseSummary:
    return CaseSummary(
        id=row.id,
        state=row.state,
        clause=row.clause,
        severity=row.severity,
        sources=(*checks, "person") if reports else tuple(checks),
        reports=reports,
        opened_at=row.opened_at,
        claimed_by=row.claimed_by,
        claim_expires_at=row.claim_expires_at,
        ruling=row.ruling,
    )
