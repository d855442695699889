"""A ChatModel that is still being loaded: it says how far it is, and answers once it is there."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from threading import Condition, Thread
from traceback import format_tb

from model.progress import OnProgress, Progress
from model.types import (
    ChatModel,
    Checkpoint,
    Chunk,
    GenerationSettings,
    Message,
    ModelBusy,
    ModelError,
    Scorer,
)

log = logging.getLogger("bezel.model")

BEAT_SECONDS = 0.25
"""How often a waiting turn looks whether the model is there."""
CHECK_SECONDS = 60.0
"""How long a start waits for the checks that come before the first byte of weights."""
NOT_LOADED = "The model could not be loaded, so nothing can be answered now. The host of this site sees why."


class StartingModel:
    """Loads in a thread of its own; before that is done, prompts wait, at most `max_waiting` of them."""

    def __init__(
        self, load: Callable[[OnProgress], ChatModel], described: Checkpoint, *, max_waiting: int = 64
    ) -> None:
        """`load` gets what it reports its progress to; `described` is what is known before it is loaded."""
        self._load = load
        self._described = described
        self._max_waiting = max_waiting
        self._waiting = 0
        self._changed = Condition()
        self._model: ChatModel | None = None
        self._fault: ModelError | None = None
        self._progress = Progress("checking")
        self._has_begun = False
        self._is_closed = False
        self._thread = Thread(target=self._run, name="loading", daemon=True)

    def begin(self) -> None:
        """Start loading; returns once the checks are done that come before the first byte of weights.

        Raises ModelError for what fails in them: a wrong id, a missing token, a damaged file.
        """
        self._thread.start()
        with self._changed:
            self._changed.wait_for(self._is_past_checking, CHECK_SECONDS)
            if self._fault is not None:
                raise self._fault
            self._has_begun = True

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers, or will."""
        return self._model.checkpoint if self._model is not None else self._described

    @property
    def progress(self) -> Progress | None:
        """How far loading is; None once it has ended, well or not."""
        return None if self._has_ended() else self._progress

    @property
    def has_failed(self) -> bool:
        """Whether loading has ended without a model, or the model with its thread."""
        return self._fault is not None or getattr(self._model, "has_failed", False)

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Wait for the model with chunks that are empty, then stream its reply; see ChatModel."""
        async with aclosing(self._awaited()) as beats:
            async for beat in beats:
                yield beat
        if self._model is None:
            raise ModelError(NOT_LOADED)
        async with aclosing(self._model.stream(prompt, settings, conversation=conversation)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def score(self, prompt: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...]:
        """Wait for the model, then ask it; see Scorer. Raises ModelError where it cannot judge."""
        async with aclosing(self._awaited()) as beats:
            async for _ in beats:
                continue
        if not isinstance(self._model, Scorer):
            raise ModelError(NOT_LOADED)
        return await self._model.score(prompt, choices)

    def forget(self, conversation: str) -> None:
        """Drop whatever is kept of a conversation; a model that is not there yet keeps nothing."""
        if self._model is not None:
            self._model.forget(conversation)

    def close(self) -> None:
        """Close the model, or let go of it as soon as it is loaded; safe to call twice."""
        with self._changed:
            self._is_closed = True
            model = self._model
        if model is not None:
            model.close()

    async def _awaited(self) -> AsyncGenerator[Chunk, None]:
        if self._has_ended():
            return
        if self._waiting >= self._max_waiting:
            raise ModelBusy(
                f"The model is still being loaded, and {self._waiting:,} prompts wait for it already; "
                "please try again in a moment."
            )
        self._waiting += 1
        try:
            while not self._has_ended():
                yield Chunk("")
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self._waiting -= 1

    def _has_ended(self) -> bool:
        return self._model is not None or self._fault is not None

    def _is_past_checking(self) -> bool:
        return self._has_ended() or self._progress.stage != "checking"

    def _run(self) -> None:
        started = time.monotonic()
        try:
            model = self._load(self._report)
        except ModelError as fault:
            self._end(fault=fault)
        except Exception as fault:  # noqa: BLE001  the edge of a thread: nobody else would hear of it
            log.error(
                "Loading ended in %s:\n%s", type(fault).__name__, "".join(format_tb(fault.__traceback__))
            )
            self._end(fault=ModelError(f"loading ended in {type(fault).__name__}: {fault}"))
        else:
            ready, seconds = model.checkpoint, time.monotonic() - started
            log.info("%s (%s@%s) is ready after %.0f s", ready.title, ready.id, ready.revision, seconds)
            self._end(model=model)

    def _report(self, progress: Progress) -> None:
        with self._changed:
            self._progress = progress
            self._changed.notify_all()

    def _end(self, *, model: ChatModel | None = None, fault: ModelError | None = None) -> None:
        with self._changed:
            self._model, self._fault = model, fault
            is_closed = self._is_closed
            if fault is not None and self._has_begun:
                log.error("The model could not be loaded: %s", fault)
            self._changed.notify_all()
        if is_closed and model is not None:
            model.close()
