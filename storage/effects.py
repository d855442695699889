"""What a decision does when it takes effect: to the message, to the findings, to the person."""

from sqlalchemy import delete, select

from storage import cases, conversations, evidence, judging, sanctions, states, tables, titles
from storage.types import DecisionAction
from storage.work import Work


def take(work: Work, case: tables.ReviewCase, made: tables.Decision) -> None:
    """Put a decision in force, in place of the one that it overturns; what it upholds stays as it is."""
    about = cases.locked(work, case.about_id) if case.about_id else case
    earlier = work.get(tables.Decision, about.decision_id) if about.decision_id else None
    case.ruling = made.ruling
    if case is not about:
        case.decision_id = made.id
    if earlier is not None:
        if judging.outcome(cases.content(earlier), cases.content(made)) == "upheld":
            return
        _end(work, earlier, made)
    about.decision_id, about.ruling = made.id, made.ruling
    _move_message(work, about, made.action)
    _label(work, about, made)
    if about.owner is not None:
        sanctions.impose(work, about.owner, made)


def forget(work: Work, case: tables.ReviewCase) -> None:
    """Destroy the evidence of somebody who was erased, once nothing is left to decide."""
    evidence.erase_decided(work, tables.ReviewCase.id == (case.about_id or case.id))


def _end(work: Work, earlier: tables.Decision, made: tables.Decision) -> None:
    course = work.get_one(tables.DecisionCourse, earlier.id)
    course.state, course.at = states.move_decision(course.state, "overturned"), work.clock()
    label = tables.DecisionLabel
    work.execute(delete(label).where(label.decision_id == earlier.id))
    sanctions.lift(work, earlier.id, by=made.moderator_id)


def _label(work: Work, about: tables.ReviewCase, made: tables.Decision) -> None:
    flag = tables.Flag
    flags = work.scalars(select(flag).where(flag.case_id == about.id, flag.clause.is_not(None))).all()
    said = made.proposed_labels or {}
    for row in flags:
        own = said.get(row.id, {})
        work.add(
            tables.DecisionLabel(
                decision_id=made.id,
                flag_id=row.id,
                check_name=row.check_name,
                label=own.get("label") or judging.label_of(row.clause or "", made.ruling, made.clause),
                spans=own.get("spans"),
            )
        )
    work.flush()


def _drop_title(work: Work, message: tables.Message) -> None:
    """Take the conversation's title away where it quotes a message that is about to be removed, or holds it.

    One that quotes a reply stays where it quotes a prompt that stands, which is where titles come from.
    """
    conversation = conversations.own(work, message.owner, message.conversation_id, lock=True)
    title, removed = _letters(conversation.title.removesuffix("…")), _letters(message.text)
    if not removed or (title not in removed and removed not in title):
        return
    rows = conversations.tree(work, message.owner, conversation.id).values()
    prompts = (row.text for row in rows if row.role == "user" and row.state in states.SEARCHABLE)
    if message.role == "user" or not any(title in _letters(prompt) for prompt in prompts):
        conversation.title = ""


def _letters(text: str) -> str:
    return " ".join(text.split()).casefold()


def _move_message(work: Work, case: tables.ReviewCase, action: DecisionAction) -> None:
    if titles.is_title(case.message_id):
        titles.rule(work, case, action)
        return
    key = (case.owner, case.message_id)
    message = work.get(tables.Message, key, with_for_update=True) if case.owner else None
    if message is None:
        return
    to = states.ruled_message(message.role, message.state, action)
    if to == message.state:
        return
    if to == "removed":
        _drop_title(work, message)
        message.text = ""
    elif message.state in states.HIDDEN:
        content = evidence.unseal(work, case.id)
        if content is None:
            return
        message.text = content.subject
    message.state = to
    work.flush()
