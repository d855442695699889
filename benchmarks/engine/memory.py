"""Row 8: what a crowd takes on top of what stands after loading."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import AutoConfig

from benchmarks.engine.bench import speedy
from benchmarks.engine.child import CLEAR_PEAK, CONVERSATIONS, TURNS_AT_ONCE
from benchmarks.engine.contention import ROOT
from benchmarks.engine.figures import Figure, at_most, not_measured
from benchmarks.engine.options import Bench

MEGABYTE = 2**20


def measure(bench: Bench) -> Iterator[Figure]:
    """The peak of a fresh process during a storm, beyond loading and beyond the KV budget."""
    if not CLEAR_PEAK.exists():
        yield not_measured("8", "memory", f"{CLEAR_PEAK} is not there; only Linux tells a peak anew")
        return
    for family in bench.families:
        yield _family(bench, family, 128 if bench.is_quick else 512)


def _family(bench: Bench, family: str, budget: int) -> Figure:
    folder = speedy(bench, family)
    took = [_storm(folder, budget) for _ in bench.each_round(usual=1)]
    return Figure(
        row="8",
        name=f"memory beyond loading and the KV budget, {family}",
        values=tuple(one["peak"] - one["stood"] - budget for one in took),
        unit="MB",
        ours=f"the engine, a KV budget of {budget} MB; {CONVERSATIONS} conversations of two turns at once, "
        f"{TURNS_AT_ONCE} served at a time, a third of them leaving in mid-reply",
        peer=f"none; the KV of all of them together would be {_kept(folder) * took[0]['tokens']:.0f} MB",
        reach=at_most(300.0),
        note=f"{bench.size}; MB: {took[0]['stood']:.0f} after loading, {took[0]['peak']:.0f} at the peak",
    )


def _storm(folder: Path, budget: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.engine.child", "memory", str(folder), str(budget)]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    return figures


def _kept(folder: Path) -> float:
    """Megabytes of keys and values that a token leaves in every layer."""
    shape = AutoConfig.from_pretrained(folder, local_files_only=True)
    width = shape.num_hidden_layers * shape.num_key_value_heads * shape.head_dim
    return float(2 * width * torch.bfloat16.itemsize / MEGABYTE)
