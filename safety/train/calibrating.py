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


Numbers = NDArray[np.float64]


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
    """Scale and shift that make log-odds fit the known targets, after Platt (1999)."""
    scale, shift = logistic(odds[:, None], targets, (1.0,))
    return max(float(scale), 0.05), float(shift)


def logistic(
    odds: NDArray[np.floating], targets: NDArray[np.floating], usual: Sequence[float]
) -> NDArray[np.float64]:
    """A scale for each column of log-odds, held near its `usual` one, then a shift, by Newton's method.

    With Platt's smoothed targets; where only one kind of row is known, the scales stay as usual.
    """
    known = targets >= 0
    values, wanted = odds[known].astype(np.float64), targets[known]
    positive, negative = (wanted == 1).sum(), (wanted == 0).sum()
    if not positive or not negative:
        return np.array([*usual, 0.0])
    wanted = np.where(wanted == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    found = np.array([*usual, np.log(positive / negative) - np.median(values @ np.array(usual))])
    fit = _Fit(np.column_stack([values, np.ones(len(values))]), wanted, np.array([*usual, 0.0]))
    for _ in range(100):
        found = fit.better(found)
    return found


@dataclass(frozen=True, slots=True)
class _Fit:
    """Rows and what is wanted of them; the scales are held to the usual ones, the shift is free."""

    columns: Numbers
    wanted: Numbers
    usual: Numbers

    @property
    def _hold(self) -> Numbers:
        return np.array([*[RIDGE] * (len(self.usual) - 1), 0.0])

    def better(self, found: Numbers) -> Numbers:
        """One step of Newton's method, halved until it does not make the fit worse."""
        guess = 1 / (1 + np.exp(-np.clip(self.columns @ found, -30, 30)))
        slope = self.columns.T @ (guess - self.wanted) + self._hold * (found - self.usual)
        bend = (self.columns * (guess * (1 - guess))[:, None]).T @ self.columns
        step = np.linalg.solve(bend + np.diag(np.maximum(self._hold, 1e-3)), slope)
        while self._misfit(found - step) > self._misfit(found) and abs(step).max() > 1e-9:
            step = step / 2
        return found - step

    def _misfit(self, found: Numbers) -> float:
        odds = self.columns @ found
        held = (self._hold / 2 * (found - self.usual) ** 2).sum()
        return float((np.logaddexp(0, odds) - self.wanted * odds).sum() + held)


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
