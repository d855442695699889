"""Waiting for a server: so long and no longer, and not past the closing of the model."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from model.types import ModelError

T = TypeVar("T")


class Patience:
    """Every wait of one model; `end` ends them all, whatever event loops they run in."""

    def __init__(self) -> None:
        self.is_over = False
        self._clocks: set[_Clock] = set()

    async def within(self, seconds: float | None, waited: Awaitable[T], late: str) -> T:
        """Wait, at most so many seconds if any are given. Raises ModelError: `late`, or that all ended."""
        clock = None
        try:
            async with asyncio.timeout(seconds) as timeout:
                clock = _Clock(asyncio.get_running_loop(), timeout)
                self._clocks.add(clock)
                if self.is_over:
                    clock.stop()
                return await waited
        except TimeoutError:
            closed = "The model was closed before this reply was finished."
            raise ModelError(closed if self.is_over else late) from None
        finally:
            if clock is not None:
                self._clocks.discard(clock)

    def end(self) -> None:
        """End every wait, from any thread; safe to call twice."""
        self.is_over = True
        for clock in tuple(self._clocks):
            clock.stop()


@dataclass(frozen=True, slots=True, eq=False)
class _Clock:
    """A wait that can be ended from any thread."""

    loop: asyncio.AbstractEventLoop
    timeout: asyncio.Timeout

    def stop(self) -> None:
        """End the wait now; one that is over already stays so."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        with suppress(RuntimeError):
            self.timeout.reschedule(self.loop.time())
