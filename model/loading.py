"""A checkpoint's id or folder becomes weights and a tokenizer in memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.presets import Choice, Wish
from model.progress import OnProgress
from model.types import Checkpoint


@dataclass(frozen=True, slots=True)
class Loaded:
    """A transformers model and tokenizer, ready to run, what they are, and how they were read."""

    model: Any
    tokenizer: Any
    checkpoint: Checkpoint
    choice: Choice | None = None


def load(  # noqa: PLR0913  each is a setting of its own, and all but the first have defaults
    source: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    token: str | None = None,
    preset: str = "auto",
    attention: str = "auto",
    compile: str = "auto",  # noqa: A002  as the setting is called
    adapter: str | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> Loaded:
    """Load a catalogue id, a Hugging Face id, a local folder or an adapter; folders need no network.

    `device` is auto, cpu, mps, cuda or cuda:N; `precision` is auto, float32, bfloat16, float16, int8 or int4;
    `attention` is auto, eager, sdpa or flash_attention_2. What is auto, `preset` chooses: auto, exact, speed
    or memory. `compile` is auto, on or off. `adapter` is a LoRA's folder or id, over `source`. `token` opens
    gated ids. `on_progress` hears how far it is. Raises ModelError, in one sentence, for whatever is missing
    or broken.
    """
    # Late, so that what loads no weights does not wait for torch.
    from model.reading import Request, read_checkpoint  # noqa: PLC0415

    wish = Wish(preset=preset, precision=precision, attention=attention, device=device, compile=compile)
    return read_checkpoint(Request(source, adapter, wish, token), on_progress)


def fetch(source: str, *, token: str | None = None) -> Path:
    """Give the folder of a checkpoint that is none of ours to run, fetched if need be; raises ModelError."""
    from model.reading import fetch_whole  # noqa: PLC0415

    return fetch_whole(source, token)


def without_template(loaded: Loaded) -> Loaded:
    """The same checkpoint without its chat template: whoever asks it for scores lays whole prompts out."""
    loaded.tokenizer.chat_template = None
    return loaded
