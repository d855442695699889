"""The weights of a folder: which safetensors files belong to it, and whether they are all there and whole."""

import hashlib
import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from model.catalog import weight_files
from model.types import ModelError

INDEX = "model.safetensors.index.json"
HASHES = "SHA256SUMS"
"""The files of a checkpoint with their sha256, as `sha256sum` writes and checks them."""


def check_weights(folder: Path) -> None:
    """Raise ModelError unless all of the folder's safetensors files are there and whole.

    Reads only heads, but everything where the folder records hashes, as the bundled checkpoint does.
    """
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
    if (folder / HASHES).is_file():
        _check_hashes(folder, paths)


def record_hashes(folder: Path) -> None:
    """Write down the sha256 of every file of a checkpoint that is to be shipped."""
    paths = sorted(path for path in folder.iterdir() if path.name != HASHES)
    lines = (f"{_sha256(path)}  {path.name}\n" for path in paths)
    (folder / HASHES).write_text("".join(lines), encoding="utf-8")


def _check_hashes(folder: Path, weights: list[Path]) -> None:
    lines = (folder / HASHES).read_text(encoding="utf-8").splitlines()
    parted = (line.partition("  ") for line in lines)
    recorded = {name: digest for digest, _, name in parted if name}
    for path in sorted({*weights, *(folder / name for name in recorded)}):
        if path.name not in recorded:
            raise ModelError(f"{path} has no hash in {HASHES}; it is not a file of this checkpoint.")
        if not path.is_file() or (found := _sha256(path)) != recorded[path.name]:
            what = f"has the sha256 {found}" if path.is_file() else "is missing"
            raise ModelError(
                f"{path} {what}; {HASHES} says {recorded[path.name]}. Install Bezel's files again."
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _check_whole(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"{path} is missing; its index names it, so the checkpoint is not complete.")
    try:
        with safe_open(path, framework="np") as weights:
            weights.keys()
    except (SafetensorError, OSError):
        size = path.stat().st_size
        raise ModelError(f"{path} is damaged or cut short at {size:,} bytes; download it again.") from None
