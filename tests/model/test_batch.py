import pytest
import torch

from model.batch import Batch
from model.keep import Reading
from model.pace import MOST
from model.seat import Seat
from model.states import STEP
from model.types import ModelError


class Heard:
    """A turn that takes so many tokens, the likeliest each, and remembers what it was told."""

    conversation = None
    is_cancelled = False

    def __init__(self, prompt, room):
        self.prompt = prompt
        self.room = room
        self.tokens = []
        self.faults = []

    def take(self, logits, weights):
        self.tokens.append(int(logits.argmax()))
        return self.tokens[-1] if len(self.tokens) < self.room else None

    def wait(self, place):
        raise AssertionError("nobody waits here")

    def fail(self, fault):
        self.faults.append(fault)


@pytest.fixture
def batch(loaded):
    return Batch(loaded)


def seated(batch, length, room=4, start=30):
    return Seat(Heard([2, *range(start, start + length - 1)], room), batch.states(), 0)


def run(batch, seats):
    for _ in range(200):
        active = [seat for seat in seats if not seat.is_over]
        if not active:
            return
        batch.step(active, lambda: None)
    raise AssertionError("the turns do not end")


def test_turns_taken_together_choose_what_each_chooses_alone(batch):
    alone = [seated(batch, length) for length in (5, 40, 130)]
    for seat in alone:
        run(batch, [seat])
    together = [seated(batch, length) for length in (5, 40, 130)]

    run(batch, together)

    assert [seat.turn.tokens for seat in together] == [seat.turn.tokens for seat in alone]


def test_prompts_are_read_first_come_first_served(batch):
    first, second = seated(batch, 300), seated(batch, 300)

    batch.step([first, second], lambda: None)

    assert (first.states.length, second.states.length) == (300, MOST - 300)
    assert len(first.turn.tokens) == 1


def test_short_prompts_share_a_step(batch):
    seats = [seated(batch, 20) for _ in range(8)]

    batch.step(seats, lambda: None)

    assert [len(seat.turn.tokens) for seat in seats] == [1] * 8


def test_a_turn_that_raises_ends_alone(batch):
    broken, healthy = seated(batch, 5), seated(batch, 5)
    broken.turn.take = lambda logits, weights: [][0]

    batch.step([broken, healthy], lambda: None)

    assert broken.is_over
    assert isinstance(broken.turn.faults[0], ModelError)
    assert broken.reading() is None
    assert not healthy.is_over


def test_a_step_that_failed_leaves_the_states_of_the_others_as_they_were(batch):
    wanted = seated(batch, 5)
    run(batch, [wanted])
    broken, healthy = seated(batch, 5), seated(batch, 5)
    batch.step([healthy], lambda: None)
    broken.ids[2] = 10**6

    run(batch, [broken, healthy])

    assert broken.turn.faults
    assert healthy.turn.tokens == wanted.turn.tokens


def test_a_turn_that_ended_leaves_all_that_was_read(batch):
    seat = seated(batch, 5)
    run(batch, [seat])

    assert seat.reading() == Reading(tuple(seat.ids), seat.states)
    assert seat.states.length == 5 + 3


def test_a_turn_that_was_closed_leaves_its_prompt(batch):
    seat = seated(batch, 5)
    batch.step([seat], lambda: None)
    batch.step([seat], lambda: None)

    assert seat.reading().ids == tuple(seat.turn.prompt)
    assert seat.states.length == 5


def test_the_worst_case_of_a_turn_is_what_its_states_come_to(batch):
    seat = seated(batch, 200)
    run(batch, [seat])

    assert batch.worst(200) == seat.states.size == batch.worst(STEP)


def test_the_automatic_budget_holds_a_whole_context(batch, loaded):
    assert batch.automatic_budget() >= batch.worst(loaded.checkpoint.context_length)


def test_logits_are_banned_from_control_tokens(batch, loaded):
    seen = []
    seat = seated(batch, 5, room=1)
    seat.turn.take = lambda logits, weights: seen.append(logits)

    batch.step([seat], lambda: None)

    assert seen[0][2] == -torch.inf
    assert seen[0][1].isfinite()
    assert seen[0].dtype == torch.float32
