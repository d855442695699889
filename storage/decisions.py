"""Decisions on cases: made, agreed with by a second person, taken back, looked at again."""

from dataclasses import replace
from typing import Any, Literal, get_args

from sqlalchemy import select

from storage import audit, cases, desk, judging, moderators, priority, standing, states, tables
from storage.columns import new_id, short
from storage.types import (
    Case,
    Decision,
    DecisionAction,
    IllegalMove,
    Judgement,
    LabelName,
    Ruling,
    Stage,
    StaleCase,
)
from storage.work import Work

LONGEST_NOTE = 4000


def decide(work: Work, case_id: str, moderator_id: str, judgement: Judgement) -> Decision:
    """Rule on a case that one holds; it takes effect when its author can no longer undo it."""
    row = ready(work, case_id, moderator_id, judgement.row_version)
    if row.proposal_id is not None:
        raise IllegalMove("A decision on this case waits for a second person: agree with it, or do not.")
    action = judging.checked(judgement)
    if action in ("warn", "suspend") and row.owner is None:
        raise IllegalMove("This person has been erased; there is nobody left to warn or to suspend.")
    made = new_decision(work, row, moderator_id, judgement, action)
    return rule(work, row, made, judgement)


def second(  # noqa: PLR0913
    work: Work, case_id: str, moderator_id: str, *, agrees: bool, note: str, row_version: int
) -> Decision:
    """Agree with a decision that waits for a second person, or not: then it goes to somebody else."""
    row = ready(work, case_id, moderator_id, row_version)
    if row.proposal_id is None:
        raise IllegalMove("No decision on this case waits for a second person.")
    proposal = work.get_one(tables.Decision, row.proposal_id)
    ruling: Ruling = proposal.ruling if agrees else "unsure"
    judgement = Judgement(
        ruling, proposal.clause, note, "", row_version, days=proposal.days, reason_key=proposal.reason_key
    )
    action: DecisionAction = proposal.action if agrees else "second_opinion"
    made = new_decision(work, row, moderator_id, judgement, action, stage="second")
    return rule(work, row, made, judgement)


def undo(work: Work, case_id: str, moderator_id: str) -> Case:
    """Take back a decision that has not taken effect yet; its author holds the case again."""
    moderators.active(work, moderator_id)
    row = cases.locked(work, case_id)
    made = work.get(tables.Decision, row.settling_id) if row.settling_id else None
    if made is None:
        raise IllegalMove("This decision has taken effect; it cannot be undone any more.")
    course, at = work.get_one(tables.DecisionCourse, made.id), work.clock()
    until = made.effective_at or made.decided_at
    states.check_undo(course.state, author=made.moderator_id, until=until, moderator=moderator_id, at=at)
    course.state, course.at = states.move_decision(course.state, "undone"), at
    row.state, row.settling_id = states.move_case(row.state, "claimed"), None
    row.claimed_by, row.claim_expires_at = moderator_id, at + states.LEASE
    row.row_version += 1
    priority.schedule(work, row)
    audit.record(work, moderator_id, "decision undone", made.id)
    return cases.view(work, row, moderator_id)


def reconsider(work: Work, case_id: str, moderator_id: str) -> Case:
    """Look again at a decided case, in a case of its own; overturning it takes a second person."""
    moderator, about = moderators.active(work, moderator_id), cases.locked(work, case_id)
    if about.about_id is not None or about.state != "decided":
        raise IllegalMove("Only a decided case about a message can be looked at again.")
    standing.check(work, about, moderator)
    row = again(work, about, "override")
    audit.record(work, moderator_id, "case opened again", row.id)
    return desk.take(work, row, moderator)


def again(work: Work, about: tables.ReviewCase, kind: Literal["appeal", "override"]) -> tables.ReviewCase:
    """A new case about the decision in force on another; raises IllegalMove where one waits already."""
    table = tables.ReviewCase
    waits = select(table.id).where(table.about_id == about.id, table.kind == kind, table.state != "decided")
    if work.scalar(waits.limit(1)) is not None:
        raise IllegalMove("Somebody is looking at this decision again already.")
    row = table(
        id=new_id(),
        kind=kind,
        owner=about.owner,
        conversation_id=about.conversation_id,
        message_id=about.message_id,
        about_id=about.id,
        override_of=about.decision_id,
        clause=about.clause,
        severity=about.severity,
        language=about.language,
        found_by=about.found_by,
        reports=about.reports,
        priority=about.priority,
        priority_parts=about.priority_parts,
        state="open",
        is_escalated=False,
        row_version=1,
        opened_at=work.clock(),
    )
    row.due_at = row.opened_at + priority.DUE[min(row.severity, 1)]
    priority.schedule(work, row)
    work.add(row)
    work.flush()
    return row


def rule(work: Work, row: tables.ReviewCase, made: tables.Decision, judgement: Judgement) -> Decision:
    """Let a decision stand on a case until it takes effect."""
    note = tables.DecisionNote(
        decision_id=made.id,
        note=short(judgement.note, "note", LONGEST_NOTE),
        public_note=short(judgement.public_note, "public note", LONGEST_NOTE),
    )
    course = tables.DecisionCourse(decision_id=made.id, state="settling", at=made.decided_at)
    work.add(made)
    work.flush()
    work.add_all((note, course))
    row.state = states.move_case(row.state, "ruled")
    row.settling_id, row.changes_at = made.id, made.effective_at
    desk.let_go(row)
    work.flush()
    audit.record(work, made.moderator_id, "case ruled", row.id)
    return replace(
        cases.decision(made, course, note),
        needs_second=cases.second_reasons(work, row, made),
        conversation_id=row.conversation_id,
    )


def new_decision(  # noqa: PLR0913
    work: Work,
    row: tables.ReviewCase,
    moderator_id: str,
    judgement: Judgement,
    action: DecisionAction,
    *,
    stage: Stage = "first",
    batch_id: str | None = None,
) -> tables.Decision:
    """The row of a decision, not yet added."""
    at = work.clock()
    return tables.Decision(
        id=new_id(),
        case_id=row.id,
        moderator_id=moderator_id,
        ruling=judgement.ruling,
        clause=judgement.clause if judging.is_violation(judgement.ruling) else None,
        action=action,
        days=judgement.days if action == "suspend" else None,
        reason_key=None if judgement.reason_key is None else short(judgement.reason_key, "reason", 100),
        stage=stage,
        override_of=row.override_of,
        batch_id=batch_id,
        saw_model_output=not cases.hides_output(work, row, moderator_id),
        proposed_labels=_proposed_labels(work, row, judgement),
        decided_at=at,
        effective_at=at + work.rules.undo,
    )


def ready(work: Work, case_id: str, moderator_id: str, row_version: int) -> tables.ReviewCase:
    """The case, to be ruled on now by who holds it; raises what stands in the way."""
    moderator, row = moderators.active(work, moderator_id), desk.held(work, case_id, moderator_id)
    if row.row_version != row_version:
        raise StaleCase("This case has changed since you opened it; open it again and decide then.")
    standing.check(work, row, moderator)
    return row


def _proposed_labels(work: Work, row: tables.ReviewCase, judgement: Judgement) -> dict[str, Any] | None:
    flag = tables.Flag
    known = set(work.scalars(select(flag.id).where(flag.case_id == (row.about_id or row.id))))
    proposed: dict[str, Any] = {}
    for flag_id, label in judgement.labels.items():
        if flag_id not in known or label not in get_args(LabelName):
            raise IllegalMove(
                f"The label is {label!r}; it must be tp, fp or unsure, for a finding of this case."
            )
        proposed[flag_id] = {"label": label}
    for flag_id, spans in judgement.spans.items():
        if flag_id not in known or any(not 0 <= start < end for start, end in spans):
            raise IllegalMove("The marked places must be within the message, for a finding of this case.")
        proposed.setdefault(flag_id, {})["spans"] = [list(span) for span in spans]
    return proposed or None
