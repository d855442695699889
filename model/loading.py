"""A checkpoint's id or folder becomes weights and a tokenizer in memory."""

from dataclasses import dataclass
from typing import Any

from model.types import Checkpoint


@dataclass(frozen=True, slots=True)
class Loaded:
    """A transformers model and tokenizer, ready to run, and what they are."""

    model: Any
    tokenizer: Any
    checkpoint: Checkpoint


def load(source: str, *, device: str = "auto", precision: str = "auto", token: str | None = None) -> Loaded:
    """Load a catalogue id, a Hugging Face id or a local folder; folders and the bundled one need no network.

    `device` is auto, cpu, mps, cuda or cuda:N; `precision` is auto, float32, bfloat16 or float16.
    `token` opens gated ids. Raises ModelError, in one sentence, for whatever is missing or broken.
    """
    # Late, so that what loads no weights does not wait for torch.
    from model.reading import read_checkpoint  # noqa: PLC0415

    return read_checkpoint(source, device=device, precision=precision, token=token)
