"""What was read for a conversation is kept for its next turn, within a budget, longest unused out first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.states import States


@dataclass(frozen=True, slots=True)
class Reading:
    """The ids that were read, and the states they left."""

    ids: tuple[int, ...]
    states: "States"


class Kept:
    """The readings of conversations between their turns, each for its own conversation only.

    Not safe to share: the engine asks it with its lock held.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        """Bytes for what is kept and what active turns may come to need."""
        self._readings: dict[str, Reading] = {}

    @property
    def size(self) -> int:
        """Bytes kept now."""
        return sum(reading.states.size for reading in self._readings.values())

    def keep(self, conversation: str, reading: Reading, *, reserved: int) -> None:
        """Keep this for the conversation's next turn, if it fits beside the `reserved` bytes."""
        self.forget(conversation)
        if reading.ids:
            self._readings[conversation] = reading
        self.make_room(reserved)

    def take(self, conversation: str | None, ids: Sequence[int]) -> "States | None":
        """Hand over the states of the longest common beginning, at least one id short of `ids`."""
        reading = self._readings.pop(conversation, None) if conversation is not None else None
        if reading is None:
            return None
        pairs = zip(reading.ids, ids[:-1], strict=False)
        common = next((at for at, (old, new) in enumerate(pairs) if old != new), None)
        reading.states.crop(min(len(reading.ids), len(ids) - 1) if common is None else common)
        return reading.states

    def holds(self, conversation: str) -> bool:
        """Whether anything is kept of this conversation."""
        return conversation in self._readings

    def forget(self, conversation: str) -> None:
        """Drop what is kept of a conversation."""
        self._readings.pop(conversation, None)

    def make_room(self, reserved: int) -> bool:
        """Drop readings until the rest fits beside the `reserved` bytes; False where those alone do not."""
        while self._readings and self.size + reserved > self.budget:
            del self._readings[next(iter(self._readings))]
        return reserved <= self.budget

    def clear(self) -> None:
        """Drop everything."""
        self._readings.clear()
