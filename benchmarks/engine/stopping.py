"""Row 6: how soon a person who leaves gives up their place."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

from benchmarks.engine.bench import desk, speedy
from benchmarks.engine.checkpoints import asked
from benchmarks.engine.figures import Figure, at_most, middle
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, crowd, gaps, until
from benchmarks.engine.plain import load_plain

PEOPLE = 4
REPLY = 64
HEARD = 8


def measure(bench: Bench) -> Iterator[Figure]:
    """Steps from leaving until the place is free; the worst of four people in each round."""
    for family in bench.families:
        folder = speedy(bench, family)
        plain = load_plain(folder, torch.bfloat16)
        ours: list[float] = []
        peers: dict[bool, list[float]] = {True: [], False: []}
        with desk(folder, torch.bfloat16) as here:
            for _ in bench.each_round():
                ours.append(asyncio.run(_worst(here)))
                for is_told, steps in peers.items():
                    steps.append(_streamer(plain, here, is_told=is_told))
        yield _figure(bench, family, ours, peers)


def _figure(bench: Bench, family: str, ours: list[float], peers: dict[bool, list[float]]) -> Figure:
    return Figure(
        row="6",
        name=f"Stop → slot free, {family}",
        values=tuple(ours),
        unit="steps",
        ours=f"the engine, {PEOPLE} people in mid-reply, leaving one by one; the slowest of them",
        peer=f"generate with a TextIteratorStreamer in a thread, left after {HEARD} of {REPLY} tokens: "
        f"{middle(peers[False])} steps; with a stopping criterion {middle(peers[True])}",
        reach=at_most(2.0),
        note=bench.size,
    )


async def _worst(here: Desk) -> float:
    async with crowd(here, PEOPLE, HEARD) as others:
        return max([await _freed(here, other) for other in others])


async def _freed(here: Desk, other: Listener) -> float:
    """Steps that the engine began or ended between someone's leaving and their place being free."""
    people = here.engine.active
    await other.heard(len(other.times) + 2)
    began = here.engine.steps
    await other.leave()
    await until(lambda: here.engine.active < people)
    return float(here.engine.steps - began)


class _Told(StoppingCriteria):
    """Stops `generate` once the event is set."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def __call__(self, input_ids: Any, scores: Any, **options: Any) -> Any:
        return torch.full((input_ids.shape[0],), self._stop.is_set(), dtype=torch.bool)


def _streamer(plain: Any, here: Desk, *, is_told: bool) -> float:
    """Steps' time from leaving until the thread of `generate` has ended."""
    tokens = torch.tensor([here.ids(asked(64, 1, here.vocabulary), REPLY)])
    streamer = TextIteratorStreamer(here.loaded.tokenizer, skip_prompt=True)
    stop = Event()
    options: dict[str, Any] = {"stopping_criteria": StoppingCriteriaList([_Told(stop)])} if is_told else {}
    options |= {"max_new_tokens": REPLY, "do_sample": False, "attention_mask": torch.ones_like(tokens)}
    thread = Thread(target=plain.generate, args=(tokens,), kwargs=options | {"streamer": streamer})
    thread.start()
    times = []
    for _, _text in zip(range(HEARD), streamer, strict=False):
        times.append(time.perf_counter())
    began = time.perf_counter()
    stop.set()
    thread.join()
    return (time.perf_counter() - began) / statistics.median(gaps(times))
