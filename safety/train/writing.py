"""Writes tables as safetensors of 16-bit numbers, with the manifest by which they are trusted."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from safety import letters
from safety.checks import features
from safety.checks.tables import POST_FILE, PROMPT_FILE, Calibration, Table
from safety.train.rows import LANGUAGES
from safety.types import Side
from safety.weights import MANIFEST

WEIGHTS_VERSION = "1"


def rounded(table: Table) -> Table:
    """The table as it will be read back, so that it is calibrated as it is used."""
    return Table(table.weights.astype(np.float16).astype(np.float32), table.biases)


def write_weights(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write each file and, for them all, the manifest with their sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    manifest = {
        "version": WEIGHTS_VERSION,
        "features": features.VERSION,
        "languages": list(LANGUAGES),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def add_weights(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write these files beside those that are there, and name them in the manifest."""
    manifest = folder / MANIFEST
    fields = json.loads(manifest.read_text(encoding="utf-8"))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        fields["files"][name] = hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")


def drop_weights(folder: Path, names: Iterable[str]) -> None:
    """Take these files away and out of the manifest."""
    manifest = folder / MANIFEST
    fields = json.loads(manifest.read_text(encoding="utf-8"))
    for name in names:
        (folder / name).unlink(missing_ok=True)
        del fields["files"][name]
    manifest.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")


def harm_files(tables: Mapping[str, Table], calibration: Mapping[Side, Calibration]) -> dict[str, bytes]:
    """The contents of `prompt.safetensors` and `post.safetensors`."""
    return {
        PROMPT_FILE: _content(tables["prompt"], calibration, ("prompt", "response")),
        POST_FILE: _content(tables["post"], calibration, ("post",)),
    }


def letters_file(texts: Iterable[str]) -> dict[str, bytes]:
    """The content of `letters.safetensors`, counted in these texts."""
    return {letters.FILE: save(letters.counted(texts))}


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
