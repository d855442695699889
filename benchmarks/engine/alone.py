"""Row 2: one person's tokens/s, against forward loops with nothing around them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.engine.bench import desk, speedy
from benchmarks.engine.checkpoints import asked
from benchmarks.engine.figures import Figure, Reach, middle
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener
from benchmarks.engine.plain import load_plain, loop, packed_loop

OURS = "the engine"
PEERS = {
    "the same cache": "one forward a token over the engine's own cache and attention, argmax, nothing else",
    "DynamicCache": "one plain transformers forward a token over a DynamicCache, argmax, nothing else",
}


def measure(bench: Bench) -> Iterator[Figure]:
    """Tokens/s after the first token, side by side in every round."""
    for family in bench.families:
        folder = speedy(bench, family)
        plain = load_plain(folder, torch.bfloat16)
        tokens = 16 if bench.is_quick else 64
        with desk(folder, torch.bfloat16) as here:
            _rates(here, plain, 4)
            rounds = [_rates(here, plain, tokens) for _ in bench.each_round()]
        for peer in PEERS:
            yield _figure(bench, f"{family}, against {peer}", peer, rounds)


def _figure(bench: Bench, name: str, peer: str, rounds: list[dict[str, float]]) -> Figure:
    return Figure(
        row="2",
        name=f"one person, {name}",
        values=tuple(rates[OURS] / rates[peer] for rates in rounds),
        unit="× the raw loop's tokens/s",
        ours="the engine, after a prompt of 64 tokens, from the first text to the last, as heard",
        peer=PEERS[peer],
        reach=Reach(0.95),
        note=f"{bench.size}; tokens/s ours {middle([rates[OURS] for rates in rounds])}, "
        f"peer {middle([rates[peer] for rates in rounds])}",
    )


def _rates(here: Desk, plain: Any, tokens: int) -> dict[str, float]:
    """Tokens/s of every side, one after the other."""
    prompt = asked(64, 1, here.vocabulary)
    ids = here.ids(prompt, tokens)
    return {
        OURS: _speed(asyncio.run(_times(here, tokens))),
        "the same cache": _speed(packed_loop(here.loaded.model, ids, tokens).times),
        "DynamicCache": _speed(loop(plain, ids, tokens).times),
    }


async def _times(here: Desk, tokens: int) -> list[float]:
    return (await Listener(here, asked(64, 1, here.vocabulary), tokens).end()).times


def _speed(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])
