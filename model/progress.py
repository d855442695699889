"""How far a checkpoint is on its way into memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["checking", "downloading", "reading", "warming"]
"""`checking` ends before the first byte of weights: what fails in it is for the host to mend."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where loading stands: `fraction` from 0 to 1 of its stage, or None where nothing can be said."""

    stage: Stage
    fraction: float | None = None
    text: str = ""
    """What a person may read about it, as `1.2 of 5.2 GB`; no paths."""


OnProgress = Callable[[Progress], None]
