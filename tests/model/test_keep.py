import pytest
import torch

from model.keep import Kept, Reading
from model.states import STEP, States

ONE = 2 * STEP * 4
"""Bytes of the smallest states with one layer of one number each."""


def reading(*ids):
    states = States()
    states.put(0, torch.zeros(1, len(ids), 1), torch.zeros(1, len(ids), 1))
    states.commit(len(ids))
    return Reading(ids, states)


@pytest.mark.parametrize(
    ("old", "new", "common"),
    [
        ((1, 2, 3), (1, 2, 3, 4), 3),
        ((1, 2, 3), (1, 2, 3), 2),
        ((1, 2, 3, 4), (1, 2), 1),
        ((1, 2, 3), (1, 9, 3, 4), 1),
        ((1, 2, 3), (9, 2, 3), 0),
        ((1,), (1,), 0),
    ],
)
def test_the_longest_common_beginning_is_handed_over(old, new, common):
    kept = Kept(10 * ONE)
    kept.keep("a", reading(*old), reserved=0)

    states = kept.take("a", new)

    assert states.length == common
    assert kept.take("a", new) is None
    assert kept.size == 0


def test_only_its_own_conversation_is_handed_over():
    kept = Kept(10 * ONE)
    kept.keep("a", reading(1, 2, 3), reserved=0)

    assert kept.take("b", (1, 2, 3)) is None
    assert kept.take(None, (1, 2, 3)) is None
    assert kept.holds("a")


def test_the_longest_unused_makes_room():
    kept = Kept(3 * ONE)
    for name in "abc":
        kept.keep(name, reading(1), reserved=0)
    kept.keep("a", reading(1), reserved=0)

    assert kept.make_room(ONE)

    assert [name for name in "abc" if kept.holds(name)] == ["c", "a"][::-1]
    assert kept.size == 2 * ONE


def test_what_cannot_fit_is_not_kept_and_said():
    kept = Kept(ONE - 1)
    kept.keep("a", reading(1), reserved=0)

    assert not kept.holds("a")
    assert not kept.make_room(ONE)


def test_nothing_read_is_not_kept():
    kept = Kept(ONE)
    kept.keep("a", Reading((), States()), reserved=0)

    assert not kept.holds("a")
