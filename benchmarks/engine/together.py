"""Row 3: eight people at once, against the same replies one after the other."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.engine.bench import desk, speedy
from benchmarks.engine.checkpoints import asked, words
from benchmarks.engine.figures import Figure, Reach, middle
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, until_idle
from benchmarks.engine.plain import generate, load_plain
from benchmarks.engine.visits import after
from model.types import Message

LENGTHS = (64, 52, 60, 48, 56, 62, 50, 58)
"""How many tokens each person stays for, in the order in which they join."""
REACHES = {64: Reach(4.5, aim=5.5), 512: Reach(3.5, aim=4.5)}
JOIN = "each person joins a token after the one before, and leaves after 48 to 64 tokens"
SIDES = {
    "cold": f"eight people; {JOIN}; the engine reads every history anew",
    "kept": f"eight people; {JOIN}; each history was the turn before, which the engine kept",
}


@dataclass(frozen=True, slots=True)
class Person:
    """What one person asks, before and now, and for how many tokens they stay."""

    name: str
    opening: list[Message]
    prompt: list[Message]
    tokens: int


def measure(bench: Bench) -> Iterator[Figure]:
    """Total tokens/s, prompts included; cold, kept and one at a time in every round."""
    for family in bench.families:
        folder = speedy(bench, family)
        plain = load_plain(folder, torch.bfloat16)
        with desk(folder, torch.bfloat16, max_turns=len(LENGTHS)) as here:
            for history, reach in REACHES.items():
                people = asyncio.run(_meet(here, history, bench))
                rates = _rates(here, plain, people, bench)
                for side in SIDES:
                    yield _figure(bench, f"{family}, {history} tokens of history, {side}", rates, side, reach)


def _figure(bench: Bench, name: str, rates: dict[str, list[float]], side: str, reach: Reach) -> Figure:
    ours, peer = rates[side], rates["one at a time"]
    return Figure(
        row="3",
        name=f"eight people, {name}",
        values=tuple(mine / theirs for mine, theirs in zip(ours, peer, strict=True)),
        unit="× one at a time",
        ours=SIDES[side],
        peer="transformers generate: the same prompts and lengths, one by one, every history read anew",
        reach=reach,
        note=f"{bench.size}; tokens/s, prompts' time included: ours {middle(ours)}, peer {middle(peer)}",
    )


async def _meet(here: Desk, history: int, bench: Bench) -> list[Person]:
    """Let everyone say their history once; its reply of two tokens becomes part of their prompt."""
    people = []
    for seed, tokens in enumerate(LENGTHS):
        opening = asked(history - 20, seed, here.vocabulary)
        reply = await Listener(here, opening, 2).end()
        prompt = after(reply, words(9, 100 + seed, here.vocabulary))
        people.append(
            Person(f"person-{history}-{seed}", opening, prompt, tokens // (4 if bench.is_quick else 1))
        )
    return people


def _rates(here: Desk, plain: Any, people: Sequence[Person], bench: Bench) -> dict[str, list[float]]:
    ids = [here.ids(person.prompt, person.tokens) for person in people]
    rates: dict[str, list[float]] = {"cold": [], "one at a time": [], "kept": []}
    generate(plain, ids[0], 4)
    for number in bench.each_round(usual=2):
        order = list(rates) if number % 2 == 0 else list(reversed(rates))
        for side in order:
            if side == "one at a time":
                rates[side].append(_one_at_a_time(plain, ids, people))
            else:
                rates[side].append(asyncio.run(_together(here, people, is_kept=side == "kept")))
    return rates


def _one_at_a_time(plain: Any, ids: Sequence[list[int]], people: Sequence[Person]) -> float:
    began = time.perf_counter()
    made = [generate(plain, prompt, person.tokens) for prompt, person in zip(ids, people, strict=True)]
    return sum(map(len, made)) / (time.perf_counter() - began)


async def _together(here: Desk, people: Sequence[Person], *, is_kept: bool) -> float:
    if is_kept:
        for person in people:
            await Listener(here, person.opening, 2, conversation=person.name).end()
        await until_idle(here)
    began = time.perf_counter()
    listeners: list[Listener] = []
    for person in people:
        if listeners:
            await listeners[0].heard(len(listeners))
        name = person.name if is_kept else None
        listeners.append(Listener(here, person.prompt, person.tokens, conversation=name))
    replies = [await listener.end() for listener in listeners]
    took = time.perf_counter() - began
    for person in people:
        here.engine.forget(person.name)
    await until_idle(here)
    return sum(reply.ending.tokens for reply in replies if reply.ending) / took
