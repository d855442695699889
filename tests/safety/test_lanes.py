import threading
import time
from concurrent.futures import wait

import pytest

from safety.lanes import MOST_HUNG, MOST_WAITING, THREADS, Failed, Lane
from safety.types import Text

TEXT = Text("a text", "prompt")


@pytest.fixture
def gate():
    """An event that work may wait for; it is set when the test ends."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def lane_of():
    """Makes a lane for some work; it is closed when the test ends."""
    lanes = []

    def make(work):
        lanes.append(Lane("tested", work))
        return lanes[-1]

    yield make
    for lane in lanes:
        lane.close()


def answer(job):
    return job.future.result(timeout=5)


def until(holds):
    for _ in range(500):
        if holds():
            return True
        time.sleep(0.01)
    return False


def threads():
    return sum(thread.name == "check tested" for thread in threading.enumerate())


def test_each_text_gets_its_own_answer(lane_of):
    lane = lane_of(lambda text: text.value.upper())

    jobs = [lane.submit(Text(f"text {place}", "prompt")) for place in range(50)]

    assert [answer(job) for job in jobs] == [f"TEXT {place}" for place in range(50)]
    assert threads() <= THREADS


def test_work_that_raises_ends_as_failed_and_the_lane_goes_on(lane_of):
    def work(text):
        if text is TEXT:
            raise SystemExit
        return "fine"

    lane = lane_of(work)

    assert [answer(lane.submit(TEXT)) for _ in range(5)] == [Failed("SystemExit")] * 5
    assert answer(lane.submit(Text("another", "prompt"))) == "fine"


def test_a_thread_that_hangs_is_replaced_and_ends_when_its_work_does(lane_of, gate):
    lane = lane_of(lambda text: gate.wait() if text is TEXT else "fine")
    stuck = [lane.submit(TEXT) for _ in range(THREADS)]
    assert until(lambda: all(job.future.running() for job in stuck))

    for job in stuck:
        lane.give_up(job)
        lane.give_up(job)

    assert answer(lane.submit(Text("another", "prompt"))) == "fine"
    assert until(lambda: threads() == 2 * THREADS)
    gate.set()
    assert until(lambda: threads() == THREADS)


def test_a_lane_in_which_too_much_hangs_refuses(lane_of, gate):
    lane = lane_of(lambda text: gate.wait())
    for _ in range(MOST_HUNG):
        job = lane.submit(TEXT)
        assert until(job.future.running)
        lane.give_up(job)

    refused = lane.submit(TEXT)

    assert answer(refused) == Failed(f"{MOST_HUNG} texts hang in it")


def test_a_lane_that_is_full_refuses(lane_of, gate):
    lane = lane_of(lambda text: gate.wait())
    jobs = [lane.submit(TEXT) for _ in range(THREADS)]
    assert until(lambda: all(job.future.running() for job in jobs))

    jobs += [lane.submit(TEXT) for _ in range(MOST_WAITING)]
    refused = lane.submit(TEXT)

    assert answer(refused) == Failed(f"{MOST_WAITING} texts wait for it")
    gate.set()
    assert not wait([job.future for job in jobs], timeout=5).not_done


def test_work_given_up_before_it_began_is_never_done(lane_of, gate):
    done = []

    def work(text):
        done.append(text)
        gate.wait()

    lane = lane_of(work)
    running = [lane.submit(TEXT) for _ in range(THREADS)]
    waiting = lane.submit(Text("later", "prompt"))

    lane.give_up(waiting)
    gate.set()
    wait([job.future for job in running], timeout=5)

    assert answer(lane.submit(TEXT)) is None
    assert all(text is TEXT for text in done)


def test_giving_up_what_has_ended_changes_nothing(lane_of):
    lane = lane_of(lambda text: "fine")
    job = lane.submit(TEXT)
    answer(job)
    assert until(lambda: job.is_finished)

    for _ in range(MOST_HUNG):
        lane.give_up(job)

    assert answer(lane.submit(TEXT)) == "fine"


def test_a_closed_lane_refuses_and_its_threads_end(lane_of):
    lane = lane_of(lambda text: "fine")
    answer(lane.submit(TEXT))

    lane.close()
    lane.close()

    assert answer(lane.submit(TEXT)) == Failed("it is closed")
    assert until(lambda: threads() == 0)
