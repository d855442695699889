"""Attention over several texts in one forward: each token sees the states of its own text, and no other's.

The texts stand one behind the other in a batch of one, without padding: the linear layers see all tokens at
once, and only attention goes from text to text. transformers calls `attend` in place of its own attention.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention, softmax
from transformers import AttentionInterface

from model.blocks import ROWS, Cap, Newest, Scaled, attend_in_blocks, attend_together
from model.states import States
from model.views import Masks, View

NAME = "bezel"
MASKED = "bezel_masked"
UNKNOWN = ("position_bias", "s_aux", "sinks", "head_mask")
"""Terms of other architectures' attention that would be lost here."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What one forward reads of one text: ids behind its states; `is_due` asks for the next token."""

    ids: Sequence[int]
    states: States
    is_due: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """A layer's keys or values, text by text: buffers (heads, capacity, size), of which `seen` tokens count.

    The last `counts` of those are new.
    """

    buffers: Sequence[torch.Tensor]
    seen: Sequence[int]
    counts: Sequence[int]
    masks: Masks


class PackedCache:
    """What transformers takes for a cache: it appends to each text's own states and gives them apart."""

    is_compileable = False

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self._counts = [len(segment.ids) for segment in segments]
        self._seen = [segment.states.length + len(segment.ids) for segment in segments]
        self._masks = Masks()

    def update(
        self, key: torch.Tensor, value: torch.Tensor, layer: int, *_: Any, **__: Any
    ) -> tuple[Parts, Parts]:
        """Append (1, heads, all new tokens, size) and give every text's states."""
        keys, values = [], []
        pieces = zip(
            torch.split(key[0], self._counts, 1), torch.split(value[0], self._counts, 1), strict=True
        )
        for segment, (new_keys, new_values) in zip(self.segments, pieces, strict=True):
            all_keys, all_values = segment.states.put(layer, new_keys, new_values)
            keys.append(all_keys)
            values.append(all_values)
        told = (self._seen, self._counts, self._masks)
        return Parts(keys, *told), Parts(values, *told)

    def get_seq_length(self, layer: int = 0) -> int:
        """Say nothing of length: every forward names its positions."""
        return 0


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: Parts,
    value: Parts,
    attention_mask: torch.Tensor | None,
    **terms: Any,
) -> tuple[torch.Tensor, None]:
    """Attend text by text; gives (1, tokens, heads, size), as transformers' attention functions do."""
    if attention_mask is not None or any(terms.get(name) is not None for name in UNKNOWN):
        raise NotImplementedError("this architecture's attention has terms that the packed one lacks")
    scale = terms.get("scaling") or query.shape[-1] ** -0.5
    softcap: Any = terms.get("softcap")
    outputs: list[torch.Tensor] = [query] * len(key.counts)
    alone: dict[int, list[Newest]] = defaultdict(list)
    pieces = torch.split(query[0], list(key.counts), 1)
    for at, (new, keys, values, seen) in enumerate(
        zip(pieces, key.buffers, value.buffers, key.seen, strict=True)
    ):
        grouped = new.view(keys.shape[0], -1, *new.shape[1:])
        view = View(seen, terms.get("sliding_window"), key.masks)
        if softcap is None and _is_quicker_in_blocks(grouped, seen):
            outputs[at] = attend_in_blocks(grouped, keys, values, Scaled(scale), view)
        elif softcap is None:
            outputs[at] = _attend_at_once(grouped, keys, values, scale, view)
        elif new.shape[1] > 1:
            outputs[at] = attend_in_blocks(grouped, keys, values, Cap(scale, softcap), view)
        else:
            newest = Newest(at, grouped[:, :, 0], keys, values, view)
            alone[newest.length].append(newest)
    for together in alone.values():
        for newest, output in zip(together, attend_together(together, Cap(scale, softcap)), strict=True):
            outputs[newest.at] = output
    return torch.cat(outputs)[None], None


def _is_quicker_in_blocks(query: torch.Tensor, seen: int) -> bool:
    """Whether enough new tokens come after others, where the products alone cost less than the one call."""
    is_slow = query.device.type == "cpu" and query.dtype is torch.bfloat16
    return is_slow and ROWS <= query.shape[2] < seen


def _attend_at_once(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scale: float, view: View
) -> torch.Tensor:
    """Attend from (kv heads, group, n, size) to the states; gives (n, heads, size)."""
    groups, count = query.shape[1:3]
    first = view.first(count)
    seen = view.seen - first
    keys, values = keys[:, None, first : view.seen], values[:, None, first : view.seen]
    if count == 1:
        # The heads of a group ask as if they were tokens: nothing is repeated, and a newest token sees all.
        output = scaled_dot_product_attention(query.transpose(1, 2), keys, values, scale=scale)
        return output.flatten(0, 2)[None]
    is_whole = seen == count and (view.window is None or view.window >= seen)
    shape = (-1, groups, -1, -1)
    output = scaled_dot_product_attention(
        query,
        keys.expand(shape),
        values.expand(shape),
        attn_mask=None if is_whole else view.masks.of(query, seen - count, seen, view.window),
        is_causal=is_whole,
        scale=scale,
    )
    return output.flatten(0, 1).transpose(0, 1)


def attend_masked(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **terms: Any,
) -> tuple[torch.Tensor, None]:
    """Attend from one token (rows, heads, 1, size) of each text to its row (rows, kv heads, length, size).

    `masks`, by window, hides what a row does not hold; gives (rows, 1, heads, size).
    """
    if attention_mask is not None or any(terms.get(name) is not None for name in UNKNOWN):
        raise NotImplementedError("this architecture's attention has terms that the masked one lacks")
    scale = terms.get("scaling") or query.shape[-1] ** -0.5
    softcap = terms.get("softcap")
    mask = terms["masks"][terms.get("sliding_window")]
    # The heads of a group ask as if they were tokens: nothing is repeated.
    grouped = query.view(query.shape[0], key.shape[1], -1, query.shape[-1])
    if softcap is None:
        output = scaled_dot_product_attention(grouped, key, value, attn_mask=mask, scale=scale)
    else:
        scores = (grouped @ key.transpose(2, 3)) * scale
        scores = torch.tanh(scores / softcap) * softcap + mask
        output = softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype) @ value
    return output.reshape(query.shape[0], 1, -1, query.shape[-1]), None


@contextmanager
def packed_attention(config: Any, name: str = NAME) -> Iterator[None]:
    """Let the model of this config attend with `attend`, and build no mask, inside the block only."""
    own = config._attn_implementation
    config._attn_implementation = name
    try:
        yield
    finally:
        config._attn_implementation = own


def masked_attention(config: Any) -> AbstractContextManager[None]:
    """The same with `attend_masked`."""
    return packed_attention(config, MASKED)


AttentionInterface.register(NAME, attend)
AttentionInterface.register(MASKED, attend_masked)
