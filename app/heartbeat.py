"""The signs of life of this run: while it gives them, no other takes the replies that it writes for dead."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.repeating import repeating
from storage.runs import BEAT, Runs
from storage.types import StorageError

log = logging.getLogger("bezel.heartbeat")


@contextmanager
def beating(runs: Runs, every: float = BEAT) -> Iterator[None]:
    """Give a sign of life now and every so many seconds; at the end close what this run has left open."""
    try:
        beat(runs)
        with repeating("heartbeat", lambda: beat(runs), every):
            yield
    finally:
        runs.end()


def beat(runs: Runs) -> None:
    """Give one sign of life."""
    try:
        if dead := runs.beat(time.monotonic()):
            log.info("%d replies had been cut off; they are kept as far as they had passed", dead)
    except StorageError as error:
        log.warning("no sign of life could be given: %s", error)
