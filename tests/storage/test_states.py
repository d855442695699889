from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from storage import states
from storage.types import CaseState, CaseTaken, DecisionState, IllegalMove, MessageState

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)

PROMPT_MOVES = {
    ("pending", "accepted"),
    ("pending", "blocked"),
    ("accepted", "removed"),
    ("blocked", "restored"),
    ("removed", "restored"),
    ("restored", "removed"),
}
REPLY_MOVES = {
    ("streaming", "complete"),
    ("streaming", "stopped"),
    ("streaming", "withheld"),
    ("streaming", "interrupted"),
    ("streaming", "failed"),
    ("complete", "removed"),
    ("stopped", "removed"),
    ("interrupted", "removed"),
    ("failed", "removed"),
    ("withheld", "restored"),
    ("removed", "restored"),
    ("restored", "removed"),
}
CASE_MOVES = {
    ("open", "claimed"),
    ("escalated", "claimed"),
    ("pending_second", "claimed"),
    ("claimed", "claimed"),
    ("claimed", "open"),
    ("claimed", "escalated"),
    ("claimed", "pending_second"),
    ("claimed", "ruled"),
    ("ruled", "claimed"),
    ("ruled", "escalated"),
    ("ruled", "pending_second"),
    ("ruled", "decided"),
}
DECISION_MOVES = {
    ("settling", "undone"),
    ("settling", "proposed"),
    ("settling", "in_force"),
    ("settling", "passed_on"),
    ("settling", "agreed"),
    ("settling", "disagreed"),
    ("proposed", "in_force"),
    ("proposed", "declined"),
    ("in_force", "overturned"),
}
EVERY_MESSAGE_MOVE = [
    (role, *move)
    for role in ("user", "assistant")
    for move in product(get_args(MessageState), get_args(MessageState))
]
LEGAL = {"user": PROMPT_MOVES, "assistant": REPLY_MOVES}


@pytest.mark.parametrize(("role", "state", "to"), EVERY_MESSAGE_MOVE)
def test_a_message_moves_along_its_way_and_nowhere_else(role, state, to):
    is_legal = (state, to) in LEGAL[role]

    if is_legal:
        assert states.move_message(role, state, to) == to
    else:
        with pytest.raises(IllegalMove, match=f"{role} cannot go from {state} to {to}"):
            states.move_message(role, state, to)


@pytest.mark.parametrize(("state", "to"), list(product(get_args(CaseState), get_args(CaseState))))
def test_a_case_moves_along_its_way_and_nowhere_else(state, to):
    if (state, to) in CASE_MOVES:
        assert states.move_case(state, to) == to
    else:
        with pytest.raises(IllegalMove, match=f"from {state} to {to}"):
            states.move_case(state, to)


@pytest.mark.parametrize(("state", "to"), list(product(get_args(DecisionState), get_args(DecisionState))))
def test_a_decision_moves_along_its_way_and_nowhere_else(state, to):
    if (state, to) in DECISION_MOVES:
        assert states.move_decision(state, to) == to
    else:
        with pytest.raises(IllegalMove, match=f"from {state} to {to}"):
            states.move_decision(state, to)


@pytest.mark.parametrize("state", get_args(MessageState))
def test_only_a_prompt_that_was_let_through_can_be_answered(state):
    assert states.can_be_answered(state) == (state in ("accepted", "restored"))


@pytest.mark.parametrize("state", get_args(MessageState))
def test_a_message_that_has_not_ended_cannot_be_reported(state):
    if state in ("pending", "streaming"):
        with pytest.raises(IllegalMove, match=state):
            states.refuse_unfinished(state, "report")
    else:
        states.refuse_unfinished(state, "report")


@pytest.mark.parametrize(
    ("role", "state", "action", "after"),
    [
        ("assistant", "complete", "remove", "removed"),
        ("assistant", "stopped", "remove", "removed"),
        ("assistant", "interrupted", "warn", "removed"),
        ("assistant", "failed", "suspend", "removed"),
        ("assistant", "restored", "remove", "removed"),
        ("assistant", "withheld", "remove", "withheld"),
        ("assistant", "removed", "remove", "removed"),
        ("assistant", "withheld", "restore", "restored"),
        ("assistant", "removed", "restore", "restored"),
        ("assistant", "complete", "restore", "complete"),
        ("assistant", "stopped", "restore", "stopped"),
        ("assistant", "withheld", "escalate", "withheld"),
        ("assistant", "complete", "second_opinion", "complete"),
        ("user", "accepted", "remove", "removed"),
        ("user", "accepted", "suspend", "removed"),
        ("user", "blocked", "warn", "blocked"),
        ("user", "blocked", "restore", "restored"),
        ("user", "accepted", "restore", "accepted"),
        ("user", "blocked", "second_opinion", "blocked"),
    ],
)
def test_a_decision_removes_restores_or_leaves_a_message(role, state, action, after):
    assert states.ruled_message(role, state, action) == after


@pytest.mark.parametrize(
    ("stage", "ruling", "action", "needs_second", "after"),
    [
        ("first", "misuse", "remove", False, "in_force"),
        ("first", "no_violation", "restore", False, "in_force"),
        ("first", "misuse", "suspend", True, "proposed"),
        ("first", "unsure", "second_opinion", False, "passed_on"),
        ("first", "misuse", "escalate", True, "passed_on"),
        ("second", "misuse", "suspend", False, "agreed"),
        ("second", "unsure", "second_opinion", False, "disagreed"),
    ],
)
def test_what_cannot_be_undone_any_more_is_in_force_proposed_or_passed_on(
    stage, ruling, action, needs_second, after
):
    settled = states.settled_decision(stage, ruling, action, needs_second=needs_second)

    assert settled == after
    assert states.move_decision("settling", settled) == after
    assert states.move_case("ruled", states.SETTLED[settled]) == states.SETTLED[settled]


@pytest.mark.parametrize(
    ("was_escalated", "has_proposal", "after"),
    [
        (False, False, "open"),
        (True, False, "escalated"),
        (False, True, "pending_second"),
        (True, True, "pending_second"),
    ],
)
def test_a_case_handed_back_goes_where_it_came_from(was_escalated, has_proposal, after):
    released = states.released_case("claimed", was_escalated=was_escalated, has_proposal=has_proposal)

    assert released == after


@pytest.mark.parametrize(
    ("since", "wanted", "is_fine"),
    [
        (0, 1, True),
        (0, 24, True),
        (0, 25, False),
        (-20, 4, True),
        (-20, 5, False),
        (0, 0, False),
        (0, -1, False),
    ],
)
def test_a_hold_ends_within_a_day_of_its_beginning(since, wanted, is_fine):
    until, began = AT + timedelta(hours=wanted), AT + timedelta(hours=since)

    if is_fine:
        assert states.hold_until(until, since=began, at=AT) == until
    else:
        with pytest.raises(IllegalMove):
            states.hold_until(until, since=began, at=AT)


@pytest.mark.parametrize(
    ("state", "author", "seconds_left", "is_fine"),
    [
        ("settling", "opal", 1, True),
        ("settling", "opal", 0, False),
        ("settling", "opal", -1, False),
        ("settling", "garnet", 1, False),
        ("in_force", "opal", 1, False),
        ("proposed", "opal", 1, False),
        ("undone", "opal", 1, False),
    ],
)
def test_a_decision_is_undone_by_its_author_before_it_takes_effect(state, author, seconds_left, is_fine):
    until = AT + timedelta(seconds=seconds_left)

    if is_fine:
        states.check_undo(state, author=author, until=until, moderator="opal", at=AT)
    else:
        with pytest.raises(IllegalMove):
            states.check_undo(state, author=author, until=until, moderator="opal", at=AT)


@pytest.mark.parametrize(
    ("state", "holder", "minutes_left", "outcome"),
    [
        ("open", None, None, "claimed"),
        ("escalated", None, None, "claimed"),
        ("claimed", "opal", 5, "claimed"),
        ("claimed", "garnet", 5, CaseTaken),
        ("claimed", "garnet", 0, "claimed"),
        ("claimed", "garnet", -1, "claimed"),
        ("claimed", "garnet", 24 * 60 + 1, "claimed"),
        ("pending_second", None, None, "claimed"),
        ("ruled", None, None, IllegalMove),
        ("decided", None, None, IllegalMove),
    ],
)
def test_a_case_is_taken_when_nobody_else_holds_it(state, holder, minutes_left, outcome):
    until = None if minutes_left is None else AT + timedelta(minutes=minutes_left)
    lease = {"holder": holder, "until": until, "moderator": "opal", "at": AT}

    if outcome == "claimed":
        assert states.take_case(state, **lease) == "claimed"
    else:
        with pytest.raises(outcome):
            states.take_case(state, **lease)


@pytest.mark.parametrize(
    ("state", "holder", "minutes_left", "refusal"),
    [
        ("claimed", "opal", 5, None),
        ("claimed", "opal", 0, IllegalMove),
        ("claimed", "opal", -1, IllegalMove),
        ("claimed", "garnet", 5, CaseTaken),
        ("claimed", "garnet", -1, CaseTaken),
        ("open", None, None, IllegalMove),
        ("escalated", None, None, IllegalMove),
        ("pending_second", None, None, IllegalMove),
        ("ruled", None, None, IllegalMove),
        ("decided", None, None, IllegalMove),
    ],
)
def test_only_who_holds_a_live_lease_may_decide(state, holder, minutes_left, refusal):
    until = None if minutes_left is None else AT + timedelta(minutes=minutes_left)
    lease = {"holder": holder, "until": until, "moderator": "opal", "at": AT}

    if refusal is None:
        states.check_holder(state, **lease)
    else:
        with pytest.raises(refusal):
            states.check_holder(state, **lease)
