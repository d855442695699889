"""Presets: which precision, attention and device a checkpoint is read with here, and one sentence why."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from model.types import ModelError

if TYPE_CHECKING:
    from model.machine import Machine
    from model.needs import Size

Preset = Literal["auto", "exact", "speed", "memory"]
PRESETS = ("auto", "exact", "speed", "memory")
PRECISIONS = ("float32", "bfloat16", "float16", "int8", "int4")
COMPILES = ("auto", "on", "off")
ATTENTIONS = ("eager", "sdpa", "flash_attention_2")
SMALL = 100_000_000
"""Away from CUDA, checkpoints of fewer weights than this are read as float32 unless memory is what counts."""
WORKING = 300_000_000
"""Bytes that the engine takes to read and answer, beyond its weights and the conversations it keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the host asked for; what is left at auto is chosen."""

    preset: str = "auto"
    precision: str = "auto"
    attention: str = "auto"
    device: str = "auto"
    compile: str = "auto"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("preset", self.preset, PRESETS),
            ("precision", self.precision, ("auto", *PRECISIONS)),
            ("attention", self.attention, ("auto", *ATTENTIONS)),
            ("compile", self.compile, COMPILES),
        ):
            if value not in allowed:
                raise ModelError(
                    f"{name} is {value!r}; it must be {', '.join(allowed[:-1])} or {allowed[-1]}."
                )


@dataclass(frozen=True, slots=True)
class Choice:
    """How a checkpoint is read: `device` is one of torch's, or `several` where it is spread over all GPUs."""

    device: str
    precision: str
    attention: str
    sentence: str
    """What was chosen and why, for the host."""
    is_compiled: bool = False
    """Whether decoding goes over static buffers: compiled on CUDA, as it is elsewhere."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be read: its architecture, as `gemma2`, and how large it is."""

    family: str
    size: "Size"


def choose(wish: Wish, subject: Subject, machine: "Machine") -> Choice:
    """Choose what the wish leaves open; raises ModelError, in one sentence, for what cannot be had here."""
    kind = wish.device.partition(":")[0]
    precision, why = _precision(wish, subject, machine, kind)
    _require_precision(precision, machine, kind)
    attention = wish.attention
    if attention == "auto":
        attention = "eager" if subject.family == "gemma2" else "sdpa"
    _require_attention(attention, precision, subject, machine, kind)
    device = _device(wish.device, subject.size.weights(precision), machine)
    where = f"{len(machine.gpus)} GPUs" if device == "several" else device
    is_compiled = _is_compiled(wish, precision, device)
    how = f"{attention} attention{_decoding(device) if is_compiled else ''}"
    said = f"Preset {wish.preset}: {precision} on {where} with {how}, because {why}."
    return Choice(device, precision, attention, said, is_compiled)


def needed(precision: str, size: "Size", kind: str) -> int:
    """Bytes that reading takes at its height: int8 on a processor is made from float32."""
    return size.loading(precision, on_cpu=kind == "cpu") + WORKING


def _precision(wish: Wish, subject: Subject, machine: "Machine", kind: str) -> tuple[str, str]:
    """The precision and the reason for it: the first of the preset's that the free memory holds."""
    if wish.precision != "auto":
        return wish.precision, f"precision {wish.precision} was asked for"
    wanted = _wanted(wish.preset, subject.size.parameters < SMALL, machine, kind)
    free = sum(gpu.free for gpu in machine.gpus) if kind == "cuda" else machine.free
    for precision, why in wanted:
        if needed(precision, subject.size, kind) <= free:
            return precision, why
    precision, _ = min(wanted, key=lambda one: needed(one[0], subject.size, kind))
    gigabytes = f"{needed(precision, subject.size, kind) / 2**30:,.1f} of {free / 2**30:,.1f} GiB free"
    return precision, f"it needs the least, though even that is {gigabytes}"


def _wanted(preset: str, is_small: bool, machine: "Machine", kind: str) -> list[tuple[str, str]]:
    """The precisions that a preset goes through, best first, each with its reason."""
    if preset == "exact":
        return [
            ("float32", "it adds no rounding of its own"),
            (
                "bfloat16",
                "it is how Gemma's weights are stored, and float32 does not fit into the free memory",
            ),
        ]
    if kind == "cuda":
        whole = ("bfloat16", "it is how Gemma's weights are stored and what the GPU is made for")
        if not machine.packages.get("bitsandbytes"):
            return [whole]
        less = [
            ("int8", "bfloat16 does not fit into the free memory"),
            ("int4", "nothing larger fits into the free memory"),
        ]
        return [("int4", "it takes the least memory")] if preset == "memory" else [whole, *less]
    half = ("bfloat16", "it is half as large as float32, and a large checkpoint is as fast as it is small")
    if preset == "memory":
        return [("bfloat16", "it takes the least memory here")]
    if preset == "speed" and kind == "cpu" and not is_small:
        return [
            (
                "int8",
                "a processor reads it twice as fast as bfloat16 for one person at a time, with rounding "
                "tried on bezel-demo alone",
            ),
            half,
        ]
    if is_small:
        return [("float32", "a small checkpoint gains nothing from rounding"), half]
    return [half]


def _is_compiled(wish: Wish, precision: str, device: str) -> bool:
    """Whether decoding is compiled: asked for, or wished for speed on one GPU, where nothing is rounded."""
    if wish.compile != "auto":
        return wish.compile == "on"
    is_one_gpu = device.partition(":")[0] == "cuda"
    return is_one_gpu and wish.preset == "speed" and precision not in ("int8", "int4")


def _decoding(device: str) -> str:
    # Compiling was measured on a processor and gained nothing there.
    return " and compiled decoding" if device.partition(":")[0] == "cuda" else " and static buffers"


def _require_precision(precision: str, machine: "Machine", kind: str) -> None:
    if precision == "int4" and kind != "cuda":
        raise ModelError("precision is 'int4', which needs a CUDA GPU; it must be int8 or bfloat16 here.")
    if precision == "int8" and kind == "mps":
        raise ModelError("precision is 'int8', which Apple's GPU cannot do; it must be bfloat16 here.")
    if precision in ("int8", "int4") and kind == "cuda" and not machine.packages.get("bitsandbytes"):
        raise ModelError(
            f"precision is {precision!r}, which needs a package on a GPU: pip install bitsandbytes."
        )


def _require_attention(
    attention: str, precision: str, subject: Subject, machine: "Machine", kind: str
) -> None:
    if attention == "sdpa" and subject.family == "gemma2":
        raise ModelError(
            "attention is 'sdpa', which would drop the soft-capping of Gemma 2; it must be auto or eager."
        )
    if attention != "flash_attention_2":
        return
    if kind != "cuda" or not machine.packages.get("flash-attn"):
        lacking = "a CUDA GPU" if kind != "cuda" else "a package: pip install flash-attn"
        raise ModelError(
            f"attention is 'flash_attention_2', which needs {lacking}; auto takes what is there."
        )
    if precision == "float32":
        raise ModelError(
            "attention is 'flash_attention_2', which computes no float32; precision must be bfloat16."
        )
    if subject.family == "gemma4":
        raise ModelError(
            "attention is 'flash_attention_2', whose heads are at most 256 wide and Gemma 4's are 512; "
            "it must be auto, sdpa or eager."
        )


def _device(name: str, weights: int, machine: "Machine") -> str:
    """One GPU where the weights and some room fit on it, all of them where not."""
    if name != "cuda" or len(machine.gpus) < 2:
        return name
    return "cuda" if weights * 1.2 + WORKING <= machine.gpus[0].free else "several"
