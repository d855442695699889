"""What this machine has for a model: processors, memory, GPUs, and packages that some checkpoints need."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

PACKAGES = ("transformers", "accelerate", "peft", "bitsandbytes", "flash-attn")
"""What is imported only for some checkpoints or precisions, and transformers itself."""
_GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One CUDA device; memory in bytes."""

    name: str
    memory: int
    free: int
    has_bfloat16: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found; memory in bytes, as far as this process may use it."""

    system: str
    cores: int
    memory: int
    free: int
    has_bfloat16: bool | None
    """Whether the processor multiplies bfloat16 itself; None where nothing says. Without, it is slower."""
    gpus: tuple[Gpu, ...]
    has_mps: bool
    packages: dict[str, str | None]
    """The version of each of PACKAGES, or None."""


def this_machine() -> Machine:
    """Look at the machine this runs on, within the limits of its container."""
    memory, free = _memory()
    return Machine(
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        cores=_cores(),
        memory=memory,
        free=free,
        has_bfloat16=_has_bfloat16(),
        gpus=_gpus(),
        has_mps=torch.backends.mps.is_available(),
        packages={name: _version(name) for name in PACKAGES},
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> tuple[int, int]:
    """All memory and the free part of it: the machine's, or what its container leaves of that."""
    page = os.sysconf("SC_PAGE_SIZE")
    memory = page * os.sysconf("SC_PHYS_PAGES")
    free = _meminfo().get("MemAvailable", memory)
    limit, used = _number(_GROUP / "memory.max"), _number(_GROUP / "memory.current")
    if limit is None or limit >= memory:
        return memory, free
    return limit, max(0, min(free, limit - (used or 0)))


def _meminfo() -> dict[str, int]:
    """Linux's own figures in bytes; empty on another system."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {name: int(rest.split()[0]) * 1_024 for name, _, rest in (line.partition(":") for line in lines)}


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such limit, or "max"
        return None


def _has_bfloat16() -> bool | None:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return None
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags))


def _gpus() -> tuple[Gpu, ...]:
    if not torch.cuda.is_available():
        return ()
    found = []
    for index in range(torch.cuda.device_count()):
        free, memory = torch.cuda.mem_get_info(index)
        # The first generation that computes in bfloat16 is Ampere, 8.0; older ones only imitate it.
        has_bfloat16 = torch.cuda.get_device_capability(index) >= (8, 0)
        found.append(Gpu(torch.cuda.get_device_name(index), memory, free, has_bfloat16))
    return tuple(found)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
