import asyncio

from app.slowing import LONGEST_DELAY, Slowing


def test_five_failures_are_free_and_then_each_doubles_the_wait_up_to_a_bound():
    slowing = Slowing()

    waits = []
    for _ in range(12):
        waits.append(slowing.seconds("mia", "10.0.0.1"))
        slowing.failed("mia", "10.0.0.1")

    assert waits == [0.0] * 5 + [0.5, 1.0, 2.0] + [LONGEST_DELAY] * 4


def test_failures_from_one_address_slow_nobody_at_another():
    slowing = Slowing()

    for _ in range(20):
        slowing.failed("mia", "10.0.0.1")

    assert slowing.seconds("mia", "10.0.0.2") == 0.0
    assert slowing.seconds("noa", "10.0.0.1") == 0.0


def test_a_try_that_succeeds_ends_the_row_of_failures():
    slowing = Slowing()
    for _ in range(20):
        slowing.failed("mia", "10.0.0.1")

    slowing.succeeded("mia", "10.0.0.1")

    assert slowing.seconds("mia", "10.0.0.1") == 0.0


def test_no_number_of_failures_makes_the_wait_overflow_or_the_memory_grow():
    slowing = Slowing(most=10)

    for number in range(1_000):
        slowing.failed("mia", f"10.0.0.{number}")
        slowing.failed("mia", "always")

    assert slowing.seconds("mia", "always") == LONGEST_DELAY
    assert sum(slowing.seconds("mia", f"10.0.0.{number}") for number in range(1_000)) == 0.0


async def test_tries_at_once_are_slowed_like_tries_in_a_row():
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    slowing = Slowing(pause=pause)

    async def wrong():
        async with slowing.one_try("mia", "10.0.0.1"):
            await asyncio.sleep(0)

    await asyncio.gather(*(wrong() for _ in range(9)))

    assert pauses == [0.0] * 5 + [0.5, 1.0, 2.0, LONGEST_DELAY]


async def test_a_flood_from_one_address_keeps_nobody_elsewhere_waiting():
    async def no_pause(seconds):
        return None

    slowing, checked, hold = Slowing(pause=no_pause), [], asyncio.Event()

    async def one(address):
        async with slowing.one_try("mia", address):
            checked.append(address)
            await hold.wait()

    flood = [asyncio.create_task(one("10.0.0.1")) for _ in range(50)]
    await asyncio.sleep(0)
    other = asyncio.create_task(one("10.0.0.2"))
    for _ in range(10):
        await asyncio.sleep(0)
    under_way = list(checked)
    hold.set()
    await asyncio.gather(other, *flood)

    assert under_way == ["10.0.0.1", "10.0.0.2"]
