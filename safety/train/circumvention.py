"""Trains the check of attempts to get round the rules: one label, on prompts known to be one or not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from safety.checks.circumvention import FILE, Circumventing
from safety.checks.tables import Calibration
from safety.train.calibrating import length_allowance, platt, scored
from safety.train.examples import OWN_WEIGHT, examples_of
from safety.train.fitting import Fitting, fit
from safety.train.rows import LANGUAGES, Row
from safety.train.writing import rounded
from safety.types import Category

NAME: Category = "circumvention"


def circumvention_rows(rows: Sequence[Row]) -> list[Row]:
    """The prompts that are an attempt or are known to be none."""
    return [row for row in rows if row.side == "prompt" and row.lang in LANGUAGES and is_known(row)]


def is_known(row: Row) -> bool:
    """Whether it is known of this row; requests for harm that say nothing of it are left out."""
    return NAME in row.known or not row.unsafe


def is_attempt(row: Row) -> bool:
    """Whether the row is an attempt to get round the rules."""
    return NAME in row.categories


def train_circumvention(train: Sequence[Row], dev: Sequence[Row], how: Fitting) -> Circumventing:
    """The table learnt from `train`, calibrated on `dev`."""
    rows = circumvention_rows(train)
    table = fit(examples_of(rows, _targets, lambda row: OWN_WEIGHT if row.source == NAME else 1.0), how)
    plain = Calibration(np.ones(1, np.float32), np.zeros(1, np.float32), 0.0)
    model = Circumventing(rounded(table), plain)
    return replace(model, calibration=_calibrated(model, circumvention_rows(dev)))


def circumvention_file(model: Circumventing) -> dict[str, bytes]:
    """The content of the weight file."""
    tensors: dict[str, NDArray[np.floating]] = {
        "weights": model.table.weights.astype(np.float16),
        "biases": model.table.biases.astype(np.float32),
        "scale": model.calibration.scale,
        "shift": model.calibration.shift,
        "length": np.array([model.calibration.length], dtype=np.float32),
    }
    return {FILE: save(tensors)}


def _targets(row: Row) -> tuple[float, ...]:
    return (float(is_attempt(row)),)


def _calibrated(model: Circumventing, rows: Sequence[Row]) -> Calibration:
    length = length_allowance(model, rows, "prompt")
    scores = scored(model, [row.text for row in rows], "prompt")
    odds = scores.highest[:, 0] - length * np.log(scores.windows)
    scale, shift = platt(odds, np.array([float(is_attempt(row)) for row in rows]))
    return Calibration(np.array([scale], np.float32), np.array([shift], np.float32), length)
