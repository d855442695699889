"""Fit one linear model of many labels on hashed n-grams: a sparse table of weights, learnt with torch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from safety.checks.features import BUCKET_BITS
from safety.checks.tables import Floats, Table
from safety.train.examples import Examples


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the table is learnt."""

    epochs: int = 5
    rate: float = 0.3
    batch: int = 256
    dropout: float = 0.2
    """The share of n-grams left out of each bag at each step, so that no single one decides."""
    seed: int = 1


def fit(examples: Examples, how: Fitting) -> Table:
    """The table that gives each label's log-odds as the sum of a bag's weights over the root of its size."""
    torch.manual_seed(how.seed)
    torch.set_num_threads(1)
    # torch warns unless it is told whether to check its own gradients.
    torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]
    labels = examples.targets.shape[1]
    table = torch.nn.EmbeddingBag(1 << BUCKET_BITS, labels, mode="sum", sparse=True)
    torch.nn.init.zeros_(table.weight)
    biases = torch.nn.Parameter(torch.zeros(labels))
    learner = torch.optim.Adagrad([table.weight, biases], lr=how.rate)
    boost = torch.from_numpy(_boost(examples))
    for batch in _batches(examples, how):
        learner.zero_grad()
        logits = table(batch.indices, batch.offsets) * batch.scale[:, None] + biases
        _loss(logits, batch, boost).backward()  # type: ignore[no-untyped-call]
        learner.step()
    return Table(table.weight.detach().numpy(), biases.detach().numpy())


@dataclass(frozen=True, slots=True)
class _Batch:
    indices: torch.Tensor
    offsets: torch.Tensor
    scale: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def _batches(examples: Examples, how: Fitting) -> Iterator[_Batch]:
    random = np.random.default_rng(how.seed)
    for _ in range(how.epochs):
        order = random.permutation(len(examples))
        for first in range(0, len(order), how.batch):
            yield _batch(examples, order[first : first + how.batch], random, how.dropout)


def _batch(
    examples: Examples, chosen: NDArray[np.int64], random: np.random.Generator, dropout: float
) -> _Batch:
    bags = [examples.bags[row] for row in chosen]
    bags = [bag[random.random(len(bag), dtype=np.float32) >= dropout] for bag in bags]
    sizes = np.array([len(bag) for bag in bags])
    return _Batch(
        indices=torch.from_numpy(np.concatenate(bags)),
        offsets=torch.from_numpy(np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)),
        scale=torch.from_numpy(1 / np.sqrt(np.maximum(sizes, 1), dtype=np.float32)),
        targets=torch.from_numpy(examples.targets[chosen]),
        weights=torch.from_numpy(examples.weights[chosen]),
    )


def _boost(examples: Examples) -> Floats:
    """How much more a positive counts than a negative: the root of how much rarer it is, at most 10."""
    counted = examples.weights[:, None]
    positive = (counted * (examples.targets == 1)).sum(0)
    negative = (counted * (examples.targets == 0)).sum(0)
    boost: Floats = np.clip(np.sqrt(negative / np.maximum(positive, 1e-6)), 1, 10).astype(np.float32)
    return boost


def _loss(logits: torch.Tensor, batch: _Batch, boost: torch.Tensor) -> torch.Tensor:
    known = (batch.targets >= 0) * batch.weights[:, None]
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, batch.targets.clamp(min=0), pos_weight=boost, reduction="none"
    )
    return (losses * known).sum() / len(logits)
