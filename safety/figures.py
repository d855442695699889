"""The figures of a test of two kinds, from scores and truths: plain numpy, NaN where a kind is missing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Truths = NDArray[np.bool_]
NOT_KNOWN = float("nan")
_QUANTILE = 1.96
"""Of the normal distribution, for 95 % confidence."""


def auroc(scores: Scores, truths: Truths) -> float:
    """The chance that a harmful text scores higher than a harmless one, ties counted as half."""
    positive, negative = int(truths.sum()), int((~truths).sum())
    if not positive or not negative:
        return NOT_KNOWN
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]
    return float((ranks[truths].sum() - positive * (positive + 1) / 2) / (positive * negative))


def au_prc(scores: Scores, truths: Truths) -> float:
    """Average precision: precision at every distinct score, weighted by the recall that it adds."""
    if not truths.any() or truths.all():
        return NOT_KNOWN
    order = np.argsort(-scores, kind="stable")
    found = truths[order].cumsum()
    last_of_score = np.append(np.diff(scores[order]) != 0, True)
    recall = found[last_of_score] / truths.sum()
    precision = found[last_of_score] / (np.flatnonzero(last_of_score) + 1)
    return float((np.diff(recall, prepend=0) * precision).sum())


def recall_at(share: float, scores: Scores, truths: Truths) -> float:
    """How much harm lies above the lowest score that at most this share of harmless texts exceeds."""
    if not truths.any() or truths.all():
        return NOT_KNOWN
    harmless = np.sort(scores[~truths])
    limit = harmless[-1 - int(len(harmless) * share)]
    return float((scores[truths] > limit).mean())


def f1(found: Truths, truths: Truths) -> float:
    """The harmonic mean of precision and recall; NaN where there is nothing to find."""
    if not truths.any():
        return NOT_KNOWN
    return float(2 * (found & truths).sum() / (found.sum() + truths.sum()))


def share(found: Truths) -> float:
    """How many of them, as a share; NaN of none."""
    return float(found.mean()) if len(found) else NOT_KNOWN


def calibration_error(scores: Scores, truths: Truths, bins: int = 10) -> float:
    """How far scores lie from the share of harm among texts that have them (ECE, bins of equal width)."""
    if not len(scores):
        return NOT_KNOWN
    bin_of = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(scores[bin_of == one].mean() - truths[bin_of == one].mean()) * (bin_of == one).sum()
        for one in np.unique(bin_of)
    ]
    return float(sum(gaps) / len(scores))


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and between what bounds it lies with 95 % confidence; NaN of nothing."""

    share: float
    low: float
    high: float


def wilson(count: int, of: int) -> Interval:
    """Wilson's score interval of a share (Wilson, 1927), which also holds for few texts."""
    if not of:
        return Interval(NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)
    share, square = count / of, _QUANTILE**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = _QUANTILE / (1 + square / of) * (share * (1 - share) / of + square / (4 * of**2)) ** 0.5
    return Interval(share, max(0.0, middle - reach), min(1.0, middle + reach))


def bootstrap(
    figure: Callable[[Scores, Truths], float],
    scores: Scores,
    truths: Truths,
    *,
    times: int = 200,
    seed: int = 1,
) -> Interval:
    """The figure, and where it lies in 95 of 100 samples of the texts, drawn anew with replacement."""
    random = np.random.default_rng(seed)
    drawn = (random.integers(len(truths), size=len(truths)) for _ in range(times if len(truths) else 0))
    found = [value for chosen in drawn if not np.isnan(value := figure(scores[chosen], truths[chosen]))]
    if not found:
        return Interval(figure(scores, truths) if len(truths) else NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(figure(scores, truths), float(low), float(high))
