"""A gate that is fair: who came first goes first."""

import threading
from collections import deque


class Turnstile:
    """Lets so many threads in at a time, in the order in which they came.

    threading.Lock lets in whoever is quickest, which is mostly the thread that has just left: with 32 writers
    at once, some then wait for as long as others write all that they have. So does a pool of connections.
    """

    def __init__(self, places: int) -> None:
        self._guard = threading.Lock()
        self._free = places
        self._line: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if self._free:
                self._free -= 1
                return
            called = threading.Lock()
            called.acquire()
            self._line.append(called)
        called.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._line:
                # Handed on: the place is never free in between, so nobody can jump the line.
                self._line.popleft().release()
            else:
                self._free += 1
