"""What is too old goes hour by hour, but not on the word of a clock that has just jumped."""

import threading

from app.sweeping import Clocks, sweep, sweeping
from storage.types import StorageError


class Two:
    """A clock on the wall and one that never jumps, both moved by a test."""

    def __init__(self):
        self.wall, self.steady = 1_000_000.0, 50.0

    def pass_by(self, seconds):
        self.wall += seconds
        self.steady += seconds

    def clocks(self):
        return Clocks(lambda: self.wall, lambda: self.steady)


def test_each_sweep_is_called_while_the_clock_goes_as_a_clock_goes():
    time, swept = Two(), []
    clocks = time.clocks()

    for _ in range(3):
        time.pass_by(3600)
        sweep([lambda: swept.append("evidence") or 0, lambda: swept.append("other") or 0], clocks)

    assert swept == ["evidence", "other"] * 3


def test_a_clock_that_jumps_ahead_and_is_set_right_sweeps_nothing_away():
    time, swept = Two(), []
    clocks = time.clocks()
    go = [lambda: swept.append(time.wall) or 0]

    time.wall += 10 * 365 * 86_400
    sweep(go, clocks)
    time.wall -= 10 * 365 * 86_400
    sweep(go, clocks)
    time.pass_by(3600)
    sweep(go, clocks)

    assert swept == [1_003_600.0]


def test_a_clock_that_stays_where_it_jumped_is_believed_the_next_time():
    time, swept = Two(), []
    clocks = time.clocks()

    time.wall += 86_400
    for _ in range(2):
        sweep([lambda: swept.append(1) or 0], clocks)

    assert swept == [1]


def test_a_sweep_that_fails_leaves_the_others_and_the_next_hour(caplog):
    swept = []

    def fails():
        raise StorageError("the disk is full")

    sweep([fails, lambda: swept.append(1) or 0], Clocks())

    assert swept == [1] and "the disk is full" in caplog.text


def test_sweeping_begins_after_a_while_and_ends_with_the_rest():
    swept, before = threading.Event(), set(threading.enumerate())

    with sweeping([lambda: swept.set() or 0], first=0.01, every=0.01):
        assert swept.wait(20)

    assert "sweeping" not in {thread.name for thread in set(threading.enumerate()) - before}
