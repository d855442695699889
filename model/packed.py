"""One forward of a model over several texts: the one that serves, and that is compared at the start."""

from collections.abc import Sequence
from typing import Any

import torch

from model.attention import PackedCache, Segment, packed_attention


def read_packed(model: Any, segments: Sequence[Segment]) -> torch.Tensor:
    """Read every segment behind its states; gives float32 logits (texts that are due, vocabulary)."""
    ids: list[int] = []
    positions: list[int] = []
    due: list[int] = []
    for segment in segments:
        ids += segment.ids
        positions += range(segment.states.length, segment.states.length + len(segment.ids))
        due += [len(ids) - 1] if segment.is_due else []
    with packed_attention(model.config):
        output = model(
            input_ids=torch.tensor([ids], device=model.device),
            position_ids=torch.tensor([positions], device=model.device),
            past_key_values=PackedCache(segments),
            use_cache=True,
            logits_to_keep=torch.tensor(due, dtype=torch.long, device=model.device),
        )
    logits: torch.Tensor = output.logits[0].float().to(model.device)
    return logits
