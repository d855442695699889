"""Row 5: how long others' words pause while someone sends a very long prompt."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from benchmarks.engine.bench import desk, speedy
from benchmarks.engine.checkpoints import asked
from benchmarks.engine.figures import Figure, at_most, middle
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, crowd, gaps
from benchmarks.engine.plain import load_plain

PEOPLE = 4
PROMPT = 2_000
STEPS = 16


@dataclass(frozen=True, slots=True)
class Gaps:
    """Seconds: a step before, the others' longest and usual gap after, and the newcomer's wait."""

    step: float
    longest: float
    usual: float
    first: float


def measure(bench: Bench) -> Iterator[Figure]:
    """The longest gap in anyone else's words, in the time of an ordinary step just before."""
    for family in bench.families:
        folder = speedy(bench, family)
        plain = load_plain(folder, torch.bfloat16)
        ours: list[Gaps] = []
        peer: list[float] = []
        with desk(folder, torch.bfloat16) as here:
            for seed in bench.each_round():
                ours.append(asyncio.run(_arrival(here, seed)))
                peer.append(_at_once(plain, here))
        yield _figure(bench, family, ours, peer)


def _figure(bench: Bench, family: str, ours: list[Gaps], peer: list[float]) -> Figure:
    return Figure(
        row="5",
        name=f"longest gap while {PROMPT:,} tokens arrive, {family}",
        values=tuple(one.longest / one.step for one in ours),
        unit="steps' time",
        ours=f"the engine, {PEOPLE} people in mid-reply; the longest gap any of them heard",
        peer=f"a batch of {PEOPLE} that reads such a prompt in one go, without pieces: {middle(peer)} steps",
        reach=at_most(3.0),
        note=f"{bench.size}; milliseconds: step {middle([1_000 * one.step for one in ours])}, "
        f"longest gap {middle([1_000 * one.longest for one in ours])}, "
        f"usual gap meanwhile {middle([1_000 * one.usual for one in ours])}; "
        f"the long prompt's first token after {middle([one.first for one in ours])} s",
    )


async def _arrival(here: Desk, seed: int) -> Gaps:
    async with crowd(here, PEOPLE, STEPS) as others:
        step = statistics.median(gap for other in others for gap in gaps(other.times[-STEPS:]))
        marks = [len(other.times) for other in others]
        newcomer = Listener(here, asked(PROMPT, 100 + seed, here.vocabulary), 4)
        await newcomer.end()
        for other in others:
            await other.heard(len(other.times) + 1)
        meanwhile = [
            gap for other, mark in zip(others, marks, strict=True) for gap in gaps(other.times[mark - 1 :])
        ]
    return Gaps(step, max(meanwhile), statistics.median(meanwhile), newcomer.first)


@torch.inference_mode()
def _at_once(plain: Any, here: Desk) -> float:
    """The same gap in a plain batch, in its own steps: one forward over the whole prompt, then a step."""
    crowded, long = DynamicCache(), DynamicCache()
    ids = [here.ids(asked(64, seed, here.vocabulary), 1) for seed in range(PEOPLE)]
    token = _forward(plain, torch.tensor(ids), crowded)
    times = [time.perf_counter()]
    for _ in range(STEPS):
        token = _forward(plain, token, crowded)
        times.append(time.perf_counter())
    step = statistics.median(gaps(times))
    _forward(plain, torch.tensor([here.ids(asked(PROMPT, 100, here.vocabulary), 1)]), long)
    _forward(plain, token, crowded)
    return (time.perf_counter() - times[-1]) / step


def _forward(plain: Any, tokens: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
    output = plain(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
    best: torch.Tensor = output.logits[:, -1].argmax(-1, keepdim=True)
    return best
