"""Fits how the encoder's log-odds join those of the first tier, on English dev rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from safety.checks.encoder import LANGUAGES, STACKING_FILE, Encoder, Stacking
from safety.checks.features import fold
from safety.checks.tables import LABELS, SIDES, Floats, Tables
from safety.train.calibrating import length_allowance, logistic
from safety.train.rows import Row
from safety.train.training import dev_rows
from safety.types import Side

EVEN = (0.5, 0.5)
"""What both tiers count for where the rows of a label say nothing."""


@dataclass(frozen=True, slots=True)
class Suspected:
    """The encoder with the first tier, which chooses what of a long text it reads."""

    tables: Tables
    encoder: Encoder

    def highest(self, folded: str, side: Side) -> tuple[Floats, int]:
        """The encoder's highest log-odds, and how many parts the text has."""
        return self.encoder.highest(folded, side, self.tables.by_window(folded, side)[:, -1])


def fitted(tables: Tables, encoder: Encoder, dev: Sequence[Row]) -> dict[Side, Stacking]:
    """A stacking for each side; responses carry no categories in the data, so theirs are those of prompts."""
    english = [row for row in dev if row.lang in LANGUAGES]
    suspected = Suspected(tables, encoder)
    found = {side: _fitted(suspected, dev_rows(english, side), side) for side in SIDES}
    prompt, response = found["prompt"], found["response"]
    scales, shift = prompt.scales.copy(), prompt.shift.copy()
    scales[:, -1], shift[-1] = response.scales[:, -1], response.shift[-1]
    return found | {"response": Stacking(scales, shift, response.length)}


def _fitted(suspected: Suspected, rows: Sequence[Row], side: Side) -> Stacking:
    length = length_allowance(suspected, rows, side)
    odds = np.stack([_odds(suspected, fold(row.text), side, length) for row in rows])
    targets = np.array([row.targets for row in rows])
    found = np.array([_weighed(odds[:, :, label], targets[:, label]) for label in range(len(LABELS))])
    return Stacking(found[:, :2].T.astype(np.float32), found[:, 2].astype(np.float32), length)


def _odds(suspected: Suspected, folded: str, side: Side, length: float) -> Floats:
    """The first tier's calibrated log-odds and the encoder's: two rows, a column a label."""
    by_window = suspected.tables.by_window(folded, side)
    first = suspected.tables.calibration[side].odds(by_window.max(axis=0), len(by_window))
    highest, parts = suspected.encoder.highest(folded, side, by_window[:, -1])
    return np.stack([first, highest - length * np.log(parts)])


def _weighed(odds: Floats, targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """What both tiers count for, never less than nothing, and the shift."""
    found = logistic(odds, targets, EVEN)
    return np.array([*np.maximum(found[:2], 0), found[2]])


def stacking_file(stackings: Mapping[Side, Stacking]) -> dict[str, bytes]:
    """The content of the file of stackings."""
    tensors: dict[str, Floats] = {}
    for side, one in stackings.items():
        tensors[f"{side}.scales"] = np.ascontiguousarray(one.scales)
        tensors[f"{side}.shift"] = one.shift
        tensors[f"{side}.length"] = np.array([one.length], dtype=np.float32)
    return {STACKING_FILE: save(tensors)}
