"""Guessing a password against the running application: slowed, and nobody elsewhere is kept out by it."""

import asyncio
import time

import httpx
import pytest
from argon2 import PasswordHasher

from app.slowing import FIRST_DELAY, FREE_FAILURES, LONGEST_DELAY

NAME, PASSWORD = "olu", "another long password"


@pytest.fixture(scope="module")
def account(siege):
    siege.parts.store.moderators.add(
        NAME, PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD), "moderator"
    )


def browser_at(siege, address):
    """A browser whose connections come from this address of the machine."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(
        base_url=siege.url, transport=transport, timeout=60, headers={"origin": siege.url}
    )


async def test_p13_sixty_wrong_passwords_are_slowed_and_elsewhere_the_right_one_works_at_once(siege, account):
    wrong, right = {"name": NAME, "password": "wrong"}, {"name": NAME, "password": PASSWORD}

    async with browser_at(siege, "127.0.0.1") as here, browser_at(siege, "127.0.0.2") as elsewhere:
        started = time.monotonic()
        tries = [asyncio.create_task(here.post("/sign-in", data=wrong)) for _ in range(60)]
        await next(asyncio.as_completed(tries))
        there = await elsewhere.post("/sign-in", data=right)
        still_waiting = [one for one in tries if not one.done()]
        answers = await asyncio.gather(*tries)
        seconds = time.monotonic() - started

    assert there.status_code == 303
    assert still_waiting
    assert [answer.status_code for answer in answers] == [403] * 60
    # A lower bound holds however busy the machine is; each wait is in tests/app/test_slowing.py.
    assert seconds >= LONGEST_DELAY


async def test_five_wrong_passwords_in_a_row_are_free_and_each_one_after_them_waits_longer(siege, account):
    waits = []
    async with browser_at(siege, "127.0.0.3") as here:
        for _ in range(FREE_FAILURES + 2):
            started = time.monotonic()
            answer = await here.post("/sign-in", data={"name": NAME, "password": "wrong"})
            waits.append(time.monotonic() - started)
            assert answer.status_code == 403

    assert waits[FREE_FAILURES] >= FIRST_DELAY
    assert waits[FREE_FAILURES + 1] >= 2 * FIRST_DELAY
    assert min(waits[:FREE_FAILURES]) < min(waits[FREE_FAILURES:])
