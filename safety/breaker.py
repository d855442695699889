"""A circuit breaker: after failures in a row nothing is tried for a while, then one thing, then all again."""

import logging
import time
from collections.abc import Callable
from threading import Lock

log = logging.getLogger(__name__)

FAILURES = 3
"""So many in a row open the circuit."""
PAUSE = 30.0
"""Seconds for which it stays open before something is tried again."""


class Breaker:
    """Keeps texts from waiting for a judge that does not answer; safe to use from many threads."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._tried_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether nothing is let through now, but one try after each pause."""
        return self._failures >= FAILURES

    def lets_through(self) -> bool:
        """Whether the next text may be tried; with an open circuit that is one after each pause."""
        with self._lock:
            if not self.is_open:
                return True
            now = self._clock()
            if now - self._tried_at < PAUSE:
                return False
            self._tried_at = now
            return True

    def ended(self, *, failed: bool) -> None:
        """Hear how a text that was let through ended: a success closes the circuit."""
        with self._lock:
            was_open = self.is_open
            self._failures = self._failures + 1 if failed else 0
            if self.is_open and not was_open:
                self._tried_at = self._clock()
                log.error(
                    "%s failed %d times in a row; it is asked again in %g s", self._name, FAILURES, PAUSE
                )
            elif was_open and not self.is_open:
                log.warning("%s answers again", self._name)
