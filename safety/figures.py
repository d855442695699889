"""The figures of a test of two kinds, from scores and truths: plain numpy, NaN where a kind is missing."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Truths = NDArray[np.bool_]
NOT_KNOWN = float("nan")


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
