"""Loading once torch is there: from an id or a folder to weights that run, or a plain word why not."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import HfHubHTTPError, StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from model import catalog
from model.adapters import Adapter, base_of, fit, is_adapter, read_adapter, require_same_base
from model.devices import device_of
from model.faults import why
from model.fetching import fetch_description, fetch_weights
from model.int8 import as_int8
from model.loading import Loaded
from model.machine import this_machine
from model.needs import size_of
from model.presets import Choice, Subject, Wish, choose
from model.progress import OnProgress, Progress
from model.shards import told
from model.types import Checkpoint, ModelError
from model.weights import check_weights

log = logging.getLogger("bezel.model")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
TURNS = (("<start_of_turn>", "<end_of_turn>"), ("<|turn>", "<turn|>"))
"""What opens and closes a turn: in Gemma 1 to 3, and in Gemma 4."""
TEXT_NAMES = {
    r"^(?:model\.)?language_model\.lm_head\.": "lm_head.",
    r"^(?:model\.)?language_model\.(?:model\.)?": "model.",
}
"""How the weights of a text part are named in a checkpoint that also sees, and in one that only reads."""
FAULTS = (
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    LookupError,
    ImportError,
    MemoryError,
    SafetensorError,
    HfHubHTTPError,
    StrictDataclassError,
)
"""What transformers, huggingface_hub and safetensors raise for what is missing, broken or of another kind."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be loaded: a checkpoint or an adapter, perhaps an adapter over it, and how."""

    source: str
    adapter: str | None
    wish: Wish
    token: str | None


@dataclass(frozen=True, slots=True)
class _Files:
    """Where the parts lie: the checkpoint's own folder, and the adapter's where there is one."""

    base: str
    folder: Path
    adapter: str | None
    adapter_folder: Path | None


def read_checkpoint(request: Request, on_progress: OnProgress) -> Loaded:
    """See model.loading.load."""
    on_progress(Progress("checking"))
    wish = replace(request.wish, device=str(device_of(request.wish.device)))
    catalog.describe(request.source, is_hashed=False)
    with _plainly(request.source, request.token):
        files = _described_files(request)
    described = catalog.describe(files.base, is_hashed=False)
    with _plainly(files.base, request.token):
        config, tokenizer = _read_description(files, described)
        subject = Subject(
            described.family, size_of(catalog.text_part(catalog.read_config(str(files.folder))))
        )
        choice = choose(wish, subject, this_machine())
        log.info("%s: %s", request.source, choice.sentence)
        adapter = _fetch(files, request.token, on_progress)
        on_progress(Progress("reading", 0.0))
        with told(on_progress):
            model = _read_model(files, config, choice, adapter)
    checkpoint = _pinned(request, files, config, adapter)
    return Loaded(model, tokenizer, checkpoint, choice)


def fetch_whole(source: str, token: str | None) -> Path:
    """Give the folder of a checkpoint of any architecture, with all its safetensors; raises ModelError."""
    with _plainly(source, token):
        folder = fetch_description(source, token)
        fetch_weights(source, folder, token, lambda progress: None)
        check_weights(folder)
    return folder


@contextmanager
def _plainly(source: str, token: str | None) -> Iterator[None]:
    try:
        yield
    except FAULTS as fault:
        raise ModelError(why(source, fault, has_token=bool(token))) from fault


def _described_files(request: Request) -> _Files:
    """Fetch everything but weights; an adapter brings the checkpoint it names."""
    folder = fetch_description(request.source, request.token)
    if not is_adapter(folder):
        if request.adapter is None:
            return _Files(request.source, folder, None, None)
        with _plainly(request.adapter, request.token):
            adapter_folder = fetch_description(request.adapter, request.token)
        base_of(request.adapter, adapter_folder)
        return _Files(request.source, folder, request.adapter, adapter_folder)
    if request.adapter is not None:
        raise ModelError(
            f"{request.source!r} is an adapter already; it cannot take {request.adapter!r} as well."
        )
    base = base_of(request.source, folder)
    with _plainly(base, request.token):
        return _Files(base, fetch_description(base, request.token), request.source, folder)


def _read_description(files: _Files, described: Checkpoint) -> tuple[Any, Any]:
    """Read configuration and tokenizer; raises ModelError for what is no Gemma's."""
    place: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(files.folder, **place)
    if config.model_type not in catalog.FAMILIES:
        raise ModelError(
            f"{files.base!r} cannot be loaded as a Gemma chat checkpoint: its architecture is "
            f"{config.model_type!r}."
        )
    if getattr(config, "quantization_config", None) is not None:
        raise ModelError(
            f"{files.base!r} is stored rounded already; choose what it was made from, and a precision."
        )
    tokenizer: Any = AutoTokenizer.from_pretrained(files.folder, **place)
    if described.kind != "chat":
        # Some base checkpoints come with a template that they were never trained on, and a judge's has gaps.
        tokenizer.chat_template = None
    else:
        _check_turns(files.base, tokenizer)
    return config, tokenizer


def _fetch(files: _Files, token: str | None, on_progress: OnProgress) -> Adapter | None:
    """Fetch what is missing of the weights and look whether they are whole."""
    adapter = None
    if files.adapter is not None and files.adapter_folder is not None:
        fetch_weights(files.adapter, files.adapter_folder, token, on_progress)
        adapter = read_adapter(files.adapter, files.adapter_folder)
        require_same_base(adapter, files.base)
    fetch_weights(files.base, files.folder, token, on_progress)
    check_weights(files.folder)
    return adapter


def _read_model(files: _Files, config: Any, choice: Choice, adapter: Adapter | None) -> Any:
    text = config.get_text_config()
    mapping = {} if text is config else TEXT_NAMES
    is_rounded_here = choice.precision == "int8" and choice.device == "cpu"
    options: dict[str, Any] = {
        "config": text,
        "dtype": DTYPES.get(choice.precision, torch.float32 if is_rounded_here else torch.bfloat16),
        "device_map": "auto" if choice.device == "several" else {"": choice.device},
        "attn_implementation": choice.attention,
        "key_mapping": mapping or None,
    }
    if choice.precision in ("int8", "int4") and not is_rounded_here:
        options["quantization_config"] = _rounding(choice.precision)
    read: Any = AutoModelForCausalLM.from_pretrained
    model, found = read(
        files.folder,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        **options,
    )
    if missing := sorted(found["missing_keys"]):
        raise ModelError(
            f"{files.base!r} lacks {len(missing)} of its weights, {missing[0]} for one; download it again."
        )
    if adapter is not None:
        model = fit(model, adapter, mapping=mapping, is_merged=is_rounded_here)
    return as_int8(model.eval()) if is_rounded_here else model.eval()


def _rounding(precision: str) -> Any:
    """What bitsandbytes is told: int8, or 4-bit normal floats that are computed with in bfloat16."""
    if precision == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )


def _pinned(request: Request, files: _Files, config: Any, adapter: Adapter | None) -> Checkpoint:
    """Say what was really read: commit or hash, the adapter's hash, and the context length."""
    checkpoint = catalog.describe(files.base)
    revision = checkpoint.revision if catalog.is_folder(files.base) else files.folder.name
    length = catalog.context_length_of(config.to_dict())
    checkpoint = replace(checkpoint, revision=revision, context_length=length)
    if adapter is None:
        return checkpoint
    return replace(
        checkpoint,
        id=request.source if adapter.source == request.source else f"{files.base}+{adapter.source}",
        revision=f"{revision}+{adapter.hash}",
        title=f"{adapter.source.rstrip('/').rsplit('/')[-1]} on {checkpoint.title}",
        is_demo=False,
        page=None,
        adapts=files.base,
    )


def _check_turns(source: str, tokenizer: Any) -> None:
    """Raise ModelError unless the turn markers that the template writes are tokens of their own."""
    template = tokenizer.chat_template
    if not template:
        raise ModelError(f"The tokenizer of {source!r} has no chat template; an -it checkpoint has one.")
    known = tokenizer.get_vocab()
    written = [name for pair in TURNS for name in pair if name in str(template)]
    if lacking := [name for name in written if name not in known]:
        raise ModelError(
            f"The tokenizer of {source!r} lacks {' and '.join(lacking)}; it must be a chatting Gemma's."
        )
