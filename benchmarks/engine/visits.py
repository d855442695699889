"""People who come, go, stop, retry and edit while others are in the middle of their replies."""

import asyncio

from benchmarks.engine.checkpoints import asked, words
from benchmarks.engine.people import Desk, Listener
from model.types import Message


async def visit(desk: Desk, seed: int) -> list[Listener]:
    """Everybody's replies, whole or left, all of them while the first person's long one goes on."""
    first = Listener(desk, asked(200, seed, desk.vocabulary), 150)
    await first.heard(3)
    chains = [
        asyncio.create_task(_one_who_retries_and_edits(desk, seed + 1)),
        asyncio.create_task(_one_who_stops_and_goes_on(desk, seed + 2)),
    ]
    await first.heard(8)
    late = Listener(desk, asked(30, seed + 3, desk.vocabulary), 40)
    leaver = Listener(desk, asked(45, seed + 4, desk.vocabulary), 60)
    await leaver.heard(10)
    await leaver.leave()
    long = Listener(desk, asked(900, seed + 5, desk.vocabulary), 15)
    replies = [await first.end(), await late.end(), leaver, await long.end()]
    for chain in chains:
        replies += await chain
    for name in ("retries", "stops"):
        desk.engine.forget(f"{name}-{seed + 1}")
    return replies


async def _one_who_retries_and_edits(desk: Desk, seed: int) -> list[Listener]:
    name = f"retries-{seed}"
    opening = asked(60, seed, desk.vocabulary)
    first = await Listener(desk, opening, 20, conversation=name).end()
    longer = after(first, words(25, seed + 100, desk.vocabulary))
    second = await Listener(desk, longer, 20, conversation=name).end()
    again = await Listener(desk, longer, 20, conversation=name).end()
    retried = await Listener(desk, opening, 25, conversation=name).end()
    # The first half of the edited message stays as it was.
    kept = opening[0].text[: len(opening[0].text) // 2].rpartition("t")[0]
    edited = [Message("user", kept + words(20, seed + 200, desk.vocabulary))]
    other = await Listener(desk, edited, 20, conversation=name).end()
    last = await Listener(
        desk, after(other, words(9, seed + 300, desk.vocabulary)), 20, conversation=name
    ).end()
    return [first, second, again, retried, other, last]


async def _one_who_stops_and_goes_on(desk: Desk, seed: int) -> list[Listener]:
    name = f"stops-{seed}"
    stopped = Listener(desk, asked(70, seed, desk.vocabulary), 60, conversation=name)
    await stopped.heard(6)
    await stopped.leave()
    longer = after(stopped, words(12, seed + 100, desk.vocabulary))
    return [stopped, await Listener(desk, longer, 20, conversation=name).end()]


def after(reply: Listener, text: str) -> list[Message]:
    """The prompt of the next turn: all that was said, and `text`."""
    return [*reply.prompt, Message("assistant", reply.text), Message("user", text)]
