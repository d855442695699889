"""Row 1: what people get together is what each would have got alone."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine.bench import checkpoint, desk
from benchmarks.engine.checkpoints import SMALL, TINY, asked
from benchmarks.engine.figures import Figure, Reach, at_most, not_measured
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, crowd
from benchmarks.engine.plain import generate, load_plain, logits_of
from benchmarks.engine.visits import visit
from model.types import ModelError

OURS = "the engine, greedy, while people join, leave, stop, retry, edit and send a long prompt"
WILD = replace(SMALL, initializer_range=0.05, tie_word_embeddings=False)
"""Weights whose replies do not repeat one word; about 71 million."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply as ids, with the prompt as ids; one that was left early is not whole."""

    prompt: list[int]
    ids: list[int]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Visits:
    """What was heard in every round, and whether the engine read it together."""

    is_batching: bool
    rounds: list[list[Heard]]

    @property
    def way(self) -> str:
        """How the engine read, for a note."""
        return "read together" if self.is_batching else "NOT BATCHED: the engine reads this one turn by turn"


def measure(bench: Bench) -> Iterator[Figure]:
    """Every token in float32; in bfloat16 every token within rounding of the likeliest."""
    families = (*bench.families, "gemma4") if "gemma3" in bench.families else bench.families
    for family in families:
        try:
            yield _float32(bench, family)
            yield from _bfloat16(bench, family)
        except (ModelError, ValueError, ImportError) as fault:
            yield not_measured("1", f"batched = plain generate, {family}", f"not taken: {fault}")


def _float32(bench: Bench, family: str) -> Figure:
    folder = checkpoint(bench, family, TINY, torch.float32)
    plain = load_plain(folder, torch.float32)
    shares: list[float] = []
    equal = total = 0
    heard: list[Heard] = []
    visits = _visits(bench, folder, torch.float32)
    for replies in visits.rounds:
        expected = [generate(plain, reply.prompt, reply.max_tokens) for reply in replies]
        same = sum(_same(reply.ids, ids) for reply, ids in zip(replies, expected, strict=True))
        count = sum(reply.max_tokens for reply in replies)
        shares.append(same / count)
        equal, total, heard = equal + same, total + count, heard + replies
    distinct = len({number for reply in heard for number in reply.ids})
    note = (
        f"{visits.way}; {equal} of {total} tokens equal in {len(heard)} replies; {distinct} distinct tokens"
    )
    if family == "gemma2":
        note += f"; without softcapping generate itself differs in {_uncapped(folder, heard)} of them"
    return Figure(
        row="1",
        name=f"batched = plain generate, {family}, fp32",
        values=tuple(shares),
        unit="of the tokens equal",
        ours=OURS,
        peer="transformers generate, one prompt at a time, nothing kept",
        reach=Reach(1.0),
        note=note,
    )


def _bfloat16(bench: Bench, family: str) -> Iterator[Figure]:
    folder = checkpoint(bench, family, WILD, torch.bfloat16)
    plain, exact = load_plain(folder, torch.bfloat16), load_plain(folder, torch.float32)
    margins: list[float] = []
    other = total = 0
    rounding = 0.0
    visits = _visits(bench, folder, torch.bfloat16)
    for replies in visits.rounds:
        found = torch.cat([_margins(plain, reply) for reply in replies])
        rounding = max(rounding, *(_rounding(plain, exact, reply) for reply in replies))
        other, total = other + int((found > 0).sum()), total + len(found)
        margins.append(float(found.max()))
    yield Figure(
        row="1",
        name=f"batched = a batch of one, {family}, bf16",
        values=tuple(margin / rounding for margin in margins),
        unit="roundings: the largest margin by which a batch of one preferred another token",
        ours=OURS,
        peer=f"one forward over the same tokens; its rounding against fp32 is {rounding:.3g}",
        reach=at_most(2.0),
        note=f"{visits.way}; {other} of {total} tokens differ, at margins up to {max(margins):.3g}",
    )
    with desk(folder, torch.bfloat16) as ours:
        if hasattr(ours.engine, "score"):
            yield asyncio.run(_scored(ours, plain, family, rounding))


def _visits(bench: Bench, folder: Path, dtype: torch.dtype) -> Visits:
    visits = []
    with desk(folder, dtype) as ours:
        for number in bench.each_round():
            replies = asyncio.run(visit(ours, seed=1_000 * number))
            visits.append([_as_ids(ours, reply) for reply in replies])
        return Visits(ours.engine.is_batching, visits)


def _as_ids(ours: Desk, reply: Listener) -> Heard:
    ids = ours.ids_of(reply.text)
    max_tokens = reply.ending.tokens if reply.ending else len(ids)
    return Heard(ours.ids(reply.prompt, max_tokens), ids, max_tokens)


def _same(ids: list[int], expected: list[int]) -> int:
    return sum(ours == theirs for ours, theirs in zip(ids, expected, strict=False))


def _uncapped(folder: Path, heard: list[Heard]) -> int:
    uncapped = load_plain(folder, torch.float32, attn_logit_softcapping=None)
    replies = [(reply, generate(uncapped, reply.prompt, reply.max_tokens)) for reply in heard]
    return sum(len(ids) - _same(reply.ids, ids) for reply, ids in replies)


def _margins(plain: Any, reply: Heard) -> torch.Tensor:
    """By how much a batch of one preferred another token, at each token of the reply."""
    logits = _over(plain, reply)
    chosen = logits.gather(1, torch.tensor(reply.ids)[:, None])[:, 0]
    return logits.max(-1).values - chosen


def _rounding(plain: Any, exact: Any, reply: Heard) -> float:
    """The largest difference that bf16 alone makes to the two likeliest tokens."""
    rounded, true = _over(plain, reply), _over(exact, reply)
    best = rounded.topk(2).indices
    return float((rounded.gather(1, best) - true.gather(1, best)).abs().max())


def _over(model: Any, reply: Heard) -> torch.Tensor:
    return logits_of(model, [*reply.prompt, *reply.ids[:-1]], len(reply.ids))


async def _scored(ours: Desk, plain: Any, family: str, rounding: float) -> Figure:
    """Logits themselves, as far as `score` shows them: their differences between likely tokens."""
    worst: list[float] = []
    scorer: Any = ours.engine
    async with crowd(ours, 4, 4):
        for seed in range(50, 58):
            prompt = asked(40 + seed, seed, ours.vocabulary)
            logits = logits_of(plain, ours.ids(prompt, 1), 1)[0]
            best = logits.topk(6)
            chances = await scorer.score(prompt, [f"t{number}" for number in best.indices.tolist()])
            logs = torch.tensor([math.log(chance) for chance in chances])
            drift = (logs - logs[0]) - (best.values - best.values[0])
            worst.append(float(drift.abs().max()) / rounding)
    return Figure(
        row="1",
        name=f"logits by score() = a batch of one, {family}, bf16",
        values=(max(worst),),
        unit="roundings: the largest difference between log-odds of the six likeliest tokens",
        ours="score() while four people are in the middle of their replies",
        peer=f"one forward of transformers; its rounding against fp32 is {rounding:.3g}",
        reach=at_most(2.0),
    )
