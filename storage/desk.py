"""The moderators' desk: who is shown a case, who holds it, and for how long."""

from datetime import datetime

from storage import audit, cases, moderators, queue, standing, states, tables
from storage.columns import short
from storage.types import Case, Filters, StorageError
from storage.work import Work

LONGEST_REASON = 300


def show(work: Work, case_id: str, moderator_id: str) -> Case:
    """Show a case to a moderator, and note that they saw it; raises Barred where it is their own."""
    row, _ = _opened(work, case_id, moderator_id)
    audit.record(work, moderator_id, "case viewed", row.id)
    return cases.view(work, row, moderator_id)


def reveal(work: Work, case_id: str, moderator_id: str) -> Case:
    """Show the text of a case that was masked; that they asked for it is noted first."""
    row, opening = _opened(work, case_id, moderator_id)
    opening.revealed_at = opening.revealed_at or work.clock()
    audit.record(work, moderator_id, "revealed", row.id)
    return cases.view(work, row, moderator_id)


def claim(work: Work, case_id: str, moderator_id: str) -> Case:
    """Take a case for ten minutes, or renew that; raises CaseTaken while somebody else's lease runs."""
    moderator, row = moderators.active(work, moderator_id), cases.locked(work, case_id)
    return take(work, row, moderator)


def next_case(work: Work, moderator_id: str, filters: Filters) -> Case | None:
    """Claim the first case of the queue that nobody holds and that this moderator has not ruled on yet."""
    moderator = moderators.active(work, moderator_id)
    row = queue.first_free(work, moderator, filters)
    return take(work, row, moderator) if row else None


def release(work: Work, case_id: str, moderator_id: str) -> None:
    """Hand a case back; raises CaseTaken or IllegalMove where it is not theirs."""
    row = held(work, case_id, moderator_id)
    row.state = states.released_case(
        row.state, was_escalated=row.is_escalated, has_proposal=row.proposal_id is not None
    )
    let_go(row)
    audit.record(work, moderator_id, "case released", row.id)


def hold(work: Work, case_id: str, moderator_id: str, until: datetime, reason: str) -> Case:
    """Keep a case for longer than a lease, for a reason; at most 24 hours from when that began."""
    row = held(work, case_id, moderator_id)
    at = work.clock()
    # A clock that has been set back since is no reason to hold it for longer.
    began = min(row.held_since or at, at)
    row.claim_expires_at = states.hold_until(until, since=began, at=at)
    row.held_since, row.hold_reason = began, _reason(reason)
    row.row_version += 1
    audit.record(work, moderator_id, "case held", row.id)
    return cases.view(work, row, moderator_id)


def hand_over(work: Work, case_id: str, moderator_id: str, to: str, reason: str) -> None:
    """Give a case that one holds to another moderator, who has it for 24 hours."""
    row = held(work, case_id, moderator_id)
    taker = moderators.active(work, to)
    standing.check(work, row, taker)
    at = work.clock()
    row.state = states.move_case(row.state, "claimed")
    row.claimed_by, row.claim_expires_at = taker.id, at + states.LONGEST_HOLD
    row.held_since, row.hold_reason = at, _reason(reason)
    row.row_version += 1
    audit.record(work, moderator_id, "case handed over", row.id)


def take(work: Work, row: tables.ReviewCase, moderator: tables.Moderator) -> Case:
    """Give a case to this moderator, or more time to who holds it; raises CaseTaken or Barred."""
    at = work.clock()
    is_renewal = row.claimed_by == moderator.id
    state = states.take_case(
        row.state, holder=row.claimed_by, until=row.claim_expires_at, moderator=moderator.id, at=at
    )
    standing.check(work, row, moderator)
    lease = at + states.LEASE
    if not is_renewal or states.is_over(row.claim_expires_at, at):
        row.held_since = row.hold_reason = None
        row.claim_expires_at = lease
    row.state, row.claimed_by = state, moderator.id
    row.claim_expires_at = max(row.claim_expires_at or lease, lease)
    row.row_version += 0 if is_renewal else 1
    _note_opening(work, row, moderator.id)
    audit.record(work, moderator.id, "claim renewed" if is_renewal else "case claimed", row.id)
    return cases.view(work, row, moderator.id)


def held(work: Work, case_id: str, moderator_id: str) -> tables.ReviewCase:
    """A case that this moderator holds; raises CaseTaken or IllegalMove where they do not."""
    row = cases.locked(work, case_id)
    states.check_holder(
        row.state,
        holder=row.claimed_by,
        until=row.claim_expires_at,
        moderator=moderator_id,
        at=work.clock(),
    )
    return row


def let_go(row: tables.ReviewCase) -> None:
    """Nobody holds this case any more."""
    row.claimed_by = row.claim_expires_at = row.held_since = row.hold_reason = None
    row.row_version += 1


def _opened(work: Work, case_id: str, moderator_id: str) -> tuple[tables.ReviewCase, tables.CaseOpening]:
    moderator, row = moderators.active(work, moderator_id), cases.locked(work, case_id)
    standing.refuse_own(work, row, moderator)
    return row, _note_opening(work, row, moderator_id)


def _note_opening(work: Work, row: tables.ReviewCase, moderator_id: str) -> tables.CaseOpening:
    opening = work.get(tables.CaseOpening, (moderator_id, row.id))
    if opening is None:
        opening = tables.CaseOpening(moderator_id=moderator_id, case_id=row.id, at=work.clock())
        work.add(opening)
        work.flush()
    return opening


def _reason(reason: str) -> str:
    kept = short(reason.strip(), "reason", LONGEST_REASON)
    if not kept:
        raise StorageError("Say in a few words why; the next moderator will read it.")
    return kept
