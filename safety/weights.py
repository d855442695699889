"""Reads weights as they were trained: a manifest names every file and its sha256; nothing else is read."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as read_tensors

from safety.types import SafetyError

WEIGHTS = Path(__file__).parent / "checks" / "weights"
MANIFEST = "weights.json"

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was trained, and by which hash each file is known."""

    folder: Path
    version: str
    features: str
    languages: tuple[str, ...]
    files: Mapping[str, str]

    def content(self, name: str) -> bytes:
        """The bytes of one file; SafetyError where it is missing or is not the one trained."""
        if name not in self.files:
            raise SafetyError(f"The weights' {MANIFEST} names no file {name!r}; train the weights anew.")
        content = _content(self.folder / name)
        found = hashlib.sha256(content).hexdigest()
        if found != self.files[name]:
            raise SafetyError(f"The weights {name} have sha256 {found}; it must be {self.files[name]}.")
        return content

    def tensors(self, name: str) -> Tensors:
        """The tensors of one file; SafetyError where it is missing or is not the one trained."""
        content = self.content(name)
        try:
            return read_tensors(content)
        except SafetensorError as error:
            raise SafetyError(f"The weights {name} are not safetensors ({error}).") from None

    def fingerprint(self, names: Iterable[str]) -> str:
        """The first 12 hex digits of the sha256 over the hashes of these files."""
        hashes = "".join(sorted(self.files[name] for name in names))
        return hashlib.sha256(hashes.encode()).hexdigest()[:12]


def read_manifest(folder: Path = WEIGHTS) -> Manifest:
    """The manifest of a folder of weights; SafetyError where it cannot be used."""
    try:
        fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise SafetyError(f"The weights' {MANIFEST} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise SafetyError(f"The weights' {MANIFEST} is not JSON ({error}).") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("files"), dict):
        raise SafetyError(f"The weights' {MANIFEST} must be an object that names its files.")
    languages = fields.get("languages")
    if not isinstance(languages, list):
        raise SafetyError(f"The weights' {MANIFEST} must list its languages.")
    return Manifest(
        folder=folder,
        version=str(fields.get("version")),
        features=str(fields.get("features")),
        languages=tuple(map(str, languages)),
        files={str(name): str(digest) for name, digest in fields["files"].items()},
    )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SafetyError(f"The weights {file.name} cannot be read ({error.strerror}).") from None
