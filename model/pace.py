"""How much of a prompt is read in one step: much when nobody else waits for a token, little otherwise."""

from collections import deque
from statistics import median

MOST = 512
LEAST = 16
FIRST = 32
"""Before anything was measured."""
SHARE = 0.7
"""How much longer, as a share of it, a step may last for a piece; the rest up to twice is for chance."""
REMEMBERED = 7
"""So many of the last steps are remembered of each kind; a step that another process held up is outvoted."""


class Pace:
    """Measures steps, and sizes the piece so that a step with it lasts less than twice a step without."""

    def __init__(self) -> None:
        self._plain: deque[float] = deque(maxlen=REMEMBERED)
        self._token: deque[float] = deque(maxlen=REMEMBERED)

    def piece(self, decoding: int, reading: int = 1) -> int:
        """Give how many prompt tokens the next step may read for `reading` turns beside `decoding` ones.

        Where more wait for their first word than for their next, it grows by as much: they are the many.
        """
        if not decoding:
            return MOST
        weight = max(1.0, reading / decoding)
        if not self._plain or not self._token:
            return int(min(MOST, weight * FIRST))
        return int(max(LEAST, min(MOST, weight * SHARE * median(self._plain) / median(self._token))))

    def measured(self, seconds: float, *, decoding: int, read: int) -> None:
        """Learn from a step that read so many prompt tokens beside so many turns."""
        if decoding and not read:
            self._plain.append(seconds)
        elif decoding and self._plain:
            # Large pieces cost less a token, so those that were read beside nobody teach nothing.
            beside = seconds - median(self._plain)
            self._token.append(max(beside, seconds / 10) / read)
