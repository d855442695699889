"""The classifier's weights: how they lie in files, and what they give to bags of n-grams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from safety.checks import features
from safety.types import Category, SafetyError, Side
from safety.weights import Manifest, Tensors, read_manifest

CATEGORIES: tuple[Category, ...] = get_args(Category)
SIDES: tuple[Side, ...] = get_args(Side)
LABELS = (*CATEGORIES, "any")
"""What a table scores, a column each; `any` is harm of any kind."""
PROMPT_LABELS = (*LABELS, "any_response")
"""The prompts' table has a last column for harm of any kind in a response."""
PROMPT_FILE, POST_FILE = "prompt.safetensors", "post.safetensors"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns a side's log-odds into probabilities; a label each, in the order of LABELS."""

    scale: Floats
    shift: Floats
    length: float
    """What is taken off for many windows, times the logarithm of their number: each is a chance to err."""

    def odds(self, highest: Floats, windows: int) -> Floats:
        """Calibrated log-odds, from the highest over so many windows."""
        odds: Floats = self.scale * (highest - self.length * np.log(windows)) + self.shift
        return odds

    def probabilities(self, highest: Floats, windows: int) -> Floats:
        """From the highest log-odds over so many windows."""
        odds = self.odds(highest, windows)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Table:
    """Weights: one row a bucket, one column a label, and a bias per label."""

    weights: Floats
    biases: Floats

    def log_odds(self, bags: Sequence[features.Buckets]) -> Floats:
        """One row a bag, one column a label: its buckets' weights, summed, over the root of their number."""
        scores = np.empty((len(bags), len(self.biases)), dtype=np.float32)
        for row, bag in enumerate(bags):
            scores[row] = self.weights[bag].sum(axis=0) / np.sqrt(max(len(bag), 1))
        return scores + self.biases


@dataclass(frozen=True, slots=True)
class Tables:
    """All that the classifier knows. Responses are judged with the prompts' table."""

    prompt: Table
    post: Table
    calibration: Mapping[Side, Calibration]
    languages: tuple[str, ...]
    version: str

    def by_window(self, folded: str, side: Side) -> Floats:
        """The log-odds of each window of a folded text, in the order of `features.windows`, by label."""
        bags = features.bags(folded)
        scores = (self.post if side == "post" else self.prompt).log_odds(bags)
        if side == "response":
            scores[:, len(CATEGORIES)] = scores[:, -1]
        return scores[:, : len(LABELS)]

    def highest(self, folded: str, side: Side) -> tuple[Floats, int]:
        """The highest log-odds over all windows of a folded text, by label, and how many windows."""
        scores = self.by_window(folded, side)
        highest: Floats = scores.max(axis=0)
        return highest, len(scores)


def load_tables(folder: Path) -> Tables:
    """Tables from a folder; SafetyError where a file is missing, is not the one trained, or does not fit."""
    manifest = read_manifest(folder)
    if manifest.features != features.VERSION:
        raise SafetyError(
            f"The classifier's weights were trained for features {manifest.features!r}; "
            f"they must be {features.VERSION!r}."
        )
    try:
        return _tables(manifest, manifest.tensors(PROMPT_FILE), manifest.tensors(POST_FILE))
    except (KeyError, TypeError, ValueError) as error:
        raise SafetyError(f"The classifier's weights do not fit ({error}); train them anew.") from None


def _tables(manifest: Manifest, prompt: Tensors, post: Tensors) -> Tables:
    return Tables(
        prompt=_table(prompt, len(PROMPT_LABELS)),
        post=_table(post, len(LABELS)),
        calibration={
            "prompt": _calibration(prompt, "prompt"),
            "response": _calibration(prompt, "response"),
            "post": _calibration(post, "post"),
        },
        languages=manifest.languages,
        version=f"{manifest.version}-{manifest.fingerprint((PROMPT_FILE, POST_FILE))}",
    )


def _table(tensors: Tensors, labels: int) -> Table:
    weights = tensors["weights"].astype(np.float32)
    biases = tensors["biases"].astype(np.float32)
    if weights.shape != (1 << features.BUCKET_BITS, labels) or biases.shape != (labels,):
        raise ValueError(f"a table has shape {weights.shape}")
    return Table(weights, biases)


def _calibration(tensors: Tensors, side: Side) -> Calibration:
    scale, shift = tensors[f"{side}.scale"], tensors[f"{side}.shift"]
    if scale.shape != (len(LABELS),) or shift.shape != (len(LABELS),):
        raise ValueError(f"the calibration of {side} has shape {scale.shape}")
    return Calibration(scale, shift, float(tensors[f"{side}.length"][0]))
