"""Loading once torch is there: read a folder or a Hugging Face id, and say plainly what is wrong with it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from model import catalog
from model.faults import why
from model.loading import Loaded
from model.types import Checkpoint, ModelError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
SMALL = 100_000_000
"""On a CPU, auto reads checkpoints of fewer weights than this as float32, others as bfloat16."""
TURN_TOKENS = ("<start_of_turn>", "<end_of_turn>")
FAULTS = (OSError, ValueError, TypeError, RuntimeError, LookupError, MemoryError, SafetensorError)
"""What transformers and safetensors raise for files that are missing, broken or of another kind."""


def read_checkpoint(source: str, *, device: str, precision: str, token: str | None) -> Loaded:
    """See model.loading.load."""
    if precision not in ("auto", *PRECISIONS):
        raise ModelError(f"precision is {precision!r}; it must be auto, float32, bfloat16 or float16.")
    where = _device(device)
    checkpoint = catalog.describe(source)
    is_folder = catalog.is_folder(source)
    if is_folder:
        _check_weights(catalog.folder_of(source))
    place = str(catalog.folder_of(source)) if is_folder else source
    options: dict[str, Any] = {"token": token, "local_files_only": is_folder, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(place, **options)
        tokenizer = AutoTokenizer.from_pretrained(place, **options)
        _check_turns(source, tokenizer)
        dtype = _precision(config, precision, where)
        model = _read_model(source, place, config, options | {"dtype": dtype}).to(where)
    except FAULTS as fault:
        raise ModelError(why(source, fault, has_token=bool(token))) from fault
    return Loaded(model, tokenizer, _pinned(checkpoint, config, is_folder=is_folder))


def _read_model(source: str, place: str, config: Any, options: dict[str, Any]) -> Any:
    # Scaled-dot-product attention has no softcapping, so Gemma 2 would be wrong with it.
    attention = "eager" if config.model_type == "gemma2" else "sdpa"
    read: Any = AutoModelForCausalLM.from_pretrained
    model, found = read(
        place,
        config=config,
        use_safetensors=True,
        attn_implementation=attention,
        output_loading_info=True,
        **options,
    )
    if missing := sorted(found["missing_keys"]):
        raise ModelError(
            f"{source!r} lacks {len(missing)} of its weights, {missing[0]} for one; download it again."
        )
    return model.eval()


def _pinned(checkpoint: Checkpoint, config: Any, *, is_folder: bool) -> Checkpoint:
    """Say what was really read: an id's commit, and the context length of its configuration."""
    context_length = catalog.context_length_of(config.to_dict())
    revision = checkpoint.revision if is_folder else getattr(config, "_commit_hash", None)
    return replace(checkpoint, revision=revision or checkpoint.revision, context_length=context_length)


def _device(name: str) -> torch.device:
    has_cuda = torch.cuda.is_available()
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if has_cuda else "mps" if has_mps else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ModelError(f"device is {name!r}; it must be auto, cpu, mps, cuda or cuda:N.") from None
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(has_mps)}.get(device.type, 0)
    if (device.index or 0) >= count:
        raise ModelError(f"device is {name!r}, which this machine lacks; auto takes what is there.")
    return device


def _precision(config: Any, name: str, device: torch.device) -> torch.dtype:
    if name != "auto":
        return PRECISIONS[name]
    if device.type == "cuda":
        return torch.bfloat16
    build: Any = AutoModelForCausalLM.from_config
    with torch.device("meta"):
        size = build(config).num_parameters()
    return torch.float32 if size < SMALL else torch.bfloat16


def _check_turns(source: str, tokenizer: Any) -> None:
    known = tokenizer.get_vocab()
    lacking = [name for name in TURN_TOKENS if name not in known]
    if lacking:
        raise ModelError(
            f"The tokenizer of {source!r} lacks {' and '.join(lacking)}; it must be a chatting Gemma's."
        )
    if not tokenizer.chat_template:
        raise ModelError(f"The tokenizer of {source!r} has no chat template; an -it checkpoint has one.")


def _check_weights(folder: Path) -> None:
    """Raise ModelError unless the folder's safetensors files are all there and whole."""
    paths = catalog.weight_files(folder)
    index = folder / "model.safetensors.index.json"
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
        with safe_open(path, framework="pt") as weights:
            weights.keys()
    except (SafetensorError, OSError):
        size = path.stat().st_size
        raise ModelError(f"{path} is damaged or cut short at {size:,} bytes; download it again.") from None
