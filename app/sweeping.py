"""Lets go, day by day, of what has been kept for as long as it may be."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from app.repeating import repeating
from storage.types import StorageError

FIRST_SECONDS = 600.0
"""After a start a machine may still be setting its clock, and what is swept away is gone."""
EVERY_SECONDS = 3600.0
LARGEST_JUMP = 3600.0
log = logging.getLogger("bezel.sweeping")


class Clocks:
    """Whether the clock on the wall has gone as a clock goes since it was last looked at."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def agree(self) -> bool:
        """False once after each jump of more than an hour: one that is mended soon sweeps nothing away."""
        before, self._ahead = self._ahead, self._wall() - self._steady()
        return abs(self._ahead - before) <= LARGEST_JUMP


@contextmanager
def sweeping(
    sweeps: Sequence[Callable[[], int]],
    first: float = FIRST_SECONDS,
    every: float = EVERY_SECONDS,
    clocks: Clocks | None = None,
) -> Iterator[None]:
    """Call these every so many seconds, in a thread of its own, until the end."""
    look = clocks or Clocks()
    with repeating("sweeping", lambda: sweep(sweeps, look), every, first=first):
        yield


def sweep(sweeps: Sequence[Callable[[], int]], clocks: Clocks) -> None:
    """Call each once; nothing where the clock has jumped, for then nobody knows what is old."""
    if not clocks.agree():
        log.warning("the clock has jumped; nothing is swept away before the next time")
        return
    for go in sweeps:
        try:
            go()
        except StorageError as error:
            log.warning("nothing could be swept away now: %s", error)
