"""The whole training, from labelled rows to written weights and thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safety.checks.circumvention import Circumventing, read_circumventing
from safety.checks.classifier import category_scores
from safety.checks.encoder import LANGUAGES as ENGLISH
from safety.checks.encoder import SecondTier, has_second_tier, load_second_tier
from safety.checks.tables import LABELS, SIDES, Calibration, Floats, Table, Tables, load_tables
from safety.train.calibrating import calibrated
from safety.train.circumvention import (
    NAME,
    circumvention_file,
    circumvention_rows,
    train_circumvention,
)
from safety.train.contrast import contrast_rows
from safety.train.examples import is_learnt, post_examples, prompt_examples
from safety.train.fitting import Fitting, fit
from safety.train.rows import LANGUAGES, Row, read_rows
from safety.train.thresholds import CIRCUMVENTION, TARGETS, Limit, choose, choose_one, write_thresholds
from safety.train.writing import harm_files, letters_file, rounded, write_weights
from safety.types import Category, Side, Text
from safety.weights import read_manifest


@dataclass(frozen=True, slots=True)
class Data:
    """Rows to learn from, and rows to calibrate and choose thresholds on."""

    train: Sequence[Row]
    dev: Sequence[Row]


def read_data(folder: Path, *, without: Sequence[str] = ()) -> Data:
    """The folder's train/ (less some sets) and dev/ in the languages that are judged, with our own rows."""
    splits = {name: [*read_rows(folder / name), *contrast_rows(name)] for name in ("train", "dev")}
    kept = {name: [row for row in rows if is_learnt(row)] for name, rows in splits.items()}
    return Data([row for row in kept["train"] if row.source not in without], kept["dev"])


def train(data: Data, *, weights: Path, thresholds: Path, seed: int = 1) -> Tables:
    """Learn and calibrate the tables, write them and the thresholds; the same seed gives the same bytes.

    An encoder in that folder belonged to other tables and is no longer named: `encoder` joins it to these.
    """
    how = Fitting(seed=seed)
    tables = {
        "prompt": rounded(fit(prompt_examples(data.train), how)),
        "post": rounded(fit(post_examples(data.train), how)),
    }
    circumventing = train_circumvention(data.train, data.dev, how)
    harm = harm_files(tables, _calibration(tables, data.dev))
    letters = letters_file(row.text for row in data.train)
    write_weights(weights, harm | circumvention_file(circumventing) | letters)
    choose_thresholds(data.dev, weights=weights, thresholds=thresholds)
    return load_tables(weights)


def choose_thresholds(dev: Sequence[Row], *, weights: Path, thresholds: Path) -> None:
    """Write the thresholds of the weights in this folder."""
    manifest = read_manifest(weights)
    tables = load_tables(weights)
    second = load_second_tier(manifest) if has_second_tier(manifest) else None
    limits: dict[tuple[str, Side], Mapping[Category, Limit]] = {
        ("classifier", side): choose(*_harmless(tables, second, dev, side), TARGETS[side]) for side in SIDES
    }
    circumventing = read_circumventing(manifest)
    limits["circumvention", "prompt"] = {NAME: _limit_of(circumventing, dev)}
    write_thresholds(thresholds, limits)


def _limit_of(model: Circumventing, dev: Sequence[Row]) -> Limit:
    rows = [row for row in circumvention_rows(dev) if not row.unsafe]
    odds = np.array([model.log_odds(row.text) for row in rows])
    return choose_one(1 / (1 + np.exp(-odds)), CIRCUMVENTION)


def dev_rows(rows: Sequence[Row], side: Side) -> list[Row]:
    """The dev rows that a side is calibrated on; long harmless texts stand in for the responses we lack."""
    if side == "response":
        return [row for row in rows if row.side == "response" or (not row.unsafe and len(row.text) > 200)]
    return [row for row in rows if row.side == side]


def _calibration(tables: Mapping[str, Table], dev: Sequence[Row]) -> dict[Side, Calibration]:
    plain = Calibration(np.ones(len(LABELS), np.float32), np.zeros(len(LABELS), np.float32), 0.0)
    unscaled = Tables(tables["prompt"], tables["post"], dict.fromkeys(SIDES, plain), LANGUAGES, "training")
    found: dict[Side, Calibration] = {side: calibrated(unscaled, dev_rows(dev, side), side) for side in SIDES}
    # Responses carry no categories in the data: their kinds of harm are weighed as those of prompts are.
    found["response"] = _with_categories_of(found["response"], found["prompt"])
    return found


def _with_categories_of(response: Calibration, prompt: Calibration) -> Calibration:
    scale, shift = prompt.scale.copy(), prompt.shift.copy()
    scale[-1], shift[-1] = response.scale[-1], response.shift[-1]
    return replace(response, scale=scale, shift=shift)


def _harmless(
    tables: Tables, second: SecondTier | None, dev: Sequence[Row], side: Side
) -> tuple[NDArray[np.floating], list[frozenset[str]]]:
    rows = [row for row in dev_rows(dev, side) if not row.unsafe]
    scores: list[Floats] = [
        category_scores(tables, Text(row.text, side), second if row.lang in ENGLISH else None) for row in rows
    ]
    return np.stack(scores), [_groups(row) for row in rows]


def _groups(row: Row) -> frozenset[str]:
    """Its language and, for our own talk, also that: it must be spared, however few there are of it."""
    return frozenset({row.lang, "talk"} if row.source == "talk" else {row.lang})
