"""One thread owns the weights and takes everyone's turns in rounds, one token each."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from threading import Condition, Thread
from traceback import format_tb
from typing import TYPE_CHECKING

from model.detokenise import Detokeniser
from model.loading import Loaded
from model.prompt import PromptWriter
from model.turn import EngineTurn
from model.types import Checkpoint, Chunk, GenerationSettings, Message, ModelBusy, ModelError

if TYPE_CHECKING:
    from model.generation import Weights

log = logging.getLogger(__name__)

FAULTS = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError)
"""What torch and a tokenizer raise in a step; such a fault ends that turn alone."""


class Engine:
    """A ChatModel on this machine: at most `max_turns` replies at once, `max_waiting` more in line."""

    def __init__(self, loaded: Loaded, *, max_turns: int = 8, max_waiting: int = 64) -> None:
        self._checkpoint = loaded.checkpoint
        self._tokenizer = loaded.tokenizer
        self._writer = PromptWriter(loaded.tokenizer, loaded.checkpoint.context_length)
        self._max_turns = max_turns
        self._max_waiting = max_waiting
        self._changed = Condition()
        self._active: list[EngineTurn] = []
        self._waiting: list[EngineTurn] = []
        self._is_closed = False
        # The weights are the thread's alone: closing the engine ends it, and with it the last hold on them.
        self._thread = Thread(target=self._run, args=(_weights_of(loaded),), name="engine", daemon=True)
        self._thread.start()

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers."""
        return self._checkpoint

    @property
    def active(self) -> int:
        """How many turns hold a place now."""
        return len(self._active)

    @property
    def waiting(self) -> int:
        """How many turns wait for a place now."""
        return len(self._waiting)

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Yield the reply as it is generated; see ChatModel. A slow reader gets fewer, longer chunks."""
        started = time.monotonic()
        written = await asyncio.to_thread(self._writer.write, prompt, settings.max_tokens)
        room = min(settings.max_tokens, self._checkpoint.context_length - len(written.ids))
        turn = EngineTurn(written, settings, Detokeniser(self._tokenizer), room=room, started=started)
        self._join(turn)
        try:
            chunk = await turn.outbox.take()
            while chunk.ending is None:
                yield chunk
                chunk = await turn.outbox.take()
        finally:
            self._leave(turn)
        yield chunk

    def forget(self, conversation: str) -> None:
        """Drop whatever is kept of a conversation; see ChatModel."""

    def close(self) -> None:
        """End every turn with a ModelError and free the weights; safe to call twice."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _join(self, turn: EngineTurn) -> None:
        with self._changed:
            if self._is_closed:
                raise ModelError("The model has been closed; it takes no more prompts.")
            if len(self._active) + len(self._waiting) >= self._max_turns + self._max_waiting:
                raise ModelBusy(
                    f"The model is busy (replies: {len(self._active)}, waiting: {len(self._waiting)}); "
                    "please try again in a moment."
                )
            self._waiting.append(turn)
            self._changed.notify()

    def _leave(self, turn: EngineTurn) -> None:
        turn.is_cancelled = True
        with self._changed:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _run(self, weights: "Weights") -> None:
        try:
            while self._has_work():
                for turn in tuple(self._active):
                    if not self._step(turn, weights):
                        self._active.remove(turn)
                        turn.free()
        finally:
            self._end_all()

    def _has_work(self) -> bool:
        """Wait for a turn, give free places to those who waited longest; False once the engine is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._active or self._waiting)
            free = self._max_turns - len(self._active)
            self._active += self._waiting[:free]
            del self._waiting[:free]
            return not self._is_closed

    def _step(self, turn: EngineTurn, weights: "Weights") -> bool:
        try:
            return turn.step(weights)
        except ModelError as fault:
            turn.outbox.send(fault=fault)
        except FAULTS as fault:
            # Where, not what: a message may hold a piece of someone's text, and no text goes to a log.
            log.error(
                "A reply ended in %s:\n%s", type(fault).__name__, "".join(format_tb(fault.__traceback__))
            )
            turn.outbox.send(fault=ModelError("The model could not go on with this reply."))
        return False

    def _end_all(self) -> None:
        with self._changed:
            self._is_closed = True
            for turn in (*self._active, *self._waiting):
                turn.outbox.send(fault=ModelError("The model was closed before this reply was finished."))
            self._active.clear()
            self._waiting.clear()


def _weights_of(loaded: Loaded) -> "Weights":
    # Late, so that what imports the engine without starting one does not wait for torch.
    from model.generation import Weights  # noqa: PLC0415

    return Weights(loaded)
