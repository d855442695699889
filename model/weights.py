"""The weights of a folder: which safetensors files belong to it, and whether they are all there and whole."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from model.catalog import weight_files
from model.types import ModelError

INDEX = "model.safetensors.index.json"


def check_weights(folder: Path) -> None:
    """Raise ModelError unless all of the folder's safetensors files are there and whole; reads only heads."""
    paths = weight_files(folder)
    index = folder / INDEX
    if index.is_file():
        try:
            named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, LookupError, TypeError, AttributeError):
            raise ModelError(f"{index} cannot be read; it must list the weight files in JSON.") from None
        paths = sorted(folder / name for name in named)
    if not paths:
        raise ModelError(f"{folder} holds no safetensors weights; other formats are not read.")
    for path in paths:
        _check_whole(path)


def _check_whole(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"{path} is missing; its index names it, so the checkpoint is not complete.")
    try:
        with safe_open(path, framework="np") as weights:
            weights.keys()
    except (SafetensorError, OSError):
        size = path.stat().st_size
        raise ModelError(f"{path} is damaged or cut short at {size:,} bytes; download it again.") from None
