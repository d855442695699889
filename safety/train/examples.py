"""From labelled rows to what each table learns: windows, targets per label, and how much each row counts."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from safety.checks.features import Buckets, bags, fold, large_windows
from safety.checks.tables import Floats
from safety.train.contrast import SOURCES
from safety.train.rows import LANGUAGES, Row

PROMPT_WEIGHT_IN_POSTS = 0.5
POST_SHARE_IN_PROMPTS, POST_WEIGHT_IN_PROMPTS = 0.2, 0.15
"""Posts are most of the data and mean another thing by unsafe: the prompts' table sees a few, and lightly."""
OWN_WEIGHT = 2.0
"""Our own texts stand for all the chat, harmless and harmful, that the public sets lack."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Bags of n-grams with what is known of them: `targets` holds 1, 0 or -1 (unknown) per label."""

    bags: Sequence[Buckets]
    targets: Floats
    weights: Floats
    """How much each bag counts."""

    def __len__(self) -> int:
        return len(self.bags)


def is_learnt(row: Row) -> bool:
    """Whether the row is in a language that the classifier judges; responses name no language where mixed."""
    return row.lang in LANGUAGES or row.side == "response"


def prompt_examples(rows: Sequence[Row]) -> Examples:
    """What the prompts' table learns from: prompts and responses, and some posts."""
    chosen = [row for row in rows if is_learnt(row) and (row.side != "post" or _is_sampled(row))]
    return examples_of(chosen, _prompt_targets, _weight_in_prompts)


def post_examples(rows: Sequence[Row]) -> Examples:
    """What the posts' table learns from: posts, and prompts for the categories that posts lack."""
    chosen = [row for row in rows if is_learnt(row) and row.side != "response"]
    return examples_of(
        chosen, lambda row: row.targets, lambda row: 1.0 if row.side == "post" else PROMPT_WEIGHT_IN_POSTS
    )


def _weight_in_prompts(row: Row) -> float:
    if row.side == "post":
        return POST_WEIGHT_IN_PROMPTS
    return OWN_WEIGHT if row.source in SOURCES else 1.0


def _is_sampled(row: Row) -> bool:
    return zlib.crc32(f"{row.source} {row.id}".encode()) % 100 < POST_SHARE_IN_PROMPTS * 100


def _prompt_targets(row: Row) -> tuple[float, ...]:
    """The row's targets; prompts teach `any_response` too, since we have few responses."""
    *categories, anything = row.targets
    if row.side == "response":
        return (*categories, -1.0, anything)
    return (*categories, anything, anything if row.side == "prompt" or not row.unsafe else -1.0)


def examples_of(
    rows: Sequence[Row], targets: Callable[[Row], tuple[float, ...]], weight: Callable[[Row], float]
) -> Examples:
    """What a table learns from these rows, by their targets and weights.

    A harmful row teaches by its large windows, as the harm may be anywhere; a harmless one by all.
    """
    found: list[Buckets] = []
    owners: list[int] = []
    weights: list[float] = []
    for owner, row in enumerate(rows):
        folded = fold(row.text)
        its = bags(folded)[: large_windows(len(folded)) if row.unsafe else None]
        found += its
        owners += [owner] * len(its)
        weights += [weight(row) / len(its) ** 0.5] * len(its)
    known = np.array([targets(row) for row in rows], dtype=np.float32)
    return Examples(found, known[owners], np.array(weights, dtype=np.float32))
