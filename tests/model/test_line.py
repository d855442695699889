import asyncio

import pytest

from model.line import Line
from model.types import ModelBusy


async def test_a_free_place_is_taken_at_once():
    line = Line(1, 0)

    place = line.join()

    assert await place.number() == 0
    assert (line.active, line.waiting) == (1, 0)


async def test_those_who_wait_hear_their_number_and_move_up():
    line = Line(1, 2)
    first, second, third = line.join(), line.join(), line.join()

    before = (await second.number(), await third.number())
    first.leave()
    after = (await second.number(), await third.number())

    assert before == (1, 2)
    assert after == (0, 1)


async def test_whoever_leaves_the_middle_lets_those_behind_move_up():
    line = Line(1, 2)
    line.join()
    second, third = line.join(), line.join()
    await third.number()

    second.leave()

    assert await third.number() == 1


async def test_a_full_line_is_busy_and_says_how_full():
    line = Line(1, 1)
    line.join(), line.join()

    with pytest.raises(ModelBusy, match=r"replies: 1, waiting: 1"):
        line.join()


async def test_leaving_twice_frees_one_place():
    line = Line(1, 3)
    first, second = line.join(), line.join()
    line.join()

    first.leave()
    first.leave()

    assert await second.number() == 0
    assert (line.active, line.waiting) == (1, 1)


async def test_a_turn_of_another_event_loop_is_called():
    line = Line(1, 1)
    first = line.join()
    joined = asyncio.Event()
    loop = asyncio.get_running_loop()

    def elsewhere():
        async def wait():
            place = line.join()
            loop.call_soon_threadsafe(joined.set)
            while await place.number():
                continue
            return line.number_of(place)

        return asyncio.run(wait())

    waiting = asyncio.create_task(asyncio.to_thread(elsewhere))
    await joined.wait()
    first.leave()

    assert await waiting == 0
