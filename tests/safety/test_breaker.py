import pytest

from safety.breaker import FAILURES, PAUSE, Breaker


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker("tested", clock)


def fail(breaker, times):
    for _ in range(times):
        breaker.ended(failed=True)


def test_it_opens_after_failures_in_a_row_and_not_before(breaker):
    fail(breaker, FAILURES - 1)
    assert breaker.lets_through()
    breaker.ended(failed=False)
    fail(breaker, FAILURES - 1)
    assert breaker.lets_through()

    fail(breaker, 1)

    assert breaker.is_open
    assert not breaker.lets_through()


def test_after_the_pause_one_text_is_tried_and_a_success_closes_it(breaker, clock):
    fail(breaker, FAILURES)
    clock.now = PAUSE

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.ended(failed=False)
    assert not breaker.is_open
    assert breaker.lets_through()


def test_a_try_that_fails_keeps_it_open_for_another_pause(breaker, clock):
    fail(breaker, FAILURES)
    clock.now = PAUSE
    breaker.lets_through()
    breaker.ended(failed=True)
    clock.now = 2 * PAUSE - 1

    assert not breaker.lets_through()
    clock.now = 2 * PAUSE
    assert breaker.lets_through()


def test_the_log_says_that_it_opened_and_that_it_closed(breaker, caplog):
    fail(breaker, FAILURES + 2)
    breaker.ended(failed=False)

    assert [record.getMessage() for record in caplog.records] == [
        f"tested failed {FAILURES} times in a row; it is asked again in {PAUSE:g} s",
        "tested answers again",
    ]
