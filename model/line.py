"""A bounded line: so many turns at once, so many more waiting in order; the rest hear that it is busy."""

import asyncio
from contextlib import suppress
from threading import Lock

from model.types import ModelBusy


class Line:
    """Gives places to turns, whatever event loops they run in: at most `at_once`, `waiting` more in line."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._may_wait = waiting
        self._lock = Lock()
        self._active: list[Place] = []
        self._waiting: list[Place] = []

    @property
    def active(self) -> int:
        """How many turns hold a place now."""
        return len(self._active)

    @property
    def waiting(self) -> int:
        """How many turns wait for a place now."""
        return len(self._waiting)

    def join(self) -> "Place":
        """Take a place at the end. Raises ModelBusy when the line is full."""
        with self._lock:
            if len(self._active) + len(self._waiting) >= self._at_once + self._may_wait:
                raise ModelBusy(
                    f"The model is busy (replies: {len(self._active)}, waiting: {len(self._waiting)}); "
                    "please try again in a moment."
                )
            place = Place(self)
            self._waiting.append(place)
            self._move_up()
        return place

    def leave(self, place: "Place") -> None:
        """Give a place up; those behind move up. Leaving twice changes nothing."""
        with self._lock:
            for places in (self._active, self._waiting):
                if place in places:
                    places.remove(place)
            self._move_up()

    def number_of(self, place: "Place") -> int:
        """How many turns begin up to this one: 1 is the next, 0 has begun."""
        with self._lock:
            return self._waiting.index(place) + 1 if place in self._waiting else 0

    def _move_up(self) -> None:
        free = self._at_once - len(self._active)
        self._active += self._waiting[:free]
        moved = self._waiting[:]
        del self._waiting[:free]
        for place in moved:
            place.wake()


class Place:
    """One turn's place in the line; made in the event loop that waits for it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()

    async def number(self) -> int:
        """Wait until the line moved, then give this place's number in it: 0 once it is this turn's time."""
        await self._moved.wait()
        self._moved.clear()
        return self._line.number_of(self)

    def leave(self) -> None:
        """Give the place up."""
        self._line.leave(self)

    def wake(self) -> None:
        """Say, from any thread, that the line moved."""
        # A turn whose loop is closed leaves the line when its generator is.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._moved.set)
