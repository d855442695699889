from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from storage import states
from storage.types import CaseState, CaseTaken, IllegalMove, MessageState, Ruling

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
    ("claimed", "claimed"),
    ("claimed", "open"),
    ("claimed", "escalated"),
    ("claimed", "decided"),
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
    ("role", "state", "ruling", "after"),
    [
        ("assistant", "complete", "violates", "removed"),
        ("assistant", "stopped", "violates", "removed"),
        ("assistant", "interrupted", "violates", "removed"),
        ("assistant", "failed", "violates", "removed"),
        ("assistant", "restored", "violates", "removed"),
        ("assistant", "withheld", "violates", "withheld"),
        ("assistant", "removed", "violates", "removed"),
        ("assistant", "withheld", "no_violation", "restored"),
        ("assistant", "removed", "no_violation", "restored"),
        ("assistant", "complete", "no_violation", "complete"),
        ("assistant", "stopped", "no_violation", "stopped"),
        ("assistant", "withheld", "unsure", "withheld"),
        ("assistant", "complete", "unsure", "complete"),
        ("user", "accepted", "violates", "removed"),
        ("user", "blocked", "violates", "blocked"),
        ("user", "blocked", "no_violation", "restored"),
        ("user", "accepted", "no_violation", "accepted"),
        ("user", "blocked", "unsure", "blocked"),
    ],
)
def test_a_ruling_removes_restores_or_leaves_a_message(role, state, ruling, after):
    assert states.ruled_message(role, state, ruling) == after


@pytest.mark.parametrize(("state", "ruling"), list(product(get_args(CaseState), get_args(Ruling))))
def test_a_ruling_ends_a_claimed_case_unless_the_moderator_is_unsure(state, ruling):
    if state == "claimed":
        assert states.ruled_case(state, ruling) == ("escalated" if ruling == "unsure" else "decided")
    else:
        with pytest.raises(IllegalMove):
            states.ruled_case(state, ruling)


def test_a_case_handed_back_stays_escalated_once_it_was():
    assert states.released_case("claimed", was_escalated=False) == "open"
    assert states.released_case("claimed", was_escalated=True) == "escalated"


@pytest.mark.parametrize(
    ("ruling", "clause", "is_fine"),
    [
        ("violates", "PUP-2.e.i", True),
        ("violates", None, False),
        ("violates", "", False),
        ("no_violation", None, True),
        ("unsure", None, True),
        ("perhaps", "PUP-2.e.i", False),
    ],
)
def test_a_violation_needs_its_clause(ruling, clause, is_fine):
    if is_fine:
        states.check_clause(ruling, clause)
    else:
        with pytest.raises(IllegalMove, match=ruling):
            states.check_clause(ruling, clause)


@pytest.mark.parametrize(
    ("state", "holder", "minutes_left", "outcome"),
    [
        ("open", None, None, "claimed"),
        ("escalated", None, None, "claimed"),
        ("claimed", "opal", 5, "claimed"),
        ("claimed", "garnet", 5, CaseTaken),
        ("claimed", "garnet", 0, "claimed"),
        ("claimed", "garnet", -1, "claimed"),
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
