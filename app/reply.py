"""One reply while it is made: what the model has said so far, and the record that is closed exactly once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from model.types import Chunk, Ending
from safety.types import Verdict
from storage.store import Store
from storage.types import MessageState, StorageError, StoredMessage


class Generated:
    """The model's chunks as text, with all that was generated and how it ended; Stop ends it early."""

    def __init__(self, chunks: AsyncGenerator[Chunk, None], stop: asyncio.Event) -> None:
        self._chunks = chunks
        self._stop = stop
        self._stopping: asyncio.Task[object] | None = None
        self._first: Chunk | None = None
        self.text = ""
        self.ending: Ending | None = None

    async def places(self) -> AsyncIterator[int | None]:
        """Yield the turn's place in line, None where it has none yet, until the model begins to answer."""
        while (chunk := await self._next()) is not None:
            if chunk.text or chunk.ending:
                self._first = chunk
                return
            yield chunk.place

    async def texts(self) -> AsyncIterator[str]:
        """Yield the text of each chunk until the end or Stop; always closes the model's stream."""
        async with aclosing(self):
            chunk = self._first or await self._next()
            while chunk is not None:
                self.text += chunk.text
                self.ending = chunk.ending or self.ending
                if chunk.text:
                    yield chunk.text
                chunk = await self._next()

    async def aclose(self) -> None:
        """End the model's stream; safe to call twice."""
        if self._stopping is not None:
            self._stopping.cancel()
        await self._chunks.aclose()

    async def _next(self) -> Chunk | None:
        """The next chunk, or None at the end or once Stop is pressed, also while the model is silent."""
        coming = asyncio.ensure_future(anext(self._chunks, None))
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((coming, self._stopping), return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() and not self._stop.is_set() else None
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    @property
    def was_stopped(self) -> bool:
        """Whether the person ended it before the model did."""
        return self._stop.is_set() and self.ending is None


@dataclass(slots=True)
class ReplyRecord:
    """The open record of one reply; closed exactly once, whatever happens to the turn."""

    store: Store
    owner: str
    reply: StoredMessage
    passed: str = ""
    judged: str = ""
    """All that the last verdict is about, redacted; what evidence keeps."""
    verdict: Verdict | None = None
    is_closed: bool = False

    @property
    def is_withheld(self) -> bool:
        """Whether the last verdict withholds the reply."""
        return self.verdict is not None and self.verdict.action.withholds

    @property
    def is_redacted(self) -> bool:
        """Whether something is taken out of the reply."""
        return self.verdict is not None and bool(self.verdict.redactions)

    def end(self, source: Generated, severity: int) -> StoredMessage:
        """Close the record at the reply's end: complete, stopped or withheld."""
        self.is_closed = True
        if self.is_withheld:
            return self._store_end("withheld", "withheld", generated=self.judged, severity=severity)
        if source.was_stopped:
            return self._store_end("stopped", "stopped", severity=severity)
        return self._store_end(
            "complete", source.ending.reason if source.ending else "end", severity=severity
        )

    def close(self, state: Literal["failed", "interrupted"], reason: str) -> StoredMessage:
        """Close a record that has no end of its own, with what had passed; does nothing to a closed one."""
        if self.is_closed:
            return self.reply
        self.is_closed = True
        return self._store_end(state, reason)

    def _store_end(
        self, state: MessageState, reason: str, *, generated: str | None = None, severity: int = 1
    ) -> StoredMessage:
        end = partial(
            self.store.end_reply,
            self.owner,
            self.reply.id,
            state=state,
            text=self.passed,
            end_reason=reason,
            verdict=self.verdict,
            generated=generated,
            severity=severity,
        )
        try:
            self.reply = end()
        except StorageError:
            self.store.runs.later(end)
            raise
        return self.reply
