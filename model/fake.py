"""FakeModel says what it is told: a chat model for tests and for work on pages, without weights."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from itertools import cycle

from model.line import Line
from model.types import Checkpoint, Chunk, Ending, GenerationSettings, Message, ModelError

FAKE = Checkpoint(id="fake", revision="0", title="Fake model", licence="none", context_length=8_192)


class FakeModel:
    """A ChatModel that says `replies` in order, over and over, `chunk` characters every `pace` seconds.

    A reply that is a ModelError is raised, not said. Each chunk counts as one token, so max_tokens cuts it.
    It says `at_once` replies at the same time; who comes later waits in line.
    """

    def __init__(
        self,
        replies: Sequence[str | ModelError],
        *,
        pace: float = 0.0,
        chunk: int = 4,
        checkpoint: Checkpoint = FAKE,
        at_once: int = 1_000,
    ) -> None:
        if not replies:
            raise ValueError("FakeModel was given no replies; it needs at least one.")
        self.calls: list[tuple[Message, ...]] = []
        self.settings: list[GenerationSettings] = []
        self.conversations: list[str | None] = []
        self.forgotten: list[str] = []
        self.closed = 0
        """How many replies were closed before their end."""
        self.is_shut = False
        self._replies: Iterator[str | ModelError] = cycle(replies)
        self._pace = pace
        self._chunk = chunk
        self._checkpoint = checkpoint
        self._line = Line(at_once, waiting=1_000)

    @property
    def checkpoint(self) -> Checkpoint:
        """What this fake claims to be."""
        return self._checkpoint

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Record the call, then yield the next reply in chunks; the last, empty, carries the ending."""
        place = self._line.join()
        try:
            while number := await place.number():
                yield Chunk("", place=number)
            async with aclosing(self._said(prompt, settings, conversation)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            place.leave()

    async def _said(
        self, prompt: Sequence[Message], settings: GenerationSettings, conversation: str | None
    ) -> AsyncGenerator[Chunk, None]:
        reply = self._answer(prompt, settings)
        self.conversations.append(conversation)
        started = time.monotonic()
        first: float | None = None
        pieces = self._pieces(reply)
        has_ended = False
        try:
            for piece in pieces[: settings.max_tokens]:
                await asyncio.sleep(self._pace)
                first = first if first is not None else time.monotonic() - started
                yield Chunk(piece)
            has_ended = True
        finally:
            self.closed += not has_ended
        yield Chunk(
            "",
            Ending(
                reason="length" if len(pieces) > settings.max_tokens else "end",
                prompt_tokens=sum(len(self._pieces(message.text)) for message in prompt),
                tokens=min(len(pieces), settings.max_tokens),
                seconds=time.monotonic() - started,
                first_token_seconds=first,
                remembered=len(prompt),
            ),
        )

    def _answer(self, prompt: Sequence[Message], settings: GenerationSettings) -> str:
        if self.is_shut:
            raise ModelError("The model has been closed.")
        self.calls.append(tuple(prompt))
        self.settings.append(settings)
        reply = next(self._replies)
        if isinstance(reply, ModelError):
            raise reply
        return reply

    def _pieces(self, text: str) -> list[str]:
        return [text[at : at + self._chunk] for at in range(0, len(text), self._chunk)]

    def forget(self, conversation: str) -> None:
        """Record what was to be forgotten."""
        self.forgotten.append(conversation)

    def close(self) -> None:
        """Refuse every later stream; safe to call twice."""
        self.is_shut = True
