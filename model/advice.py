"""What each checkpoint would need on a machine: precision, memory, what is missing, and which one to take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from model.machine import Gpu, Machine
from model.needs import Size
from model.presets import WORKING, Choice, Subject, Wish, choose
from model.types import Checkpoint

BRISK = 6_000_000_000
"""Bytes of weights that a CPU still reads two or three times a second, about as fast as a person reads.

Measured: 13 to 17 GB/s on two cores; each token reads all weights once.
"""
UNTRIED = {
    "cuda": "CUDA",
    "mps": "Apple's GPU",
    "int8": "int8 with bitsandbytes",
    "int4": "4-bit with bitsandbytes",
    "several": "several GPUs",
    "flash_attention_2": "flash attention",
    "compiled": "compiled decoding with static buffers",
    "gemma4": "Gemma 4",
}
"""What Bezel has code for and nobody has run yet, and what to call it."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be served to how many: the conversations at the same time, and the tokens of each."""

    users: int
    context: int


@dataclass(frozen=True, slots=True)
class Advice:
    """How one checkpoint would run on this machine; memory in bytes."""

    checkpoint: Checkpoint
    device: str
    """One of torch's, or `several` where the weights are spread over all GPUs."""
    precision: str
    attention: str
    why: str
    """The sentence with which the loader says what it chose."""
    parameters: int
    context: int
    """Tokens of each conversation that the cache was reckoned for: at most what the checkpoint can read."""
    weights: int
    loading: int
    """What the weights take at the worst moment of loading."""
    cache: int
    memory: int
    """What the device has, and what of it is free now."""
    free: int
    is_downloaded: bool
    missing: tuple[str, ...]
    """What must be done first, a sentence each."""
    unchecked: tuple[str, ...]
    """What nobody can tell without a network, a sentence each."""
    unverified: tuple[str, ...]
    """What of this has never been tried."""

    @property
    def needed(self) -> int:
        """Weights, conversations and the engine's own work, or what loading takes where that is more."""
        return max(self.loading, self.weights + self.cache + WORKING)

    @property
    def lacks_token(self) -> bool:
        """Whether a token and an accepted licence are all that is missing."""
        return len(self.missing) == 1 and self.missing[0] == token_sentence(self.checkpoint)

    @property
    def fits(self) -> bool:
        """Whether the memory that is free now is enough."""
        return self.needed <= self.free


@dataclass(frozen=True, slots=True)
class Host:
    """What the advice depends on besides the checkpoint."""

    machine: Machine
    load: Load
    has_token: bool
    wish: Wish = Wish()
    """What the settings ask of the loader; its device is resolved against the machine here."""


def advise(checkpoint: Checkpoint, size: Size, host: Host, *, is_downloaded: bool) -> Advice:
    """Say how this checkpoint would be loaded here, what it needs and what is missing.

    Raises ModelError where the wish cannot be had on this machine.
    """
    wish = replace(host.wish, device=_device(host))
    choice = choose(wish, Subject(checkpoint.family, size), host.machine)
    device, precision = choice.device, choice.precision
    context = min(host.load.context, checkpoint.context_length)
    memory, free = _memory(host.machine, device)
    return Advice(
        checkpoint=checkpoint,
        device=device,
        precision=precision,
        attention=choice.attention,
        why=choice.sentence,
        parameters=size.parameters,
        context=context,
        weights=size.weights(precision, on_cpu=device == "cpu"),
        loading=size.loading(precision, on_cpu=device == "cpu"),
        cache=size.cache(precision, users=host.load.users, context=context),
        memory=memory,
        free=free,
        is_downloaded=is_downloaded,
        missing=_missing(checkpoint, device, host, is_downloaded=is_downloaded),
        unchecked=_unchecked(checkpoint, host, is_downloaded=is_downloaded),
        unverified=_unverified(checkpoint.family, choice),
    )


def best(advice: Sequence[Advice], *, with_token: bool = False) -> Advice | None:
    """Give the largest checkpoint that chats, fits and lacks nothing; on a CPU, the largest that is brisk.

    Gemma's generations are compared first, the newest winning; what was never tried comes after what was.
    `with_token` takes licences as accepted.
    """
    able = [
        one
        for one in advice
        if one.checkpoint.kind == "chat"
        and one.fits
        and (not one.missing or with_token and one.lacks_token)
        and (not one.unchecked or with_token)
        and (one.device != "cpu" or one.weights <= BRISK)
    ]
    return max(able, key=lambda one: (not _is_new(one), one.checkpoint.family, one.weights), default=None)


def token_sentence(checkpoint: Checkpoint) -> str:
    """What to do for a gated checkpoint where there is no token."""
    return (
        f"{checkpoint.id} is gated: accept its licence at {checkpoint.page} and set HF_TOKEN to a token "
        "of that account."
    )


def _device(host: Host) -> str:
    """The device that `auto` means on this machine, as the loader resolves it."""
    if host.wish.device != "auto":
        return host.wish.device
    return "cuda" if host.machine.gpus else "mps" if host.machine.has_mps else "cpu"


def _memory(machine: Machine, device: str) -> tuple[int, int]:
    """All memory of the device and what of it is free; of several GPUs together."""
    gpus = _gpus(machine, device)
    if not gpus:
        return machine.memory, machine.free
    return sum(gpu.memory for gpu in gpus), sum(gpu.free for gpu in gpus)


def _gpus(machine: Machine, device: str) -> Sequence[Gpu]:
    if device == "several":
        return machine.gpus
    kind, _, index = device.partition(":")
    return machine.gpus[int(index or 0) :][:1] if kind == "cuda" else ()


def _is_new(advice: Advice) -> bool:
    return UNTRIED["gemma4"] in advice.unverified


def _missing(checkpoint: Checkpoint, device: str, host: Host, *, is_downloaded: bool) -> tuple[str, ...]:
    packages = host.machine.packages
    missing = []
    if checkpoint.is_gated and not is_downloaded and not host.has_token:
        missing.append(token_sentence(checkpoint))
    if device == "several" and not packages["accelerate"]:
        missing.append("Several GPUs need a package: pip install accelerate.")
    if checkpoint.adapts is not None and not packages["peft"]:
        missing.append("An adapter needs a package: pip install peft.")
    return tuple(missing)


def _unchecked(checkpoint: Checkpoint, host: Host, *, is_downloaded: bool) -> tuple[str, ...]:
    if checkpoint.is_gated and not is_downloaded and host.has_token:
        return (
            f"Whether the token's account has accepted the licence at {checkpoint.page} was not checked.",
        )
    return ()


def _unverified(family: str, choice: Choice) -> tuple[str, ...]:
    kind = choice.device.partition(":")[0]
    signs = ("cuda" if kind == "several" else kind, family)
    # int8 on a processor was measured; what bitsandbytes does on a GPU never was.
    used = (kind, choice.precision, choice.attention, "compiled" if choice.is_compiled else "")
    on_gpu = used if kind in ("cuda", "several") else ()
    return tuple(UNTRIED[sign] for sign in dict.fromkeys((*signs, *on_gpu)) if sign in UNTRIED)
