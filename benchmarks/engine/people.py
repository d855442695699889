"""People who talk to the engine: they join, listen, and leave when they like."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.engine.checkpoints import asked
from model.engine import Engine
from model.loading import Loaded
from model.prompt import PromptWriter
from model.types import Chunk, Ending, GenerationSettings, Message


@dataclass(frozen=True, slots=True)
class Desk:
    """A running engine and what it was loaded from."""

    engine: Engine
    loaded: Loaded

    @property
    def vocabulary(self) -> int:
        """How many words the checkpoint has."""
        return len(self.loaded.tokenizer)

    def ids(self, prompt: Sequence[Message], max_tokens: int) -> list[int]:
        """A prompt as the model reads it."""
        writer = PromptWriter(self.loaded.tokenizer, self.loaded.checkpoint.context_length)
        return list(writer.write(prompt, max_tokens).ids)

    def ids_of(self, text: str) -> list[int]:
        """The ids that a reply was made of."""
        ids: Any = self.loaded.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids
        return list(ids)


class Listener:
    """One person's reply on its way: begins when made, inside a running event loop."""

    def __init__(
        self, desk: Desk, prompt: Sequence[Message], max_tokens: int, *, conversation: str | None = None
    ) -> None:
        self.prompt = list(prompt)
        self.began = time.perf_counter()
        self.times: list[float] = []
        """When each text arrived."""
        self.ending: Ending | None = None
        self._texts: list[str] = []
        self._moved = asyncio.Event()
        settings = GenerationSettings(temperature=0.0, max_tokens=max_tokens)
        self._stream = desk.engine.stream(prompt, settings, conversation=conversation)
        self._task = asyncio.create_task(self._listen())

    @property
    def text(self) -> str:
        """What was heard so far."""
        return "".join(self._texts)

    @property
    def first(self) -> float:
        """Seconds from the prompt to the first text."""
        return self.times[0] - self.began

    async def heard(self, count: int) -> None:
        """Wait until `count` texts came, or the reply is over."""
        while len(self.times) < count and not self._task.done():
            self._moved.clear()
            await self._moved.wait()

    async def end(self) -> "Listener":
        """Wait for the end of the reply; raises what the engine raised."""
        await self._task
        return self

    async def leave(self) -> "Listener":
        """Stop listening, as a person does who presses Stop."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return self

    async def _listen(self) -> None:
        try:
            async with aclosing(self._stream) as chunks:
                async for chunk in chunks:
                    self._hear(chunk)
        finally:
            self._moved.set()

    def _hear(self, chunk: Chunk) -> None:
        self.ending = chunk.ending
        if chunk.text:
            self.times.append(time.perf_counter())
            self._texts.append(chunk.text)
            self._moved.set()


@asynccontextmanager
async def crowd(desk: Desk, people: int, warm: int) -> AsyncIterator[list[Listener]]:
    """People in the middle of long replies, each `warm` tokens on; they all leave at the end."""
    prompts = [asked(64, seed, desk.vocabulary) for seed in range(people)]
    listeners = [Listener(desk, prompt, 2_000) for prompt in prompts]
    try:
        for listener in listeners:
            await listener.heard(warm)
        last = listeners[0]
        await last.heard(len(last.times) + warm)
        yield listeners
    finally:
        for listener in listeners:
            await listener.leave()
        await until_idle(desk)


async def until_idle(desk: Desk) -> None:
    """Wait until nobody holds a place."""
    await until(lambda: not desk.engine.active and not desk.engine.waiting)


async def until(claim: Callable[[], bool]) -> None:
    """Look every millisecond until the claim holds."""
    while not claim():  # noqa: ASYNC110 - the engine tells nobody
        await asyncio.sleep(0.001)


def gaps(times: Sequence[float]) -> list[float]:
    """Seconds between one text and the next."""
    return [later - sooner for sooner, later in zip(times, times[1:], strict=False)]
