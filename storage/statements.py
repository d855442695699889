"""Statements of reasons: what a decision about a person's message was, why, and how to ask again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from storage import cases, judging, tables
from storage.states import PASSES_ON
from storage.types import Appeal, AppealOutcome, Statement
from storage.work import Work

APPEAL_WITHIN = timedelta(days=184)

Found = Select[tables.Decision, tables.ReviewCase, tables.DecisionNote | None]


def of_owner(work: Work, owner: str) -> tuple[Statement, ...]:
    """The decisions about their messages and reports, those that were overturned too; newest first."""
    made, course = tables.Decision, tables.DecisionCourse
    # What was decided on an appeal stands with the decision that was appealed.
    shown = course.state.in_(("in_force", "overturned")) & (tables.ReviewCase.kind != "appeal")
    return _stated(work, owner, _question(owner).join(course, course.decision_id == made.id).where(shown))


def of_decision(work: Work, owner: str, decision_id: str) -> Statement | None:
    """That one; None where it is about somebody else, or about somebody who has been erased since."""
    found = _stated(work, owner, _question(owner).where(tables.Decision.id == decision_id))
    return found[0] if found else None


def appeals_of(work: Work, owner: str, decision_ids: Sequence[str] | None = None) -> dict[str, Appeal]:
    """Their appeals by the decision they are about, oldest first."""
    appeal, words, case = tables.Appeal, tables.AppealText, tables.ReviewCase
    question = (
        select(appeal, words.text, case)
        .join(case, case.id == appeal.case_id)
        .outerjoin(words, (words.owner == appeal.owner) & (words.appeal_id == appeal.id))
        .where(appeal.owner == owner)
        .order_by(appeal.id)
    )
    if decision_ids is not None:
        question = question.where(appeal.decision_id.in_(decision_ids))
    return {
        row.decision_id: _appeal(work, row, text or "", case) for row, text, case in work.execute(question)
    }


def _question(owner: str) -> Found:
    made, case, note = tables.Decision, tables.ReviewCase, tables.DecisionNote
    return (
        select(made, case, note)
        .join(case, case.id == made.case_id)
        .outerjoin(note, note.decision_id == made.id)
        .where(
            case.owner == owner,
            made.stage == "first",
            made.action.not_in(PASSES_ON),
        )
        .order_by(made.id.desc())
    )


def _stated(work: Work, owner: str, question: Found) -> tuple[Statement, ...]:
    rows = work.execute(question).all()
    appeals = appeals_of(work, owner, [made.id for made, _, _ in rows])
    return tuple(_statement(work, made, case, note, appeals.get(made.id)) for made, case, note in rows)


def _statement(
    work: Work,
    made: tables.Decision,
    case: tables.ReviewCase,
    note: tables.DecisionNote | None,
    appeal: Appeal | None,
) -> Statement:
    message = work.get(tables.Message, (case.owner, case.message_id))
    decided_at = made.effective_at or made.decided_at
    last_day = decided_at + APPEAL_WITHIN
    about = work.get_one(tables.ReviewCase, case.about_id) if case.about_id else case
    can_appeal = appeal is None and case.kind != "appeal" and can_be_appealed(about, made, at=work.clock())
    return Statement(
        decision_id=made.id,
        message_id=case.message_id,
        conversation_id=case.conversation_id,
        role=message.role if message else None,
        said_at=message.created_at if message else None,
        ruling=made.ruling,
        clause=made.clause,
        action=made.action,
        reason_key=made.reason_key,
        note=note.public_note if note else "",
        grounds=cases.grounds(work, case.about_id or case.id, case.clause),
        decided_at=decided_at,
        suspended_until=_suspended_until(work, made),
        appeal_until=last_day if can_appeal else None,
        appeal=appeal,
    )


def can_be_appealed(about: tables.ReviewCase, made: tables.Decision, *, at: datetime) -> bool:
    """Whether it is the decision in force about a message, and not too old."""
    return made.id == about.decision_id and at <= (made.effective_at or made.decided_at) + APPEAL_WITHIN


def _suspended_until(work: Work, made: tables.Decision) -> datetime | None:
    sanction = tables.Sanction
    return work.scalar(
        select(sanction.ends_at).where(
            sanction.decision_id == made.id, sanction.kind == "suspension", sanction.ended_at.is_(None)
        )
    )


def _appeal(work: Work, row: tables.Appeal, text: str, case: tables.ReviewCase) -> Appeal:
    made = work.get(tables.Decision, case.decision_id) if case.decision_id else None
    note = work.get(tables.DecisionNote, made.id) if made else None
    outcome: AppealOutcome | None = None
    if made is not None:
        earlier = work.get_one(tables.Decision, row.decision_id)
        outcome = judging.outcome(cases.content(earlier), cases.content(made))
    return Appeal(
        id=row.id,
        decision_id=row.decision_id,
        message_id=case.message_id,
        side=row.side,
        text=text,
        created_at=row.created_at,
        outcome=outcome,
        outcome_note=note.public_note if note else None,
        decided_at=case.decided_at if made else None,
    )
