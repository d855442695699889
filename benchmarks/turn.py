"""`python -m benchmarks.turn [--json]`: what the gate and the store add to a turn, against the bare engine.

Both sides answer the same prompts with the bundled checkpoint, greedily, one after the other in one run,
so that a busy machine slows both. Times are in milliseconds, medians over all rounds.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from app.turn import Limits, Turns
from model.engine import Engine
from model.loading import load
from model.types import GenerationSettings, Message
from safety.guard import default_guard
from storage.store import Store

PROMPTS = (
    "Who are you?",
    "How does the brain work?",
    "Write me a poem about Machine Learning.",
    "マシーンラーニングについての詩を書いてください。",
    "Write a hello world program",
)
GREEDY = GenerationSettings(temperature=0.0, max_tokens=128)


async def timed(shown: AsyncIterator[str]) -> tuple[float, float]:
    """Milliseconds until the first text and until the end of one reply."""
    started = time.perf_counter()
    first: float | None = None
    async for text in shown:
        if text and first is None:
            first = time.perf_counter()
    ended = time.perf_counter()
    return ((first or ended) - started) * 1000, (ended - started) * 1000


async def bare(engine: Engine, prompt: str) -> AsyncGenerator[str, None]:
    """The engine alone: no verdict, no record."""
    async with aclosing(engine.stream([Message("user", prompt)], GREEDY)) as chunks:
        async for chunk in chunks:
            yield chunk.text


async def guarded(turns: Turns, prompt: str) -> AsyncGenerator[str, None]:
    """The whole turn: saved, judged, held back, recorded."""
    async with aclosing(turns.send("benchmark", None, prompt)) as steps:
        async for step in steps:
            yield step.text


async def measure(rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Medians of both sides over every prompt and round, interleaved."""
    engine = Engine(load("bezel-demo"))
    guard = default_guard()
    store = Store.open(
        f"sqlite:///{folder / 'benchmark.sqlite'}", evidence_key=b"e" * 32, audit_key=b"a" * 32
    )
    turns = Turns(engine, guard, store, Limits(16_000, GREEDY, None))
    times: dict[str, list[tuple[float, float]]] = {"bare engine": [], "whole turn": []}
    try:
        for number in range(rounds + 1):
            for prompt in PROMPTS:
                pair = {
                    "bare engine": await timed(bare(engine, prompt)),
                    "whole turn": await timed(guarded(turns, prompt)),
                }
                for side, taken in pair.items():
                    if number:  # the first round warms up
                        times[side].append(taken)
    finally:
        engine.close()
        guard.close()
        store.close()
    return {
        side: {
            "first text, ms": statistics.median(first for first, _ in taken),
            "end, ms": statistics.median(end for _, end in taken),
        }
        for side, taken in times.items()
    }


def table(figures: dict[str, dict[str, float]]) -> str:
    """The figures for a person."""
    lines = [f"{'':<14}{'first text, ms':>16}{'end, ms':>12}"]
    for side, row in figures.items():
        lines.append(f"{side:<14}{row['first text, ms']:>16.0f}{row['end, ms']:>12.0f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turn", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often every prompt is asked")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(asked.rounds, Path(folder)))
    print(json.dumps(figures) if asked.json else table(figures))


if __name__ == "__main__":
    main()
