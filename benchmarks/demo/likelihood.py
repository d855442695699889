"""Perplexity on the test split, against n-grams of the same text; and tokens/s of one person."""

import asyncio
from collections.abc import Iterator, Sequence
from math import exp
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import nn

from benchmarks.demo.answering import Answering
from benchmarks.demo.ngram import NGrams
from benchmarks.engine.bench import desk
from benchmarks.engine.figures import Figure, Reach
from benchmarks.engine.people import Listener
from model.demo.batches import Example, batches, example
from model.demo.corpus.compose import compose
from model.types import Message

ORDER = 5


def perplexity(folder: Path, *, seed: int, passes: int, most: int | None = None) -> Iterator[Figure]:
    """The model's perplexity over the replies of the test split, and that of n-grams of so many passes."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    tested = [example(pieces, one) for one in compose(seed, "test")][:most]
    grams = NGrams(ORDER, pieces.vocab_size())
    for number in range(passes):
        for one in compose(seed + number)[: None if most is None else 10 * most]:
            grams.read(example(pieces, one).ids)
    values = {
        f"{ORDER}-grams of {passes} passes": grams.perplexity(tested),
        "the model": _own(folder, tested),
    }
    yield Figure(
        row="demo",
        name="perplexity of a token of the replies, test split",
        values=(values["the model"],),
        unit="",
        ours="the model, teacher-forced",
        peer=f"{ORDER}-grams with Witten and Bell's smoothing",
        note=", ".join(f"{name} {value:.3f}" for name, value in values.items()),
    )


@torch.inference_mode()
def _own(folder: Path, tested: Sequence[Example]) -> float:
    model = Answering(folder, temperature=0.0, seed=0).model
    loss, count = 0.0, 0
    for batch in batches(tested, tokens=4_096, seed=0):
        wanted = batch.targets[:, 1:]
        logits: Any = model(input_ids=batch.ids[:, :-1], use_cache=False).logits
        is_learned = wanted != -100
        loss += nn.functional.cross_entropy(
            logits[is_learned].float(), wanted[is_learned], reduction="sum"
        ).item()
        count += int(is_learned.sum())
    return exp(loss / count)


PROMPT = "Write a poem about the sea."


def speed(folder: Path, rounds: int) -> Figure:
    """Tokens/s after the first, through Bezel's engine, one person, greedy."""
    with desk(folder, torch.float32) as here:
        rates = [asyncio.run(_rate(here)) for _ in range(rounds + 1)]
    return Figure(
        row="demo",
        name="tokens/s, one person",
        values=tuple(rates[1:]),
        unit="tokens/s",
        ours="Bezel's engine on this machine's cores, float32",
        peer="none",
        reach=Reach(60),
        note=f"{torch.get_num_threads()} threads",
    )


async def _rate(here: Any) -> float:
    listener = await Listener(here, [Message("user", PROMPT)], 100).end()
    count = len(here.ids_of(listener.text))
    return float((count - 1) / (listener.times[-1] - listener.times[0]))
