"""What new tokens of a text see of its states, and what hides the rest from them."""

from dataclasses import dataclass

import torch

from model.states import STEP, steps_up

MOST = 0.75
"""The share of buffers from which on all of them take no longer than that part."""


class Masks:
    """The masks of one forward, made once and used by every layer."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int, int, int | None, torch.dtype, torch.device], torch.Tensor] = {}
        self._hidden: dict[tuple[tuple[tuple[int, int], ...], int, torch.device], torch.Tensor] = {}

    def of(self, query: torch.Tensor, before: int, length: int, window: int | None) -> torch.Tensor:
        """Give what to add to the scores, (n, length): n new tokens that come after `before` states."""
        count = query.shape[-2]
        key = (count, before, length, window, query.dtype, query.device)
        if key not in self._made:
            new = torch.arange(before, before + count, device=query.device)[:, None]
            old = torch.arange(length, device=query.device)
            is_hidden = old > new if window is None else (old > new) | (old <= new - window)
            mask = torch.zeros(count, length, dtype=query.dtype, device=query.device)
            self._made[key] = mask.masked_fill_(is_hidden, -torch.inf)
        return self._made[key]

    def hidden(self, shown: tuple[tuple[int, int], ...], length: int, device: torch.device) -> torch.Tensor:
        """Give what each of several texts does not see of `length` states, (texts, 1, 1, length)."""
        key = (shown, length, device)
        if key not in self._hidden:
            hidden = torch.ones(len(shown), 1, 1, length, dtype=torch.bool)
            for line, (first, end) in zip(hidden, shown, strict=True):
                line[..., first:end] = False
            self._hidden[key] = hidden.to(device)
        return self._hidden[key]


@dataclass(frozen=True, slots=True)
class View:
    """What new tokens of one text see: its `seen` states, or in a sliding layer those in the window."""

    seen: int
    window: int | None
    masks: Masks

    def first(self, count: int) -> int:
        """The first state that any of `count` new tokens sees."""
        return 0 if self.window is None else max(0, self.seen - count - self.window + 1)

    def steps(self, count: int, capacity: int) -> slice:
        """The whole steps of buffers that hold all of it: few occur, and each shape is prepared anew.

        Where that is most of the buffers it is all of them: a product would copy a part of them first.
        """
        part = slice(self.first(count) // STEP * STEP, min(steps_up(self.seen), capacity))
        return part if part.stop - part.start < MOST * capacity else slice(0, capacity)
