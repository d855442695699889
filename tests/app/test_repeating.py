"""A step that is taken again and again until the end."""

import threading

import pytest

from app.repeating import repeating


def test_a_step_is_taken_again_and_again_in_a_thread_of_its_name_and_not_after_the_end():
    taken, enough = [], threading.Event()

    def step():
        taken.append(threading.current_thread().name)
        if len(taken) == 3:
            enough.set()

    with repeating("counting", step, 0.001):
        assert enough.wait(10)

    at_the_end = len(taken)
    assert set(taken) == {"counting"} and at_the_end >= 3
    assert "counting" not in {thread.name for thread in threading.enumerate()}
    assert len(taken) == at_the_end


def test_the_first_wait_can_be_another():
    taken = threading.Event()

    with repeating("at once", taken.set, 1_000, first=0):
        assert taken.wait(10)


def test_nothing_is_taken_before_the_first_wait_is_over_and_the_end_does_not_wait_for_it():
    taken = threading.Event()

    with pytest.raises(KeyError), repeating("late", taken.set, 1_000):
        raise KeyError

    assert not taken.is_set()
