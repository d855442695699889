"""What the clock does to cases: a decision takes effect once it cannot be undone, a case becomes overdue."""

from collections import deque
from datetime import datetime

from sqlalchemy import exists, select, update

from storage import audit, cases, effects, priority, states, tables
from storage.transactions import Transactions
from storage.types import DecisionState
from storage.work import Work


class Settling:
    """Does what is due before a question of the desk is answered; safe to use from many threads."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._changed: deque[str] = deque()

    def settle(self) -> None:
        """Let whatever is due take effect."""
        if self._read(is_due):
            self._changed.extend(self._write(settle))

    def changed(self) -> tuple[str, ...]:
        """The conversations whose messages may have changed since this was last asked, for caches of them."""
        self.settle()
        return tuple(self._changed.popleft() for _ in range(len(self._changed)))


def is_due(work: Work) -> bool:
    """Whether `settle` has anything to do."""
    case = tables.ReviewCase
    return bool(work.scalar(select(exists().where(case.changes_at <= work.clock()))))


def settle(work: Work) -> tuple[str, ...]:
    """Do what is due; gives the conversations whose messages may have changed."""
    case = tables.ReviewCase
    due = (case.changes_at <= work.clock(),)
    work.execute(
        update(case)
        .where(*due, case.state != "ruled")
        .values(is_overdue=True, changes_at=None, rank=case.rank - priority.STEP)
        .execution_options(synchronize_session=False)
    )
    ruled = work.scalars(select(case).where(*due).order_by(case.id).with_for_update(skip_locked=True)).all()
    for row in ruled:
        settle_case(work, row)
    return tuple(row.conversation_id for row in ruled)


def settle_case(work: Work, case: tables.ReviewCase) -> None:
    """Let the newest decision on this case take effect: nobody can undo it any more."""
    made = work.get_one(tables.Decision, case.settling_id)
    reasons = cases.second_reasons(work, case, made)
    to = states.settled_decision(made.stage, made.ruling, made.action, needs_second=bool(reasons))
    at = made.effective_at or work.clock()
    _move(work, made.id, to, at)
    if made.stage == "second":
        _seconded(work, case, at, agreed=to == "agreed")
    elif to == "proposed":
        case.proposal_id = made.id
    elif to == "passed_on":
        case.for_lead = case.for_lead or made.action == "escalate"
    else:
        effects.take(work, case, made)
    case.state = states.move_case(case.state, states.SETTLED[to])
    case.is_escalated = case.is_escalated or case.state == "escalated"
    case.settling_id = None
    case.row_version += 1
    audit.record(work, made.moderator_id, f"decision {to.replace('_', ' ')}", made.id)
    if case.state == "decided":
        _close(work, case, at)
    else:
        priority.schedule(work, case)


def _seconded(work: Work, case: tables.ReviewCase, at: datetime, *, agreed: bool) -> None:
    proposal = work.get_one(tables.Decision, case.proposal_id)
    _move(work, proposal.id, "in_force" if agreed else "declined", at)
    case.proposal_id = None
    if agreed:
        effects.take(work, case, proposal)


def _close(work: Work, case: tables.ReviewCase, at: datetime) -> None:
    case.decided_at, case.changes_at = at, None
    if case.owner is None:
        effects.forget(work, case)


def _move(work: Work, decision_id: str, to: DecisionState, at: datetime) -> None:
    course = work.get_one(tables.DecisionCourse, decision_id)
    course.state, course.at = states.move_decision(course.state, to), at
