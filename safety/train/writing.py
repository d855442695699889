"""Writes tables as safetensors of 16-bit numbers, with the manifest by which they are trusted."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from safety.checks import features
from safety.checks.tables import MANIFEST, Calibration, Table
from safety.train.rows import LANGUAGES
from safety.types import Side

WEIGHTS_VERSION = "1"


def rounded(table: Table) -> Table:
    """The table as it will be read back, so that it is calibrated as it is used."""
    return Table(table.weights.astype(np.float16).astype(np.float32), table.biases)


def write_tables(folder: Path, tables: Mapping[str, Table], calibration: Mapping[Side, Calibration]) -> None:
    """Write `prompt.safetensors`, `post.safetensors` and the manifest with their sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "prompt.safetensors": _content(tables["prompt"], calibration, ("prompt", "response")),
        "post.safetensors": _content(tables["post"], calibration, ("post",)),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    manifest = {
        "version": WEIGHTS_VERSION,
        "features": features.VERSION,
        "languages": list(LANGUAGES),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _content(table: Table, calibration: Mapping[Side, Calibration], sides: tuple[Side, ...]) -> bytes:
    tensors: dict[str, NDArray[np.floating]] = {
        "weights": table.weights.astype(np.float16),
        "biases": table.biases.astype(np.float32),
    }
    for side in sides:
        tensors[f"{side}.scale"] = calibration[side].scale.astype(np.float32)
        tensors[f"{side}.shift"] = calibration[side].shift.astype(np.float32)
        tensors[f"{side}.length"] = np.array([calibration[side].length], dtype=np.float32)
    return save(tensors)
