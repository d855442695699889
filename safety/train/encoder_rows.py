"""What the encoder learns from: English rows as tokens, what is known of each, and how much each counts."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from safety.checks import features
from safety.checks.encoder import LANGUAGES, OUTPUTS, PART, Ids
from safety.checks.tables import CATEGORIES, LABELS, PROMPT_LABELS, Floats
from safety.train.contrast import SOURCES, TWINS
from safety.train.examples import OWN_WEIGHT, PROMPT_WEIGHT_IN_POSTS
from safety.train.rows import Row

MOST_OF_A_SET = 5_000
"""Rows of one set: the largest would otherwise be a third of everything."""
MOST_PARTS = 3
TWIN_WEIGHT = 3.0
"""Twins differ in a word and mean another thing: that word is what is to be learnt."""
NO_WORD = -1.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """One piece of text as tokens; `targets` holds 1, 0 or -1 (unknown) per output of the encoder."""

    ids: Ids
    targets: Floats
    weights: Floats
    """How much the piece counts for each output."""


def lessons(rows: Sequence[Row], pieces: Callable[[str], Sequence[Ids]]) -> list[Lesson]:
    """The lessons of these rows, in their order; `pieces` makes tokens of a part of text."""
    return [lesson for row in _chosen(rows) for lesson in _of_row(row, pieces)]


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """English rows, of each set the same few thousand at every run."""
    by_set: dict[str, list[Row]] = {}
    for row in rows:
        if row.lang in LANGUAGES:
            by_set.setdefault(row.source, []).append(row)
    return [row for its in by_set.values() for row in sorted(its, key=_place)[:MOST_OF_A_SET]]


def _place(row: Row) -> int:
    return zlib.crc32(f"{row.source} {row.id} {row.text}".encode("utf-8", "replace"))


def _of_row(row: Row, pieces: Callable[[str], Sequence[Ids]]) -> Iterator[Lesson]:
    """A harmful row teaches by its first parts, where what it asks stands; a harmless one by parts of all."""
    folded = features.fold(row.text)
    parts = features.cover(len(folded), PART)
    if len(parts) > MOST_PARTS:
        step = 1 if row.unsafe else len(parts) // MOST_PARTS
        parts = parts[::step][:MOST_PARTS]
    found = [piece for start, end in parts for piece in pieces(folded[start:end])]
    targets, weights = targets_of(row), weights_of(row) / np.float32(len(found) ** 0.5)
    for piece in found:
        yield Lesson(piece, targets, weights)


def targets_of(row: Row) -> Floats:
    """What is known of the row, for each output: its side's labels and those that it teaches besides."""
    *kinds, anything = row.targets
    prompt, post = np.full(len(PROMPT_LABELS), NO_WORD), np.full(len(LABELS), NO_WORD)
    if row.side == "post":
        post[:] = row.targets
    else:
        prompt[: len(CATEGORIES)] = kinds
        prompt[PROMPT_LABELS.index("any_response")] = anything
    if row.side == "prompt":
        prompt[PROMPT_LABELS.index("any")] = anything
        post[:] = row.targets
    return np.concatenate([prompt, post]).astype(np.float32)


def weights_of(row: Row) -> Floats:
    """How much the row counts for each output; a prompt less where it stands in for a post."""
    own = TWIN_WEIGHT if row.source == TWINS else OWN_WEIGHT if row.source in SOURCES else 1.0
    weights = np.full(OUTPUTS, own, dtype=np.float32)
    if row.side == "prompt":
        weights[len(PROMPT_LABELS) :] *= PROMPT_WEIGHT_IN_POSTS
    return weights
