"""Attention with soft-capped scores, step by step as Gemma 2's own rounds them: no single call knows the cap.

A processor prepares each shape of a product anew and keeps it, so shapes are rounded up until few occur.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch.nn.functional import pad, softmax

from model.views import View

BLOCK = 64
"""So many new tokens have their scores in memory at once."""
ROWS = 16
"""A block is filled up to a multiple of this."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What a layer does with its scores: multiplies them by `scale`, and bends them below `softcap`."""

    scale: float
    softcap: float

    def scores(self, query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Score (kv heads, n, size) against (kv heads, length, size)."""
        scores = query @ keys.transpose(1, 2)
        return scores.mul_(self.scale).div_(self.softcap).tanh_().mul_(self.softcap)


def attend_in_blocks(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, cap: Cap, view: View
) -> torch.Tensor:
    """Attend from (kv heads, group, n, size) to the states, a block of new tokens after the other.

    Gives (n, heads, size).
    """
    outputs, seen = [], view.seen - query.shape[2]
    for block in torch.split(query, BLOCK, 2):
        seen += block.shape[2]
        outputs.append(_attend_block(block, keys, values, cap, replace(view, seen=seen)))
    return torch.cat(outputs)


def _attend_block(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, cap: Cap, view: View
) -> torch.Tensor:
    groups, count = query.shape[1:3]
    query = pad(query, (0, 0, 0, -count % ROWS))
    steps = view.steps(count, keys.shape[1])
    keys, values = keys[:, steps], values[:, steps]
    scores = _ungrouped(cap.scores(query.flatten(1, 2), keys), groups)
    before = view.seen - count - steps.start
    scores += view.masks.of(query, before, keys.shape[1], view.window)
    # Summed in float32 and rounded once, whatever is given: as the model's own, which asks for float32.
    weights = softmax(scores.flatten(1, 2), dim=-1)
    output = _ungrouped(weights @ values, groups)[:, :, :count]
    return output.flatten(0, 1).transpose(0, 1)


@dataclass(frozen=True, slots=True)
class Newest:
    """One new token of one text, (kv heads, group, size), and the whole steps of its buffers that it sees."""

    at: int
    query: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor
    view: View

    @property
    def steps(self) -> slice:
        """Where those steps are."""
        return self.view.steps(1, self.keys.shape[1])

    @property
    def length(self) -> int:
        """How many states they hold."""
        return int(self.steps.stop - self.steps.start)

    @property
    def shown(self) -> tuple[int, int]:
        """The first of them that it sees, and the end."""
        return self.view.first(1) - self.steps.start, self.view.seen - self.steps.start


def attend_together(rows: Sequence[Newest], cap: Cap) -> Iterator[torch.Tensor]:
    """The same for the newest tokens of texts whose steps are as many: products apart, the rest in one."""
    shown = tuple(row.shown for row in rows)
    hidden = rows[0].view.masks.hidden(shown, rows[0].length, rows[0].keys.device)
    scores = torch.stack([cap.scores(row.query, row.keys[:, row.steps]) for row in rows])
    weights = softmax(scores.masked_fill_(hidden, -torch.inf), dim=-1)
    for row, mine in zip(rows, weights, strict=True):
        yield (mine @ row.values[:, row.steps]).flatten(0, 1)[None]


def _ungrouped(joined: torch.Tensor, groups: int) -> torch.Tensor:
    """Part (kv heads, group x n, size) into (kv heads, group, n, size)."""
    return joined.view(joined.shape[0], groups, -1, joined.shape[2])
