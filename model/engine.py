"""One thread owns the weights and batches everyone's turns: people join and leave between its steps."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from threading import Condition, Thread
from typing import TYPE_CHECKING

from model.detokenise import Detokeniser
from model.forms import Piece
from model.keep import Kept
from model.loading import Loaded
from model.markers import Markers
from model.prompt import PromptWriter
from model.score import ScoreTurn, first_ids
from model.seat import Seat
from model.turn import EngineTurn, Turn
from model.types import Checkpoint, Chunk, GenerationSettings, Message, ModelBusy, ModelError

if TYPE_CHECKING:
    from model.batch import Batch

log = logging.getLogger(__name__)

QUESTIONS = 4
"""How many questions have places of their own beside the replies, so that no reply waits for itself."""


class Engine:
    """A ChatModel and Scorer on this machine: at most `max_turns` at once, `max_waiting` more in line.

    Questions, which `score` asks, have a few places and a line of their own, and are first in turn.

    What was read for a conversation is kept for its next turn, within `kv_budget` bytes together with what
    active turns may come to need; None takes an eighth of the free memory. Where decoding is compiled, up to
    half of that is set aside for its buffers.
    """

    def __init__(
        self,
        loaded: Loaded,
        *,
        max_turns: int = 8,
        max_waiting: int = 64,
        kv_budget: int | None = None,
    ) -> None:
        self._checkpoint = loaded.checkpoint
        self._tokenizer = loaded.tokenizer
        self._writer = PromptWriter(loaded.tokenizer, loaded.checkpoint.context_length)
        self._max_turns = max_turns
        self._max_waiting = max_waiting
        self._changed = Condition()
        self._active: list[Seat] = []
        self._waiting: list[Turn] = []
        self._asked: list[Turn] = []
        self._is_closed = False
        self._steps = 0
        self._static_steps = 0
        batch = _batch_of(loaded)
        self._is_batching = batch.is_batching
        budget = batch.automatic_budget() if kv_budget is None else kv_budget
        self._kept = Kept(budget - batch.set_aside(max_turns, budget))
        # The weights are the thread's alone: closing the engine ends it, and with it the last hold on them.
        self._thread = Thread(target=self._run, args=(batch,), name="engine", daemon=True)
        self._thread.start()

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers."""
        return self._checkpoint

    @property
    def is_batching(self) -> bool:
        """Whether turns share steps and keep their states; else this architecture is read turn by turn."""
        return self._is_batching

    @property
    def active(self) -> int:
        """How many turns hold a place now."""
        return len(self._active)

    @property
    def waiting(self) -> int:
        """How many turns wait for a place now, questions aside."""
        return len(self._waiting)

    @property
    def steps(self) -> int:
        """How many steps were taken since the start."""
        return self._steps

    @property
    def static_steps(self) -> int:
        """How many of them went over static buffers."""
        return self._static_steps

    @property
    def kv_budget(self) -> int:
        """Bytes for the states of conversations, kept and active."""
        return self._kept.budget

    @property
    def kept_bytes(self) -> int:
        """Bytes of the states kept between turns now."""
        with self._changed:
            return self._kept.size

    def keeps(self, conversation: str) -> bool:
        """Whether anything is kept of this conversation now."""
        with self._changed:
            return self._kept.holds(conversation)

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Yield the reply as it is generated; see ChatModel. A slow reader gets fewer, longer chunks."""
        started = time.monotonic()
        written = await asyncio.to_thread(self._writer.write, prompt, settings.max_tokens)
        room = min(settings.max_tokens, self._checkpoint.context_length - len(written.ids))
        turn = EngineTurn(
            written,
            settings,
            Detokeniser(self._tokenizer),
            room=room,
            started=started,
        )
        turn.conversation = conversation
        self._join(turn)
        try:
            chunk = await turn.outbox.take()
            while chunk.ending is None:
                yield chunk
                chunk = await turn.outbox.take()
        finally:
            self._leave(turn)
        yield chunk

    async def score(self, prompt: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...]:
        """Give the probability of each choice as the next token; see Scorer."""
        written = await asyncio.to_thread(self._writer.write, prompt, 1)
        return await self._scored(written.ids, choices)

    async def score_as_is(self, prompt: Sequence[Piece], choices: Sequence[str]) -> tuple[float, ...]:
        """Give the same after a prompt that is laid out already; no template adds anything to it."""
        return await self._scored(await asyncio.to_thread(self._writer.write_as_is, prompt), choices)

    async def _scored(self, ids: Sequence[int], choices: Sequence[str]) -> tuple[float, ...]:
        turn = ScoreTurn(ids, first_ids(Markers(self._tokenizer), choices))
        self._join(turn)
        try:
            return await turn.answer()
        finally:
            self._leave(turn)

    def forget(self, conversation: str) -> None:
        """Drop whatever is kept of a conversation; a turn of it that goes on will not be kept."""
        with self._changed:
            self._kept.forget(conversation)
            for turn in (*self._waiting, *(seat.turn for seat in self._active)):
                if turn.conversation == conversation:
                    turn.conversation = None

    @property
    def has_failed(self) -> bool:
        """Whether the thread that generates has ended: nobody is answered any more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """End every turn with a ModelError and free the weights; safe to call twice."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _join(self, turn: Turn) -> None:
        with self._changed:
            if self._is_closed:
                raise ModelError("The model has been closed; it takes no more prompts.")
            line, places = self._line_of(turn)
            held = self._held(turn)
            if held + len(line) >= places + self._max_waiting:
                called = "questions" if turn.is_question else "replies"
                raise ModelBusy(
                    f"The model is busy ({called}: {held}, waiting: {len(line)}); "
                    "please try again in a moment."
                )
            line.append(turn)
            self._changed.notify()

    def _leave(self, turn: Turn) -> None:
        turn.is_cancelled = True
        with self._changed:
            line, _ = self._line_of(turn)
            if turn in line:
                line.remove(turn)

    def _line_of(self, turn: Turn) -> tuple[list[Turn], int]:
        """The line that a turn joins, and how many places it leads to."""
        return (self._asked, QUESTIONS) if turn.is_question else (self._waiting, self._max_turns)

    def _held(self, turn: Turn) -> int:
        """How many places of this turn's kind are taken."""
        return sum(seat.turn.is_question == turn.is_question for seat in self._active)

    def _run(self, batch: "Batch") -> None:
        try:
            self._check(batch)
            checked = batch.static_steps
            while self._has_work(batch):
                if self._active:
                    batch.step(tuple(self._active), self._relieve)
                    self._steps += 1
                    self._static_steps = batch.static_steps - checked
        finally:
            self._end_all()

    def _check(self, batch: "Batch") -> None:
        freed = batch.check()
        with self._changed:
            self._kept.budget += freed

    def _has_work(self, batch: "Batch") -> bool:
        """Wait for a turn; free the places of those who are gone, give them out; False once closed."""
        with self._changed:
            self._clear_seats(batch)
            self._changed.wait_for(lambda: self._is_closed or self._active or self._asked or self._waiting)
            for line in (self._asked, self._waiting):
                while self._has_room(line, batch):
                    self._seat(line.pop(0), batch)
                if self._has_place(line):
                    break  # what it lacks is memory, and nobody is to overtake it
            for at, turn in enumerate(self._waiting):
                turn.wait(at + 1)
            return not self._is_closed

    def _clear_seats(self, batch: "Batch") -> None:
        gone = [seat for seat in self._active if seat.is_over or seat.turn.is_cancelled]
        self._active = [seat for seat in self._active if seat not in gone]
        for seat in gone:
            reading = batch.reading(seat)
            if self._is_batching and reading is not None and seat.turn.conversation is not None:
                self._kept.keep(seat.turn.conversation, reading, reserved=self._reserved())

    def _has_place(self, line: Sequence[Turn]) -> bool:
        return bool(line) and self._held(line[0]) < self._line_of(line[0])[1]

    def _has_room(self, line: Sequence[Turn], batch: "Batch") -> bool:
        """Whether there is a place for who waited longest, and room for its states; alone it always may."""
        if not self._has_place(line):
            return False
        return not self._active or self._reserved() + _worst(line[0], batch) <= self._kept.budget

    def _seat(self, turn: Turn, batch: "Batch") -> None:
        states = self._kept.take(turn.conversation, turn.prompt) or batch.states()
        self._active.append(Seat(turn, states, max(_worst(turn, batch), states.size)))
        self._kept.make_room(self._reserved())

    def _reserved(self) -> int:
        return sum(seat.reserved for seat in self._active)

    def _relieve(self) -> None:
        """Let go of all that is kept, for the sake of those who are active."""
        with self._changed:
            self._kept.clear()

    def _end_all(self) -> None:
        with self._changed:
            self._is_closed = True
            seated = (seat.turn for seat in self._active if not seat.is_over)
            for turn in (*seated, *self._asked, *self._waiting):
                turn.fail(ModelError("The model was closed before this reply was finished."))
            self._active.clear()
            self._asked.clear()
            self._waiting.clear()
            self._kept.clear()


def _worst(turn: Turn, batch: "Batch") -> int:
    return batch.worst(len(turn.prompt) + turn.room)


def _batch_of(loaded: Loaded) -> "Batch":
    # Late, so that what imports the engine without starting one does not wait for torch.
    from model.batch import Batch  # noqa: PLC0415

    return Batch(loaded)
