"""The checkpoints Bezel knows, from catalog.toml, and how to describe any other id, folder or adapter."""

import hashlib
import json
import tomllib
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from model.downloads import snapshot_of
from model.types import Checkpoint, ModelError

DEMO = "bezel-demo"
"""The id of the bundled checkpoint."""
DEMO_FOLDER = Path(__file__).parent / "demo" / "weights"
FAMILIES = {
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "gemma4": "gemma4",
    "gemma4_text": "gemma4",
    "gemma4_unified": "gemma4",
    "gemma4_unified_text": "gemma4",
}
"""The architectures that are served: `model_type` of a configuration, and what Bezel calls it."""
ADAPTER = "adapter_config.json"

_FACTS = Path(__file__).parent / "catalog.toml"
_OTHER_LICENCE = "as its model card says"


def known() -> tuple[str, ...]:
    """Give the ids of the catalogue, the bundled checkpoint first."""
    return (DEMO, *_catalogue())


def describe(source: str, *, is_hashed: bool = True) -> Checkpoint:
    """Describe a catalogue id, another Hugging Face id, a folder or an adapter, without loading its weights.

    The revision of a folder is the hash of its weights, which takes seconds for large ones and can be left
    out; of an id it is "main" until the checkpoint is loaded.
    Raises ModelError for a folder that is missing, has no config.json or is no Gemma, and for other words.
    """
    if is_folder(source):
        folder = folder_of(source)
        described = _describe_files(source, folder)
        return replace(described, revision=_hash_of(weight_files(folder))) if is_hashed else described
    if source in _catalogue():
        return _catalogue()[source]
    if source.count("/") != 1 or not all(source.split("/")):
        raise ModelError(_unknown(source))
    snapshot = snapshot_of(source)
    if snapshot is not None:
        return replace(_describe_files(source, snapshot), title=source, page=_page(source))
    return Checkpoint(source, "main", source, _OTHER_LICENCE, 8_192, page=_page(source))


def require_chat(checkpoint: Checkpoint) -> None:
    """Raise ModelError for a checkpoint that judges and must not answer people."""
    if checkpoint.kind == "judge":
        raise ModelError(
            f"{checkpoint.title} judges texts and does not chat; choose one that chats as BEZEL_MODEL."
        )


def shape_of(checkpoint: Checkpoint) -> dict[str, Any] | None:
    """Give the configuration of a checkpoint's text part, or of what it adapts; None where none is here."""
    source = checkpoint.adapts or checkpoint.id
    if source in _catalogue():
        return dict(_shapes()[source])
    folder = place_of(source)
    return None if folder is None else text_part(_read_json(folder / "config.json"))


def place_of(source: str) -> Path | None:
    """Give the folder of this machine that holds `source`; None for an id that is not downloaded."""
    return folder_of(source) if is_folder(source) else snapshot_of(source)


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
    if not path.is_file():
        raise ModelError(f"{source!r} has no config.json; it must be a folder of a checkpoint.")
    return _read_json(path)


def text_part(config: dict[str, Any]) -> dict[str, Any]:
    """Give the configuration of the text part, which is all of it where a checkpoint reads text alone."""
    text = config.get("text_config")
    if not isinstance(text, dict):
        return config
    return {"model_type": f"{config.get('model_type')}_text", **text}


def context_length_of(config: dict[str, Any]) -> int:
    """Give max_position_embeddings, of the text part where there are several; 8,192 where none says."""
    length = text_part(config).get("max_position_embeddings", 8_192)
    return length if isinstance(length, int) and length > 0 else 8_192


def weight_files(folder: Path) -> list[Path]:
    """Give a folder's safetensors files by name."""
    return sorted(folder.glob("*.safetensors"))


def _unknown(source: str) -> str:
    """Say what would be right, with the ids of the catalogue that look most like this one."""
    names = {name.rsplit("/")[-1].lower(): name for name in known()}
    near = [names[name] for name in get_close_matches(source.rsplit("/")[-1].lower(), names, n=3)]
    return (
        f"{source!r} is no checkpoint of the catalogue; it must be one, "
        f"{'such as' if not near else 'perhaps'} {', '.join(near or known()[:3])}, another owner/name id of "
        "Hugging Face, or a folder (written with / or ./ in front). `python app.py doctor` lists them."
    )


def _describe_files(source: str, folder: Path) -> Checkpoint:
    """Describe what lies in a folder, its revision aside."""
    if (folder / ADAPTER).is_file() and not (folder / "config.json").is_file():
        return _describe_adapter(source, folder)
    if not (folder / "config.json").is_file():
        raise ModelError(f"{source!r} has no config.json; it must be a folder of a checkpoint.")
    config = _read_json(folder / "config.json")
    context_length = context_length_of(config)
    family = FAMILIES.get(str(config.get("model_type")))
    if family is None:
        raise ModelError(
            f"{source!r} cannot be loaded as a Gemma chat checkpoint: its architecture is "
            f"{config.get('model_type')!r}, and Bezel serves {', '.join(dict.fromkeys(FAMILIES.values()))}."
        )
    if source == DEMO:
        return Checkpoint(
            DEMO, "main", "Bezel demo", "Apache-2.0", context_length, is_demo=True, family=family
        )
    return Checkpoint(
        source,
        "main",
        folder.resolve().name,
        _OTHER_LICENCE,
        context_length,
        kind="chat" if _has_template(folder) else "base",
        family=family,
    )


def _describe_adapter(source: str, folder: Path) -> Checkpoint:
    base = _read_json(folder / ADAPTER).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ModelError(f"{folder / ADAPTER} names no base; it must say base_model_name_or_path.")
    if is_folder(base) and (folder_of(base) / ADAPTER).is_file():
        raise ModelError(
            f"{source!r} adapts {base!r}, which is an adapter itself; it must adapt a checkpoint."
        )
    below = describe(base, is_hashed=False)
    title = f"{folder.resolve().name} on {below.title}"
    return replace(below, id=source, revision="main", title=title, is_demo=False, page=None, adapts=base)


def _has_template(folder: Path) -> bool:
    """Tell whether a chat template lies in the folder, in one of the three places that transformers reads."""
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    path = folder / "tokenizer_config.json"
    return path.is_file() and bool(_read_json(path).get("chat_template"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"{path} cannot be read; it must be a checkpoint's configuration in JSON.") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no JSON object; it must be a checkpoint's configuration.")
    return config


def _page(source: str) -> str:
    return f"https://huggingface.co/{source}"


@cache
def _facts() -> dict[str, Any]:
    return tomllib.loads(_FACTS.read_text(encoding="utf-8"))


@cache
def _shapes() -> dict[str, dict[str, Any]]:
    """The configuration of each checkpoint of the catalogue, by id."""
    shapes = {
        name: {field: value for field, value in shape.items() if field != "parameters"}
        for name, shape in _facts()["shapes"].items()
    }
    return {row["id"]: shapes[row["shape"]] for group in _facts()["groups"] for row in group["checkpoints"]}


@cache
def _catalogue() -> dict[str, Checkpoint]:
    return {
        row["id"]: _listed(row, group["licence"], is_gated=group["is_gated"])
        for group in _facts()["groups"]
        for row in group["checkpoints"]
    }


def _listed(row: dict[str, Any], licence: str, *, is_gated: bool) -> Checkpoint:
    shape = _facts()["shapes"][row["shape"]]
    return Checkpoint(
        row["id"],
        "main",
        row["title"],
        licence,
        shape["max_position_embeddings"],
        kind=row["kind"],
        family=FAMILIES[shape["model_type"]],
        is_gated=is_gated,
        page=_page(row["id"]),
        parameters=shape["parameters"],
    )


def _hash_of(files: list[Path]) -> str:
    """Give the first 12 hex digits of the SHA-256 over the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]
