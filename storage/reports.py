"""Reports and requests for review, their outcomes, and the notices that an author gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import Select, select

from storage import flags, tables
from storage.columns import new_id, short
from storage.conversations import own_message
from storage.flags import Opening
from storage.states import HIDDEN, STOPPED, refuse_unfinished
from storage.types import IllegalMove, Notice, Report, ReportKind
from storage.work import Work

LONGEST_NOTE = 4000
LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a person filled in; `reason` is a clause id or `other`."""

    kind: ReportKind
    reason: str
    note: str
    severity: int


def report(work: Work, owner: str, message_id: str, complaint: Complaint) -> Report:
    """Complain about a message or ask for a review; a second time gives the first and changes nothing."""
    kind = complaint.kind
    if kind not in get_args(ReportKind):
        raise IllegalMove(f"The kind is {kind!r}; it must be report or review.")
    message = own_message(work, owner, message_id, lock=True)
    table = tables.Report
    theirs = (table.owner == owner, table.message_id == message.id, table.kind == kind)
    earlier = work.scalar(select(table).where(*theirs))
    if earlier is None:
        refuse_unfinished(message.state, kind)
        earlier = _new_report(work, message, complaint)
    return _found(work, _with_outcomes().where(table.id == earlier.id))[0]


def _new_report(work: Work, message: tables.Message, complaint: Complaint) -> tables.Report:
    reason = short(complaint.reason, "reason", LONGEST_REASON)
    note = short(complaint.note, "note", LONGEST_NOTE)
    shown = "" if message.state in HIDDEN or message.state == "blocked" else message.text
    opening = Opening(
        complaint.severity,
        text=message.text,
        shown=shown,
        by=work.keys.pseudonym(message.owner),
        with_later=True,
    )
    case = flags.open_case(work, message, None if reason == "other" else reason, opening)
    row = tables.Report(
        id=new_id(),
        owner=message.owner,
        kind=complaint.kind,
        conversation_id=message.conversation_id,
        message_id=message.id,
        case_id=case.id,
        reason=reason,
        note=note,
        created_at=work.clock(),
    )
    work.add(row)
    work.flush()
    flags.settle_in(work, case)
    return row


def of_owner(work: Work, owner: str) -> tuple[Report, ...]:
    """Their reports and requests with outcomes, newest first."""
    return _found(
        work, _with_outcomes().where(tables.Report.owner == owner).order_by(tables.Report.id.desc())
    )


def of_cases(work: Work, case_ids: Sequence[str]) -> tuple[Report, ...]:
    """The reports in these cases, oldest first."""
    return _found(
        work, _with_outcomes().where(tables.Report.case_id.in_(case_ids)).order_by(tables.Report.id)
    )


def notices(work: Work, owner: str) -> tuple[Notice, ...]:
    """What they are to be told about messages of theirs that were stopped or taken away, newest first."""
    table = tables.Message
    stopped = work.scalars(
        select(table).where(table.owner == owner, table.state.in_(STOPPED)).order_by(table.id.desc())
    )
    verdicts = _verdicts(work, owner)
    rulings = _rulings(work, owner)
    reviews = {made.message_id: made for made in of_owner(work, owner) if made.kind == "review"}
    return tuple(
        _notice(row, verdicts.get(row.id), rulings.get(row.id), reviews.get(row.id)) for row in stopped
    )


def _notice(
    row: tables.Message,
    verdict: tuple[str, str | None] | None,
    ruling: tables.Decision | None,
    review: Report | None,
) -> Notice:
    action, clause = verdict or (row.state, None)
    return Notice(
        message_id=row.id,
        role=row.role,
        clause=ruling.clause if ruling and ruling.clause else clause,
        automatic=ruling is None,
        action="removed" if row.state == "removed" else action,
        review=review,
    )


def _verdicts(work: Work, owner: str) -> dict[str, tuple[str, str | None]]:
    table, message = tables.Verdict, tables.Message
    rows = work.execute(
        select(table.message_id, table.action, table.clause)
        .join(message, (message.owner == table.owner) & (message.id == table.message_id))
        .where(table.owner == owner, message.state.in_(STOPPED))
        .order_by(table.id)
    )
    return {message_id: (action, clause) for message_id, action, clause in rows}


def _rulings(work: Work, owner: str) -> dict[str, tables.Decision]:
    case, made = tables.ReviewCase, tables.Decision
    rows = work.execute(
        select(case.message_id, made)
        .join(made, made.id == case.decision_id)
        .where(case.owner == owner, case.kind.in_(("content", "audit")))
        .order_by(made.id)
    )
    return {message_id: decision for message_id, decision in rows}


def _with_outcomes() -> Select[tables.Report, tables.Decision, tables.DecisionNote]:
    """Reports with the decision that is in force about their case, which an appeal may have replaced."""
    report, case, made, note = tables.Report, tables.ReviewCase, tables.Decision, tables.DecisionNote
    return (
        select(report, made, note)
        .join(case, case.id == report.case_id)
        .outerjoin(made, made.id == case.decision_id)
        .outerjoin(note, note.decision_id == made.id)
    )


def _found(
    work: Work, question: Select[tables.Report, tables.Decision, tables.DecisionNote]
) -> tuple[Report, ...]:
    return tuple(_report(row, made, note) for row, made, note in work.execute(question))


def _report(row: tables.Report, made: tables.Decision | None, note: tables.DecisionNote | None) -> Report:
    return Report(
        id=row.id,
        kind=row.kind,
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        reason=row.reason,
        note=row.note,
        created_at=row.created_at,
        outcome=made.ruling if made else None,
        outcome_note=note.public_note if note else None,
        decided_at=made.decided_at if made else None,
    )
