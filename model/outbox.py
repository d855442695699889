"""What the engine's thread says crosses into the event loop of whoever listens."""

import asyncio

from model.types import Chunk, Ending, ModelError


class Outbox:
    """Text on its way to one listener; what a slow listener has not taken grows into one chunk."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._text: list[str] = []
        self._ending: Ending | None = None
        self._fault: ModelError | None = None
        self._place: int | None = None

    def send(
        self,
        text: str = "",
        *,
        ending: Ending | None = None,
        fault: ModelError | None = None,
        place: int | None = None,
    ) -> bool:
        """Send from any thread; False once the listener's event loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._receive, text, ending, fault, place)
        except RuntimeError:
            return False
        return True

    async def take(self) -> Chunk:
        """Wait for the next chunk; a fault is raised after the text that came before it."""
        await self._changed.wait()
        self._changed.clear()
        if self._fault is not None and not self._text:
            raise self._fault
        chunk = Chunk("".join(self._text), self._ending, self._place)
        self._text.clear()
        if self._fault is not None:
            self._changed.set()
        return chunk

    def _receive(self, text: str, ending: Ending | None, fault: ModelError | None, place: int | None) -> None:
        if text:
            self._text.append(text)
        self._ending = ending
        self._fault = fault
        # A place that was not taken before the reply began says nothing any more.
        self._place = place
        self._changed.set()
