"""What the model remembers of one text: the keys and values of every layer, in buffers that grow in steps."""

from collections.abc import Mapping

import torch

STEP = 256
"""Buffers grow by at least so many tokens, and by a quarter: appending copies nothing."""


class States:
    """The keys and values of one sequence. What was written counts only once it is committed.

    Every layer keeps all its states, those with a sliding window too, so that cutting back is exact.
    """

    def __init__(self) -> None:
        self.length = 0
        """How many tokens count; `put` writes behind them."""
        self._keys: dict[int, torch.Tensor] = {}
        self._values: dict[int, torch.Tensor] = {}

    @property
    def size(self) -> int:
        """Bytes of all buffers, room to grow included."""
        return sum(part.nbytes for parts in (self._keys, self._values) for part in parts.values())

    @property
    def capacity(self) -> int:
        """How many tokens the buffers hold before they grow."""
        return min((part.shape[1] for part in self._keys.values()), default=0)

    def put(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write (heads, n, size) behind what counts; give the layer's whole buffers."""
        end = self.length + key.shape[1]
        keys = self._roomy(self._keys, layer, key, end)
        values = self._roomy(self._values, layer, value, end)
        keys[:, self.length : end] = key
        values[:, self.length : end] = value
        return keys, values

    def commit(self, count: int) -> None:
        """Let `count` more of the written tokens count."""
        self.length += count

    def crop(self, length: int) -> None:
        """Forget everything behind the first `length` tokens."""
        self.length = min(self.length, length)

    def layers(self) -> dict[int, tuple[torch.Tensor, torch.Tensor]]:
        """Give the buffers of keys and values of each layer."""
        return {layer: (keys, self._values[layer]) for layer, keys in self._keys.items()}

    def move(self, places: Mapping[int, tuple[torch.Tensor, torch.Tensor]]) -> None:
        """Copy what counts into these buffers and stay there until they are full; without any, into new ones.

        What lay in the buffers behind that is overwritten with zeros.
        """
        for layer, old in self.layers().items():
            new = places.get(layer) or (self._empty(old[0]), self._empty(old[1]))
            for part, written in zip(new, old, strict=True):
                part[:, : self.length] = written[:, : self.length]
                part[:, self.length :] = 0
            self._keys[layer], self._values[layer] = new

    def _empty(self, part: torch.Tensor) -> torch.Tensor:
        return part.new_empty(part.shape[0], steps_up(self.length), part.shape[2])

    def _roomy(self, parts: dict[int, torch.Tensor], layer: int, new: torch.Tensor, end: int) -> torch.Tensor:
        old = parts.get(layer)
        if old is not None and end <= old.shape[1]:
            return old
        wanted = end if old is None else max(end, old.shape[1] + old.shape[1] // 4)
        # Zeros: what is behind the end is multiplied by a weight of nothing, and must be a number.
        roomy = new.new_zeros(new.shape[0], steps_up(wanted), new.shape[2])
        if old is not None:
            roomy[:, : self.length] = old[:, : self.length]
        parts[layer] = roomy
        return roomy


def steps_up(tokens: int) -> int:
    """Round a number of tokens up to whole steps."""
    return -(-tokens // STEP) * STEP
