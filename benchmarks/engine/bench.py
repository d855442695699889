"""The checkpoints of a run, made on the way, and Bezel's engine over one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers.utils.logging import disable_progress_bar

from benchmarks.engine.checkpoints import MID, SMALL, Shape, save
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk
from model.engine import Engine
from model.loading import load

PRECISIONS = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


def checkpoint(bench: Bench, family: str, shape: Shape, dtype: torch.dtype) -> Path:
    """A saved random checkpoint; made once."""
    _without_bars()
    folder = bench.folder / f"{family}-{shape.hidden_size}-{shape.initializer_range}-{PRECISIONS[dtype]}"
    return folder if folder.is_dir() else save(folder, family, shape, dtype)


def speedy(bench: Bench, family: str) -> Path:
    """The checkpoint for figures of speed."""
    return checkpoint(bench, family, SMALL if bench.is_quick else MID, torch.bfloat16)


@contextmanager
def desk(folder: Path, dtype: torch.dtype, device: str = "cpu", **limits: Any) -> Iterator[Desk]:
    """Bezel's engine over a checkpoint, loaded as Bezel loads it; closed at the end."""
    _without_bars()
    loaded = load(str(folder), device=device, precision=PRECISIONS[dtype])
    engine = Engine(loaded, **limits)
    try:
        yield Desk(engine, loaded)
    finally:
        engine.close()


def _without_bars() -> None:
    hush: Any = disable_progress_bar
    hush()
