"""The peers: transformers without Bezel, over the same checkpoint files."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, DynamicCache

from model.attention import PackedCache, Segment, packed_attention
from model.states import States


@dataclass(frozen=True, slots=True)
class Timed:
    """Token ids that a peer made, and when each came, in seconds from the start."""

    ids: list[int]
    times: list[float]


def load_plain(folder: Path, dtype: torch.dtype, device: str = "cpu", **changed: Any) -> Any:
    """The checkpoint as transformers itself loads it; `changed` replaces fields of its configuration."""
    read: Any = AutoModelForCausalLM.from_pretrained
    return read(folder, dtype=dtype, local_files_only=True, **changed).to(device).eval()


def generate(model: Any, ids: Sequence[int], max_tokens: int) -> list[int]:
    """Greedy `generate` on one prompt, with nothing kept from before."""
    tokens = torch.tensor([list(ids)], device=model.device)
    output = model.generate(
        tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=max_tokens, do_sample=False
    )
    new: list[int] = output[0, len(ids) :].tolist()
    return new


@torch.inference_mode()
def loop(model: Any, ids: Sequence[int], max_tokens: int) -> Timed:
    """The rawest greedy loop: one forward a token over a DynamicCache, and nothing else."""
    cache = DynamicCache()
    unread = torch.tensor([list(ids)], device=model.device)
    timed = Timed([], [])
    began = time.perf_counter()
    for _ in range(max_tokens):
        output = model(input_ids=unread, past_key_values=cache, use_cache=True, logits_to_keep=1)
        unread = output.logits[:, -1].argmax(-1, keepdim=True)
        timed.ids.append(int(unread))
        timed.times.append(time.perf_counter() - began)
    return timed


@torch.inference_mode()
def packed_loop(model: Any, ids: Sequence[int], max_tokens: int) -> Timed:
    """The same loop over the engine's own cache and attention; the model must be idle."""
    states = States()
    unread = list(ids)
    timed = Timed([], [])
    began = time.perf_counter()
    for _ in range(max_tokens):
        positions = range(states.length, states.length + len(unread))
        with packed_attention(model.config):
            output = model(
                input_ids=torch.tensor([unread], device=model.device),
                position_ids=torch.tensor([list(positions)], device=model.device),
                past_key_values=PackedCache([Segment(unread, states, is_due=True)]),
                use_cache=True,
                logits_to_keep=1,
            )
        states.commit(len(unread))
        unread = [int(output.logits[0, -1].argmax())]
        timed.ids.extend(unread)
        timed.times.append(time.perf_counter() - began)
    return timed


@torch.inference_mode()
def logits_of(model: Any, ids: Sequence[int], keep: int) -> torch.Tensor:
    """The float32 logits after each of the last `keep` ids, from one forward over all of them."""
    tokens = torch.tensor([list(ids)], device=model.device)
    logits: torch.Tensor = model(input_ids=tokens, use_cache=False, logits_to_keep=keep).logits[0].float()
    return logits
