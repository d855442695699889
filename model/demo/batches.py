"""Conversations as token ids with a mark on what is learned, in batches of a like number of tokens and in a fixed order."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import sentencepiece
import torch

from model.demo import tokenizer
from model.demo.corpus.compose import compose
from model.demo.corpus.conversations import Conversation

LONGEST = 480
"""Conversations of more tokens are left out; there are few."""
TOGETHER = 2
"""Batches a step: each holds conversations of one length, so two of them make a more mixed step."""


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation: its ids, and at which of them the model is to have said them itself."""

    ids: tuple[int, ...]
    is_learned: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` [rows, length] int64, right-padded; `targets` the same shape, -100 where nothing is learned."""

    ids: torch.Tensor
    targets: torch.Tensor


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the endless text a training stands: the pass, and the steps of it that are done."""

    passed: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The batches that one step learns from, and the place behind them."""

    batches: tuple[Batch, ...]
    place: Place


def example(pieces: sentencepiece.SentencePieceProcessor, conversation: Conversation) -> Example:
    """The ids that the chat template gives for the conversation; the replies and their <end_of_turn> are learned."""
    ids, is_learned = [tokenizer.BOS], [False]
    for turn in conversation.turns:
        asked = pieces.encode(
            f"<start_of_turn>user\n{turn.prompt.strip()}<end_of_turn>\n<start_of_turn>model\n"
        )
        said = pieces.encode(f"{turn.reply.strip()}<end_of_turn>")
        ids += asked + said + pieces.encode("\n")
        is_learned += [False] * len(asked) + [True] * len(said) + [False]
    return Example(tuple(ids), tuple(is_learned))


def _batch(examples: Sequence[Example]) -> Batch:
    length = max(len(one.ids) for one in examples)
    ids = torch.full((len(examples), length), tokenizer.PAD)
    targets = torch.full((len(examples), length), -100)
    for row, one in enumerate(examples):
        line = torch.tensor(one.ids)
        ids[row, : len(line)] = line
        targets[row, : len(line)] = torch.where(torch.tensor(one.is_learned), line, -100)
    return Batch(ids, targets)


def _split(examples: Iterable[Example], tokens: int) -> Iterator[list[Example]]:
    group: list[Example] = []
    for one in examples:
        if group and (len(group) + 1) * len(one.ids) > tokens:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def batches(examples: Iterable[Example], *, tokens: int, seed: int) -> Iterator[Batch]:
    """Batches of at most `tokens` ids, padding included, in an order drawn from the seed."""
    usable = sorted((one for one in examples if len(one.ids) <= LONGEST), key=lambda one: len(one.ids))
    groups = list(_split(usable, tokens))
    random.Random(seed).shuffle(groups)
    return (_batch(group) for group in groups)


def steps(
    pieces: sentencepiece.SentencePieceProcessor,
    *,
    tokens: int,
    seed: int,
    start: Place,
    text: Callable[[int], Sequence[Conversation]] = compose,
) -> Iterator[Step]:
    """The steps of a training from `start` on, without end; every pass words and mixes the text anew."""
    passed, done = start.passed, start.steps
    while True:
        examples = [example(pieces, one) for one in text(seed + passed)]
        line = batches(examples, tokens=tokens // TOGETHER, seed=seed + passed)
        line = islice(line, done * TOGETHER, None)
        while group := tuple(islice(line, TOGETHER)):
            done += 1
            yield Step(group, Place(passed, done))
        passed, done = passed + 1, 0
