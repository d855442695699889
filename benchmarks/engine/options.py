"""What a run was asked for; loads nothing heavy."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bench:
    """The options of a run and the folder for its checkpoints."""

    folder: Path
    families: tuple[str, ...]
    rounds: int | None
    """How often each side is measured; None leaves it to the row."""
    is_quick: bool
    deadline: float
    """When, by time.monotonic(), to leave out further rounds; each row has at least one."""

    @property
    def size(self) -> str:
        """The model for figures of speed, in words."""
        return f"{'63' if self.is_quick else '413'} million random weights in bf16"

    def each_round(self, usual: int = 3) -> Iterator[int]:
        """The numbers of the rounds: as asked for, or as usual; no second one once the time is over."""
        for number in range(self.rounds or (1 if self.is_quick else usual)):
            if number == 0 or time.monotonic() < self.deadline:
                yield number
