import threading
import time

import pytest

from storage.turnstile import Turnstile


def in_line(turnstile, length):
    """Wait until so many threads stand in line."""
    while len(turnstile._line) < length:
        time.sleep(0.001)


def test_who_came_first_goes_first_and_nobody_jumps_the_line():
    turnstile, entered = Turnstile(1), []

    def pass_through(number):
        with turnstile:
            entered.append(number)

    with turnstile:
        threads = [threading.Thread(target=pass_through, args=(number,)) for number in range(20)]
        for length, thread in enumerate(threads, start=1):
            thread.start()
            in_line(turnstile, length)
    with turnstile:
        entered.append("who had just left")
    for thread in threads:
        thread.join()

    assert entered == [*range(20), "who had just left"]


@pytest.mark.parametrize("places", [1, 3])
def test_no_more_are_inside_than_there_are_places(places):
    turnstile, guard, inside, most = Turnstile(places), threading.Lock(), [], []

    def pass_through():
        for _ in range(50):
            with turnstile:
                with guard:
                    inside.append(None)
                    most.append(len(inside))
                time.sleep(0)
                with guard:
                    inside.pop()

    threads = [threading.Thread(target=pass_through) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(most) <= places
    assert len(most) == 400


def test_an_error_inside_gives_the_place_back():
    turnstile = Turnstile(1)

    with pytest.raises(KeyError), turnstile:
        raise KeyError

    with turnstile:
        assert turnstile._free == 0
    assert turnstile._free == 1
