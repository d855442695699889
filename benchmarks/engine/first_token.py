"""Row 4: how long a person waits for the first word, early and late in a conversation."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine.bench import checkpoint, desk, speedy
from benchmarks.engine.checkpoints import WIDE, asked, words
from benchmarks.engine.figures import Figure, at_most, middle
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, until_idle
from benchmarks.engine.plain import generate, load_plain
from benchmarks.engine.visits import after

TURNS = 20
REPLY = 8
ADDED = 100
"""Tokens that each turn adds: 8 of the reply, 9 of the template, 83 that the person says."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds to the first token at some turns, one of each a round."""

    ours_first: list[float] = field(default_factory=list)
    ours_last: list[float] = field(default_factory=list)
    peer_first: list[float] = field(default_factory=list)
    peer_last: list[float] = field(default_factory=list)


def measure(bench: Bench) -> Iterator[Figure]:
    """The last turn's wait over the first turn's, in conversations that grow by 100 tokens a turn."""
    for family in bench.families:
        yield _figure(bench, family, _waits(bench, speedy(bench, family)), bench.size)
    if "gemma" in bench.families and not bench.is_quick:
        folder = checkpoint(bench, "gemma", WIDE, torch.bfloat16)
        size = "575 million random weights in bf16, in four layers of gemma-2b's own width"
        yield _figure(bench, "gemma", _waits(bench, folder), size)


def _waits(bench: Bench, folder: Path) -> Waits:
    plain, waits = load_plain(folder, torch.bfloat16), Waits()
    with desk(folder, torch.bfloat16) as here:
        asyncio.run(_conversation(here, plain, 0, 2, Waits()))
        for number in bench.each_round():
            asyncio.run(_conversation(here, plain, number + 1, _turns(bench), waits))
    return waits


def _figure(bench: Bench, family: str, waits: Waits, size: str) -> Figure:
    peer = statistics.median(waits.peer_last) / statistics.median(waits.peer_first)
    return Figure(
        row="4",
        name=f"time to first token at turn {_turns(bench)} ÷ turn 1, {family}",
        values=tuple(late / early for early, late in zip(waits.ours_first, waits.ours_last, strict=True)),
        unit="×",
        ours=f"the engine, one conversation that grows by {ADDED} tokens a turn",
        peer=f"transformers generate without a kept cache, the same prompts: {peer:.3g} ×",
        reach=at_most(2.0 if family == "gemma2" else 1.3),
        note=f"{size}; seconds, first and last turn: ours {middle(waits.ours_first)}, "
        f"{middle(waits.ours_last)}; peer {middle(waits.peer_first)}, {middle(waits.peer_last)}",
    )


def _turns(bench: Bench) -> int:
    return 5 if bench.is_quick else TURNS


async def _conversation(here: Desk, plain: Any, number: int, turns: int, waits: Waits) -> None:
    name, seed = f"long-{number}", 100 * number
    prompt = asked(ADDED - REPLY, seed, here.vocabulary)
    for turn in range(1, turns + 1):
        listener = await Listener(here, prompt, REPLY, conversation=name).end()
        if turn == 1:
            waits.ours_first.append(listener.first)
            waits.peer_first.append(_peer(plain, here.ids(prompt, REPLY)))
        prompt_before, prompt = prompt, after(listener, words(83, seed + turn, here.vocabulary))
    waits.ours_last.append(listener.first)
    waits.peer_last.append(_peer(plain, here.ids(prompt_before, REPLY)))
    here.engine.forget(name)
    await until_idle(here)


def _peer(plain: Any, ids: list[int]) -> float:
    began = time.perf_counter()
    generate(plain, ids, 1)
    return time.perf_counter() - began
