"""LoRA adapters over a checkpoint: read, fitted in unmerged, and named by a hash.

Unmerged, an adapted layer computes what it computed while it was trained. Merging rounds the sum of both
weights to the precision of the checkpoint, which changes replies in bfloat16 and cannot be done in int8 or
4-bit. The one exception is int8 on a processor: there the adapter is merged in float32, before any rounding.
peft is imported where there is an adapter: it takes two seconds, and most starts need none.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from model import catalog
from model.types import ModelError

WEIGHTS = "adapter_model.safetensors"
_SIGHT = ("vision", "audio", "multi_modal_projector")
"""Parts of a checkpoint that reads pictures and sounds; Bezel serves its text part alone."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA in a folder: what it is called, what it was trained for, and the hash of its files."""

    source: str
    folder: Path
    base: str
    hash: str


def is_adapter(folder: Path) -> bool:
    """Tell whether the folder holds an adapter and no checkpoint."""
    return (folder / catalog.ADAPTER).is_file() and not (folder / "config.json").is_file()


def base_of(source: str, folder: Path) -> str:
    """Give the id or folder that the adapter was trained for; raises ModelError where it is no LoRA."""
    from peft import PeftConfig  # noqa: PLC0415

    if not (folder / catalog.ADAPTER).is_file():
        raise ModelError(f"{source!r} has no {catalog.ADAPTER}; it must be a LoRA as peft saves one.")
    try:
        config: Any = PeftConfig.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        raise ModelError(
            f"{catalog.ADAPTER} of {source!r} cannot be read; it must be one of peft's."
        ) from None
    if str(config.peft_type.value) != "LORA":
        raise ModelError(f"{source!r} is an adapter of kind {config.peft_type.value}; it must be a LoRA.")
    if not config.base_model_name_or_path:
        raise ModelError(f"{source!r} names no base; its {catalog.ADAPTER} must say base_model_name_or_path.")
    return str(config.base_model_name_or_path)


def read_adapter(source: str, folder: Path) -> Adapter:
    """Look at an adapter whose files are all here; raises ModelError for pickled, missing or cut weights."""
    base = base_of(source, folder)
    path = folder / WEIGHTS
    if not path.is_file():
        pickled = " (its .bin file could run code and is not read)" if any(folder.glob("*.bin")) else ""
        raise ModelError(f"{source!r} has no {WEIGHTS}{pickled}; save it with safe_serialization.")
    try:
        with safe_open(path, framework="pt") as weights:
            weights.keys()
    except (SafetensorError, OSError):
        size = path.stat().st_size
        raise ModelError(f"{path} is damaged or cut short at {size:,} bytes; download it again.") from None
    digest = hashlib.sha256((folder / catalog.ADAPTER).read_bytes())
    with path.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return Adapter(source, folder, base, digest.hexdigest()[:12])


def require_same_base(adapter: Adapter, source: str) -> None:
    """Raise ModelError where the adapter names another checkpoint; a path alone proves nothing."""
    if catalog.is_folder(adapter.base) or catalog.is_folder(source) or adapter.base == source:
        return
    raise ModelError(
        f"{adapter.source!r} adapts {adapter.base}, not {source}; choose {adapter.base} as BEZEL_MODEL."
    )


def fit(model: Any, adapter: Adapter, *, mapping: dict[str, str], is_merged: bool) -> Any:
    """Put the adapter into the model, in place; raises ModelError where the two do not fit together.

    `mapping` is how the checkpoint's own names were changed, and so how the adapter's are.
    """
    from peft import PeftConfig, PeftModel  # noqa: PLC0415

    misfit = ModelError(
        f"{adapter.source!r} does not fit this {type(model).__name__}; it adapts {adapter.base}, which must "
        "be what BEZEL_MODEL names."
    )
    config: Any = PeftConfig.from_pretrained(str(adapter.folder), local_files_only=True)
    config.inference_mode = True
    try:
        with warnings.catch_warnings():
            # What peft warns of is looked at below, or is about training.
            warnings.simplefilter("ignore")
            adapted: Any = PeftModel(model, config)
            found = adapted.load_adapter(
                str(adapter.folder),
                "default",
                torch_device=str(model.device),
                key_mapping=mapping or None,
                local_files_only=True,
            )
    except (ValueError, RuntimeError, LookupError, TypeError, AttributeError) as fault:
        raise misfit from fault
    strange = [key for key in found.unexpected_keys if not any(part in key for part in _SIGHT)]
    if found.missing_keys or strange:
        raise misfit
    whole = adapted.merge_and_unload() if is_merged else adapted.get_base_model()
    return whole.eval()
