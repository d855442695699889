"""From a table's log-odds to probabilities and thresholds, on the dev rows and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from safety.checks.features import fold
from safety.checks.tables import LABELS, Calibration, Floats, Tables
from safety.train.rows import Row
from safety.types import Side

RIDGE = 1.0
"""How strongly a label with few rows is held to a scale of 1."""
LONG = (1_000, 4_000, 20_000)
"""Lengths in characters at which harmless text must not look worse than it does in short pieces."""
_JOINED = 40
_LENGTHS = np.arange(0, 1.51, 0.05)
_RARE = 0.99


Pair = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Log-odds of rows: the highest over each row's windows, and how many windows."""

    highest: Floats
    windows: NDArray[np.int64]


class Scores(Protocol):
    """What gives log-odds to a folded text: the highest over its windows, and how many windows."""

    def highest(self, folded: str, side: Side) -> tuple[Floats, int]: ...


def scored(tables: Scores, texts: Sequence[str], side: Side) -> Scored:
    """Every text's highest log-odds, one row a text, one column a label."""
    found = [tables.highest(fold(text), side) for text in texts]
    return Scored(np.stack([highest for highest, _ in found]), np.array([windows for _, windows in found]))


def calibrated(tables: Tables, rows: Sequence[Row], side: Side) -> Calibration:
    """Two numbers a label, fitted on these rows, and the side's allowance for length."""
    scores = scored(tables, [row.text for row in rows], side)
    length = length_allowance(tables, rows, side)
    odds = scores.highest - length * np.log(scores.windows)[:, None]
    targets = np.array([row.targets for row in rows])
    pairs = [platt(odds[:, label], targets[:, label]) for label in range(len(LABELS))]
    scale, shift = np.array(pairs, dtype=np.float32).T
    return Calibration(scale, shift, length)


def platt(odds: NDArray[np.floating], targets: NDArray[np.floating]) -> tuple[float, float]:
    """Scale and shift that make log-odds fit the known targets (Newton's method, the scale held near 1).

    After Platt (1999), with his smoothed targets; a label of which only one kind is known stays as it is.
    """
    known = targets >= 0
    values, wanted = odds[known].astype(np.float64), targets[known]
    positive, negative = (wanted == 1).sum(), (wanted == 0).sum()
    if not positive or not negative:
        return 1.0, 0.0
    wanted = np.where(wanted == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    found = np.array([1.0, np.log(positive / negative) - np.median(values)])
    columns = np.stack([values, np.ones_like(values)], axis=1)
    for _ in range(100):
        found = _better(found, columns, wanted)
    return max(float(found[0]), 0.05), float(found[1])


def _better(found: Pair, columns: Pair, wanted: Pair) -> Pair:
    """One step of Newton's method, halved until it does not make the fit worse."""
    guess = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
    slope = columns.T @ (guess - wanted) + RIDGE * np.array([found[0] - 1, 0])
    bend = (columns * (guess * (1 - guess))[:, None]).T @ columns + np.diag([RIDGE, 1e-3])
    step = np.linalg.solve(bend, slope)
    while _misfit(found - step, columns, wanted) > _misfit(found, columns, wanted) and abs(step).max() > 1e-9:
        step = step / 2
    return found - step


def _misfit(found: Pair, columns: Pair, wanted: Pair) -> float:
    odds = columns @ found
    return float((np.logaddexp(0, odds) - wanted * odds).sum() + RIDGE / 2 * (found[0] - 1) ** 2)


def length_allowance(tables: Scores, rows: Sequence[Row], side: Side) -> float:
    """The smallest allowance at which the worst of harmless long text looks no worse than that of short."""
    harmless = [row for row in rows if not row.unsafe]
    limit = np.quantile(scored(tables, [row.text for row in harmless], side).highest[:, -1], _RARE)
    long = scored(tables, [text for size in LONG for text in joined(harmless, size, _JOINED)], side)
    for length in _LENGTHS:
        if np.quantile(long.highest[:, -1] - length * np.log(long.windows), _RARE) <= limit:
            return float(length)
    return float(_LENGTHS[-1])


def joined(rows: Sequence[Row], size: int, count: int) -> list[str]:
    """Long texts of about this many characters, each of rows in one language, always drawn alike."""
    random = np.random.default_rng(size)
    texts = []
    for index in range(count):
        language = rows[int(random.integers(len(rows)))].lang
        pool = [row.text for row in rows if row.lang == language]
        pieces: list[str] = []
        while sum(map(len, pieces)) < size:
            pieces.append(pool[int(random.integers(len(pool)))])
        texts.append("\n".join(pieces)[:size])
    return texts
