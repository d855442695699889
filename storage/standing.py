"""Who may act on a case: nobody on their own, on what they ruled on before, or on what waits for a lead."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import aliased

from storage import tables
from storage.types import Barred, WaitsFor
from storage.work import Work


def link(work: Work, moderator_id: str, owner: str) -> None:
    """Note that this moderator is also this person, who chats; once noted, it stays."""
    key = (moderator_id, owner)
    if work.get(tables.Person, owner) is not None and work.get(tables.ModeratorPerson, key) is None:
        work.add(tables.ModeratorPerson(moderator_id=moderator_id, owner=owner))


def own_people(work: Work, moderator: tables.Moderator) -> tuple[str, ...]:
    """The people that this moderator is: those they signed in as, and the account of the same name."""
    linked, account = tables.ModeratorPerson, tables.Account
    known = work.scalars(select(linked.owner).where(linked.moderator_id == moderator.id)).all()
    named = work.scalars(select(account.id).where(account.active_name == moderator.active_name)).all()
    return (*known, *named)


def refuse_own(work: Work, case: tables.ReviewCase, moderator: tables.Moderator) -> None:
    """Raise Barred where the case is about this moderator: they do not even see it."""
    if case.owner in own_people(work, moderator):
        raise Barred("This case is about an account of yours; somebody else decides it.")


def check(work: Work, case: tables.ReviewCase, moderator: tables.Moderator) -> None:
    """Raise Barred with the reason where this moderator may not act on the case."""
    refuse_own(work, case, moderator)
    if case.for_lead and moderator.role != "lead":
        raise Barred("This case waits for a lead.")
    proposal = work.get(tables.Decision, case.proposal_id) if case.proposal_id else None
    if proposal is not None and proposal.moderator_id == moderator.id:
        raise Barred("You proposed this decision; a second person has to agree.")
    if case.kind == "appeal" and work.scalar(_said_before(moderator.id, case.id, case.about_id)):
        raise Barred("You had your say on what is asked again here; somebody else decides.")


def may_take(work: Work, moderator: tables.Moderator) -> ColumnElement[bool]:
    """The same for the queue, and without the cases that they have ruled on before."""
    case, own = tables.ReviewCase, own_people(work, moderator)
    return and_(
        or_(case.owner.is_(None), case.owner.not_in(own)),
        ~_said(moderator.id, case.id).exists(),
        or_(case.kind != "appeal", ~_said_before(moderator.id, case.id, case.about_id).exists()),
        true() if moderator.role == "lead" else case.for_lead.is_(False),
    )


def waits_for(work: Work, cases: Sequence[tables.ReviewCase]) -> dict[str, WaitsFor]:
    """By case id, for those that not everybody may go on with: who may."""
    special = [case for case in cases if case.for_lead or case.proposal_id or case.kind == "appeal"]
    if not special:
        return {}
    moderator = tables.Moderator
    active = work.execute(select(moderator.id, moderator.role).where(moderator.ended_at.is_(None))).all()
    said = _authors(work, special)
    found: dict[str, WaitsFor] = {}
    for case in (case for case in special if case.state != "decided"):
        able = [
            one for one in active if one.id not in said[case.id] and (one.role == "lead" or not case.for_lead)
        ]
        found[case.id] = "lead" if case.for_lead or not able else "somebody_else"
    return found


def _authors(work: Work, cases: Sequence[tables.ReviewCase]) -> Mapping[str, set[str]]:
    """By case: who proposed what waits for a second person and, of an appeal, who decided before."""
    made, course, on = tables.Decision, tables.DecisionCourse, tables.ReviewCase
    roots = [case.about_id or case.id for case in cases]
    rows = work.execute(
        select(made.id, made.moderator_id, on.id, on.about_id)
        .join(on, on.id == made.case_id)
        .join(course, course.decision_id == made.id)
        .where(or_(on.id.in_(roots), on.about_id.in_(roots)), course.state != "undone")
    ).all()
    said: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for decision_id, moderator_id, case_id, about_id in rows:
            is_earlier = case_id != case.id and case.about_id in (case_id, about_id)
            if decision_id == case.proposal_id or (case.kind == "appeal" and is_earlier):
                said[case.id].add(moderator_id)
    return said


def _said(moderator_id: str, case_id: Any) -> Select[str]:
    """Decisions of this moderator on that case, but those they took back."""
    made, course = tables.Decision, tables.DecisionCourse
    return (
        select(made.id)
        .join(course, course.decision_id == made.id)
        .where(made.case_id == case_id, made.moderator_id == moderator_id, course.state != "undone")
        .limit(1)
    )


def _said_before(moderator_id: str, case_id: Any, about_id: Any) -> Select[str]:
    """Decisions of this moderator on what an appeal is about, wherever they were made."""
    made, course, on = tables.Decision, tables.DecisionCourse, aliased(tables.ReviewCase)
    return (
        select(made.id)
        .join(on, on.id == made.case_id)
        .join(course, course.decision_id == made.id)
        .where(or_(on.id == about_id, on.about_id == about_id), on.id != case_id)
        .where(made.moderator_id == moderator_id, course.state != "undone")
        .limit(1)
    )
