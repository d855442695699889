"""The checkpoints Bezel knows: their titles, licences and context lengths, and how to describe any other."""

import hashlib
import json
from pathlib import Path
from typing import Any

from model.types import Checkpoint, ModelError

DEMO = "bezel-demo"
"""The id of the bundled checkpoint."""
DEMO_FOLDER = Path(__file__).parent / "demo" / "weights"

_GEMMA_TERMS = "Gemma Terms of Use"
_GEMMAS = {
    "google/gemma-2b-it": ("Gemma 2B Instruct", 8_192),
    "google/gemma-7b-it": ("Gemma 7B Instruct", 8_192),
    "google/gemma-1.1-2b-it": ("Gemma 1.1 2B Instruct", 8_192),
    "google/gemma-1.1-7b-it": ("Gemma 1.1 7B Instruct", 8_192),
    "google/gemma-2-2b-it": ("Gemma 2 2B Instruct", 8_192),
    "google/gemma-2-2b-jpn-it": ("Gemma 2 2B Japanese Instruct", 8_192),
    "google/gemma-2-9b-it": ("Gemma 2 9B Instruct", 8_192),
    "google/gemma-2-27b-it": ("Gemma 2 27B Instruct", 8_192),
    "google/gemma-3-270m-it": ("Gemma 3 270M Instruct", 32_768),
    "google/gemma-3-1b-it": ("Gemma 3 1B Instruct", 32_768),
    "google/gemma-3-4b-it": ("Gemma 3 4B Instruct", 131_072),
    "google/gemma-3-12b-it": ("Gemma 3 12B Instruct", 131_072),
    "google/gemma-3-27b-it": ("Gemma 3 27B Instruct", 131_072),
}
"""Checkpoints that chat; context lengths are max_position_embeddings of their config.json."""


def known() -> tuple[str, ...]:
    """Give the ids of the catalogue, the bundled checkpoint first."""
    return (DEMO, *_GEMMAS)


def describe(source: str) -> Checkpoint:
    """Describe a catalogue id, another Hugging Face id or a local folder, without loading its weights.

    The revision of a folder is the hash of its weights; of an id it is "main" until the checkpoint is loaded.
    Raises ModelError for a folder that is missing or holds no config.json, and for what is neither.
    """
    if is_folder(source):
        return _describe_folder(source)
    if source.count("/") != 1 or not all(source.split("/")):
        choices = ", ".join(known())
        raise ModelError(
            f"{source!r} is not a known checkpoint; it must be one of {choices}, another owner/name id "
            "of Hugging Face, or a folder (written with / or ./ in front)."
        )
    title, context_length = _GEMMAS.get(source, (source, 8_192))
    licence = _GEMMA_TERMS if source in _GEMMAS else "as its model card says"
    return Checkpoint(source, "main", title, licence, context_length)


def is_folder(source: str) -> bool:
    """Tell whether `source` names the bundled checkpoint or a path of this machine, existing or not."""
    return source == DEMO or source.startswith((".", "/", "~")) or (source != "" and Path(source).is_dir())


def folder_of(source: str) -> Path:
    """Give the folder that `source` names; raises ModelError where there is none."""
    folder = DEMO_FOLDER if source == DEMO else Path(source).expanduser()
    if not folder.is_dir():
        raise ModelError(f"{source!r} is not a folder; it must be one that holds a checkpoint.")
    return folder


def read_config(source: str) -> dict[str, Any]:
    """Read a folder's config.json; raises ModelError where it is missing or is not a JSON object."""
    path = folder_of(source) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{source!r} has no config.json; it must be a folder of a checkpoint.") from None
    except (OSError, ValueError):
        raise ModelError(f"{path} cannot be read; it must be a checkpoint's configuration in JSON.") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no JSON object; it must be a checkpoint's configuration.")
    return config


def context_length_of(config: dict[str, Any]) -> int:
    """Give max_position_embeddings, of the text part where there are several; 8,192 where none says."""
    text = config.get("text_config") or config
    length = text.get("max_position_embeddings", 8_192)
    return length if isinstance(length, int) and length > 0 else 8_192


def weight_files(folder: Path) -> list[Path]:
    """Give a folder's safetensors files by name."""
    return sorted(folder.glob("*.safetensors"))


def _describe_folder(source: str) -> Checkpoint:
    context_length = context_length_of(read_config(source))
    folder = folder_of(source)
    revision = _hash_of(weight_files(folder))
    if source == DEMO:
        return Checkpoint(DEMO, revision, "Bezel demo", "Apache-2.0", context_length, is_demo=True)
    return Checkpoint(source, revision, folder.resolve().name, "as its model card says", context_length)


def _hash_of(files: list[Path]) -> str:
    """Give the first 12 hex digits of the SHA-256 over the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]
