"""The signs of life of this run: while it gives them, no other takes the replies that it writes for dead."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage.runs import BEAT, Runs
from storage.types import StorageError

log = logging.getLogger("bezel.heartbeat")


@contextmanager
def beating(runs: Runs, every: float = BEAT) -> Iterator[None]:
    """Give a sign of life every so many seconds; at the end close what this run has left open."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(runs, every, ended), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        runs.end()


def _beat(runs: Runs, every: float, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            if dead := runs.beat(time.monotonic()):
                log.info("%d replies had been cut off; they are kept as far as they had passed", dead)
        except StorageError as error:
            log.warning("no sign of life could be given: %s", error)
        ended.wait(every)
