"""Attention with its scores at hand, a block of new tokens at a time: where no single call knows the cap, and
on a CPU in bfloat16, where this takes half the time of `scaled_dot_product_attention`.

A processor prepares each shape of a product anew and keeps it, so shapes are rounded up until few occur.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch.nn.functional import pad, softmax

from model.states import STEP
from model.views import View

BLOCK = 128
"""So many new tokens have their scores in memory at once."""
ROWS = 16
"""A block is filled up to a multiple of this."""


class Scoring(Protocol):
    """What a layer makes of its products: the weights of (kv heads, group, n, size) over its states.

    Gives (kv heads, group x n, length). `mask` (n, length) is added to the scores; the states before `end`
    are the newest that count.
    """

    def weights(
        self, query: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor, end: int
    ) -> torch.Tensor: ...


@dataclass(frozen=True, slots=True)
class Scaled:
    """Scores are multiplied by `scale`, and rounded once, less a guess at the largest of each token.

    What is taken from all scores of a token changes no weight, but the large ones are near zero then and lose
    next to nothing by the rounding.
    """

    scale: float

    def weights(self, query: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor, end: int) -> torch.Tensor:
        """Guess from the newest states, and weigh all."""
        newest, rows = slice(max(end, STEP) - STEP, max(end, STEP)), query.flatten(1, 2)
        guess = (rows @ keys[:, newest].transpose(1, 2)).amax(-1).mul_(self.scale).view(query.shape[:3])
        shifted = (mask - guess[..., None]).flatten(1, 2)
        return softmax(shifted.baddbmm_(rows, keys.transpose(1, 2), alpha=self.scale), dim=-1)


@dataclass(frozen=True, slots=True)
class Cap:
    """Scores are multiplied by `scale` and bent below `softcap`, each step rounded as Gemma 2 rounds it."""

    scale: float
    softcap: float

    def scores(self, query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Score (kv heads, n, size) against (kv heads, length, size)."""
        scores = query @ keys.transpose(1, 2)
        return scores.mul_(self.scale).div_(self.softcap).tanh_().mul_(self.softcap)

    def weights(self, query: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor, end: int) -> torch.Tensor:
        """Weigh all; summed in float32 and rounded once, as the model's own, which asks for float32."""
        scores = self.scores(query.flatten(1, 2), keys)
        scores.view(*query.shape[:3], -1).add_(mask)
        return softmax(scores, dim=-1)


def attend_in_blocks(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scoring: Scoring, view: View
) -> torch.Tensor:
    """Attend from (kv heads, group, n, size) to the states, a block of new tokens after the other.

    Gives (n, heads, size).
    """
    outputs, seen = [], view.seen - query.shape[2]
    for block in torch.split(query, BLOCK, 2):
        seen += block.shape[2]
        outputs.append(_attend_block(block, keys, values, scoring, replace(view, seen=seen)))
    return torch.cat(outputs)


def _attend_block(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scoring: Scoring, view: View
) -> torch.Tensor:
    count = query.shape[2]
    query = pad(query, (0, 0, 0, -count % ROWS))
    steps = view.steps(count, keys.shape[1])
    keys, values = keys[:, steps], values[:, steps]
    end = view.seen - steps.start
    mask = view.masks.of(query, end - count, keys.shape[1], view.window)
    output = (scoring.weights(query, keys, mask, end) @ values).view_as(query)
    return output[:, :, :count].flatten(0, 1).transpose(0, 1)


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
