"""Decoding over buffers that never move: steps whose shapes are few, so that a compiler can capture them.

Each text that decodes has a row of its own in every layer's buffers; a step takes the first 1, 2, 4 … rows
and the first 512, 1024, 2048 … tokens of each, and masks what is not there.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch

from model.attention import Segment, masked_attention
from model.states import States

log = logging.getLogger(__name__)

BUCKET = 512
"""The shortest length that is read of every row; the next are twice as long each."""


class StaticDecoder:
    """Rows for at most `rows` texts of at most `capacity` tokens; one thread's, but for its making.

    `model` is read with what one token leaves in it (`sample`), which tells the shapes of its layers.
    """

    def __init__(self, model: Any, sample: States, *, rows: int, capacity: int) -> None:
        self.capacity = capacity
        self.is_on = True
        """Whether steps may be taken; once off, for good."""
        self.steps = 0
        """How many steps were taken."""
        self._model = model
        self._owners: list[States | None] = [None] * rows
        self._windows = (None, getattr(model.config, "sliding_window", None))
        self._take_step: Callable[[torch.Tensor, int], torch.Tensor] = self.forward
        # A token behind the capacity: the rows that have no part in a step write there, and nobody reads it.
        self._buffers = {
            layer: tuple(_fixed(part, rows, capacity + 1) for part in parts)
            for layer, parts in sample.layers().items()
        }

    @property
    def rows(self) -> int:
        """For how many texts there is room."""
        return len(self._owners)

    @property
    def size(self) -> int:
        """Bytes of all buffers."""
        return sum(part.nbytes for parts in self._buffers.values() for part in parts)

    def compile(self, **options: Any) -> None:
        """Let torch compile the step, once for each of its shapes; `options` are torch.compile's."""
        settings: dict[str, Any] = {
            "fullgraph": True,
            "dynamic": False,
            "isolate_recompiles": True,
            "recompile_limit": len(self._shapes()),
        }
        self._take_step = torch.compile(self.forward, **settings, **options)

    def read(self, segments: Sequence[Segment]) -> torch.Tensor | None:
        """Read one token of each text, uncommitted; gives float32 logits (texts, vocabulary).

        None where the step is of another kind, finds no room, or failed: it must be read otherwise. A
        failure turns the decoder off.
        """
        if not self.is_on or not self._can_take(segments):
            return None
        try:
            # Buffers and graphs outlive this step, and so must not be inference tensors.
            with torch.inference_mode(False), torch.no_grad():
                return self._read(segments)
        except Exception as fault:  # noqa: BLE001  a compiler raises whatever it likes, and no reply may end by it
            self.turn_off(f"a step ended in {type(fault).__name__}")
            return None

    def leave(self, states: States) -> None:
        """Give back the row of a text, if it has one; what counts moves to buffers of its own.

        The row is free even where that raises.
        """
        for row, owner in enumerate(self._owners):
            if owner is states:
                self._owners[row] = None
                states.move({})

    def turn_off(self, why: str) -> None:
        """Take no more steps. Texts that have rows keep them until they leave."""
        if self.is_on:
            log.warning("Decoding goes on without static buffers: %s.", why)
        self.is_on = False

    def forward(self, inputs: torch.Tensor, length: int) -> torch.Tensor:
        """Give logits (rows, vocabulary) for inputs (3, rows): ids, positions, where to write."""
        ids, positions, places = inputs
        output = self._model(
            input_ids=ids[:, None],
            position_ids=positions[:, None],
            past_key_values=_RowCache(self._buffers, places, length),
            use_cache=True,
            logits_to_keep=1,
            masks=self._masks(positions, length),
        )
        logits: torch.Tensor = output.logits[:, 0].float()
        return logits

    def _masks(self, positions: torch.Tensor, length: int) -> dict[int | None, torch.Tensor]:
        """What to add to the scores, (rows, 1, 1, length), for layers of either kind."""
        old = torch.arange(length, device=positions.device)
        new = positions[:, None]
        masks = {}
        for window in self._windows:
            is_hidden = old > new if window is None else (old > new) | (old <= new - window)
            mask = torch.zeros(is_hidden.shape, dtype=self._model.dtype, device=positions.device)
            masks[window] = mask.masked_fill(is_hidden, -torch.inf)[:, None, None]
        return masks

    def _can_take(self, segments: Sequence[Segment]) -> bool:
        """Whether each text decodes one token and has a row or may have one, and room for it there."""
        return len(segments) <= len(self._owners) and all(
            segment.is_due and len(segment.ids) == 1 and 0 < segment.states.length < self.capacity
            for segment in segments
        )

    def _read(self, segments: Sequence[Segment]) -> torch.Tensor | None:
        rows = [self._row_of(segment.states) for segment in segments]
        if None in rows:
            return None
        taken = [row for row in rows if row is not None]
        count = _doubled(1, max(taken) + 1, len(self._owners))
        length = _doubled(BUCKET, 1 + max(segment.states.length for segment in segments), self.capacity)
        inputs = torch.tensor([[0] * count, [0] * count, [self.capacity] * count])
        for row, segment in zip(taken, segments, strict=True):
            at = segment.states.length
            inputs[:, row] = torch.tensor([segment.ids[0], at, at])
        with masked_attention(self._model.config):
            logits = self._take_step(inputs.to(self._model.device), length)
        self.steps += 1
        # A copy: the next step of a captured graph writes over what this one gave.
        return logits[taken]

    def _row_of(self, states: States) -> int | None:
        """Give the row of a text: its own, or the first free one, into which it moves."""
        free = None
        for row, owner in enumerate(self._owners):
            if owner is states:
                return row
            if owner is None and free is None:
                free = row
        if free is not None:
            views = {
                layer: (keys[free, :, : self.capacity], values[free, :, : self.capacity])
                for layer, (keys, values) in self._buffers.items()
            }
            self._owners[free] = states
            states.move(views)
        return free

    def _shapes(self) -> list[tuple[int, int]]:
        counts = {_doubled(1, count, len(self._owners)) for count in range(1, len(self._owners) + 1)}
        lengths = {_doubled(BUCKET, end, self.capacity) for end in range(1, self.capacity + 1, BUCKET)}
        return [(count, length) for count in counts for length in lengths]


class _RowCache:
    """What transformers takes for a cache: it writes a token into each row and gives the rows' beginnings."""

    is_compileable = False

    def __init__(
        self, buffers: dict[int, tuple[torch.Tensor, ...]], places: torch.Tensor, length: int
    ) -> None:
        self._buffers = buffers
        self._places = places
        self._length = length

    def update(
        self, key: torch.Tensor, value: torch.Tensor, layer: int, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write (rows, heads, 1, size); give (rows, heads, length, size)."""
        keys, values = self._buffers[layer]
        count = key.shape[0]
        rows = torch.arange(count, device=key.device)
        keys[rows, :, self._places] = key[:, :, 0]
        values[rows, :, self._places] = value[:, :, 0]
        return keys[:count, :, : self._length], values[:count, :, : self._length]

    def get_seq_length(self, layer: int = 0) -> int:
        """Say nothing of length: every forward names its positions."""
        return 0


def capacity_within(budget: int, *, rows: int, token_bytes: int, context: int) -> int:
    """The tokens of each row that half of `budget` bytes holds, at most the context; 0 if that is too few."""
    fitting = budget // 2 // max(1, rows * token_bytes)
    return min(fitting // BUCKET, -(-context // BUCKET)) * BUCKET


def _doubled(least: int, wanted: int, most: int) -> int:
    """Give the first of least, 2 x least, 4 x least … that reaches `wanted`, but never more than `most`."""
    while least < wanted:
        least *= 2
    return min(least, most)


def _fixed(part: torch.Tensor, rows: int, length: int) -> torch.Tensor:
    """Give zeros (rows, heads, length, size) at an address that stays, for a text's (heads, tokens, size)."""
    with torch.inference_mode(False):
        buffer = torch.zeros(rows, part.shape[0], length, part.shape[2], dtype=part.dtype, device=part.device)
        torch._dynamo.mark_static_address(buffer)  # noqa: SLF001  as transformers' own StaticCache does
    return buffer
