"""The moderators' desk: who holds a case, for how long, and what their decision does."""

from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from storage import audit, cases, conversations, evidence, moderators, states, tables
from storage.columns import new_id, short
from storage.types import Case, Decision, Ruling, StaleCase
from storage.work import Work

LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a moderator filled in, and the row version of the case that the form was opened with."""

    ruling: Ruling
    clause: str | None
    note: str
    public_note: str
    row_version: int


def show(work: Work, case_id: str, moderator_id: str) -> Case:
    """Show a case to a moderator, and note that they saw it."""
    moderators.active(work, moderator_id)
    row = cases.locked(work, case_id)
    audit.record(work, moderator_id, "case viewed", row.id)
    return cases.view(work, row)


def claim(work: Work, case_id: str, moderator_id: str) -> Case:
    """Take a case for ten minutes, or renew that; raises CaseTaken while somebody else's lease runs."""
    moderators.active(work, moderator_id)
    return _take(work, cases.locked(work, case_id), moderator_id)


def next_case(work: Work, moderator_id: str) -> Case | None:
    """Claim the gravest and oldest case that nobody holds and that this moderator has not ruled on yet."""
    moderators.active(work, moderator_id)
    table, ruled = tables.ReviewCase, tables.Decision
    lapsed = (table.state == "claimed") & (table.claim_expires_at <= work.clock())
    mine = select(ruled.id).where(ruled.case_id == table.id, ruled.moderator_id == moderator_id)
    row = work.scalar(
        select(table)
        .where(or_(table.state.in_(("open", "escalated")), lapsed), ~mine.exists())
        .order_by(table.severity.desc(), table.opened_at, table.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return _take(work, row, moderator_id) if row else None


def release(work: Work, case_id: str, moderator_id: str) -> None:
    """Hand a case back; raises CaseTaken or IllegalMove where it is not theirs."""
    row = cases.locked(work, case_id)
    _check_holder(work, row, moderator_id)
    row.state = states.released_case(row.state, was_escalated=row.is_escalated)
    _let_go(row)
    audit.record(work, moderator_id, "case released", row.id)


def decide(work: Work, case_id: str, moderator_id: str, judgement: Judgement) -> Decision:
    """Rule on a case that one holds: the message moves, and the reporters get their outcome."""
    moderators.active(work, moderator_id)
    row = cases.locked(work, case_id)
    _check_holder(work, row, moderator_id)
    if row.row_version != judgement.row_version:
        raise StaleCase("This case has changed since you opened it; open it again and decide then.")
    states.check_clause(judgement.ruling, judgement.clause)
    made, note = _decision(work, row, moderator_id, judgement)
    row.state = states.ruled_case(row.state, judgement.ruling)
    row.is_escalated = row.is_escalated or row.state == "escalated"
    row.ruling = judgement.ruling
    row.decided_at = made.decided_at if row.state == "decided" else None
    _let_go(row)
    _move_message(work, row, judgement.ruling)
    audit.record(work, moderator_id, f"case {row.state}", row.id)
    result = replace(cases.decision(made, note), conversation_id=row.conversation_id)
    if row.owner is None and row.state == "decided":
        evidence.erase(work, [row.id])
    return result


def _take(work: Work, row: tables.ReviewCase, moderator_id: str) -> Case:
    at = work.clock()
    is_renewal = row.claimed_by == moderator_id
    row.state = states.take_case(
        row.state, holder=row.claimed_by, until=row.claim_expires_at, moderator=moderator_id, at=at
    )
    row.claimed_by, row.claim_expires_at = moderator_id, at + states.LEASE
    row.row_version += 0 if is_renewal else 1
    audit.record(work, moderator_id, "claim renewed" if is_renewal else "case claimed", row.id)
    return cases.view(work, row)


def _check_holder(work: Work, row: tables.ReviewCase, moderator_id: str) -> None:
    states.check_holder(
        row.state,
        holder=row.claimed_by,
        until=row.claim_expires_at,
        moderator=moderator_id,
        at=work.clock(),
    )


def _let_go(row: tables.ReviewCase) -> None:
    row.claimed_by = row.claim_expires_at = None
    row.row_version += 1


def _decision(
    work: Work, row: tables.ReviewCase, moderator_id: str, judgement: Judgement
) -> tuple[tables.Decision, tables.DecisionNote]:
    made = tables.Decision(
        id=new_id(),
        case_id=row.id,
        moderator_id=moderator_id,
        ruling=judgement.ruling,
        clause=judgement.clause if judgement.ruling == "violates" else None,
        decided_at=work.clock(),
    )
    note = tables.DecisionNote(
        decision_id=made.id,
        note=short(judgement.note, "note", LONGEST_NOTE),
        public_note=short(judgement.public_note, "public note", LONGEST_NOTE),
    )
    work.add(made)
    work.flush()
    work.add(note)
    work.flush()
    return made, note


def _drop_title(work: Work, message: tables.Message) -> None:
    """Take the conversation's title away where it quotes a message that is about to be removed."""
    conversation = conversations.own(work, message.owner, message.conversation_id, lock=True)
    quoted = conversation.title.removesuffix("…").casefold()
    if message.role == "user" and quoted in " ".join(message.text.split()).casefold():
        conversation.title = ""


def _move_message(work: Work, case: tables.ReviewCase, ruling: Ruling) -> None:
    message = work.get(tables.Message, (case.owner, case.message_id)) if case.owner else None
    if message is None:
        return
    to = states.ruled_message(message.role, message.state, ruling)
    if to == message.state:
        return
    if to == "removed":
        _drop_title(work, message)
        message.text = ""
    elif message.state in states.HIDDEN:
        content = evidence.unseal(work, case.id)
        message.text = content.subject if content else ""
    message.state = to
