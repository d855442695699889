"""One decision on many cases: only where their text is the very same, and after looking at three of them."""

from dataclasses import replace

from sqlalchemy import func, select

from storage import decisions, desk, judging, moderators, standing, tables
from storage.columns import new_id
from storage.types import Barred, Decision, IllegalMove, Judgement
from storage.work import Work

TO_OPEN = 3
MOST = 200
"""As many at once as one transaction should take; the rest are decided by asking again."""


def decide_alike(work: Work, case_id: str, moderator_id: str, judgement: Judgement) -> tuple[Decision, ...]:
    """Rule on the case that one holds and on all that nobody holds about the same text, as one batch."""
    moderator = moderators.active(work, moderator_id)
    first = decisions.ready(work, case_id, moderator_id, judgement.row_version)
    if first.content_digest is None or first.kind != "content" or first.proposal_id is not None:
        raise IllegalMove("Only cases about the very same text can be decided together.")
    action = judging.checked(judgement)
    if judging.needs_second(first.severity, action, overrules=False):
        raise IllegalMove("What needs a second person is decided case by case.")
    _check_openings(work, first.content_digest, moderator_id)
    batch_id, made = new_id(), []
    for row in _alike(work, first):
        try:
            standing.check(work, row, moderator)
        except Barred:
            continue
        if row.severity != first.severity:
            continue
        if row is not first:
            desk.take(work, row, moderator)
        same = replace(judgement, row_version=row.row_version, labels={}, spans={})
        new = decisions.new_decision(work, row, moderator_id, same, action, batch_id=batch_id)
        made.append(decisions.rule(work, row, new, same))
    return tuple(made)


def _alike(work: Work, first: tables.ReviewCase) -> list[tables.ReviewCase]:
    table = tables.ReviewCase
    others = work.scalars(
        select(table)
        .where(
            table.content_digest == first.content_digest,
            table.kind == "content",
            table.id != first.id,
            table.state.in_(("open", "escalated")),
        )
        .order_by(table.rank, table.id)
        .limit(MOST - 1)
        .with_for_update(skip_locked=True)
    )
    return [first, *others]


def _check_openings(work: Work, digest: str, moderator_id: str) -> None:
    case, opening = tables.ReviewCase, tables.CaseOpening
    alike = select(case.id).where(case.content_digest == digest, case.kind == "content")
    total = work.scalar(select(func.count()).select_from(alike.subquery())) or 0
    opened = work.scalar(
        select(func.count()).where(opening.moderator_id == moderator_id, opening.case_id.in_(alike))
    )
    wanted = min(TO_OPEN, total)
    if (opened or 0) < wanted:
        raise IllegalMove(
            f"Open {wanted} of these {total} cases before you decide them together; you opened {opened or 0}."
        )
