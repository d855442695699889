"""Takes every seated turn a step forward in one forward of the model, and keeps their faults apart."""

import logging
import time
from collections.abc import Callable, Sequence
from traceback import format_tb

import torch

from model.attention import Segment
from model.generation import Weights
from model.keep import Reading
from model.loading import Loaded
from model.machine import this_machine
from model.pace import MOST, Pace
from model.seat import Seat
from model.states import States, steps_up
from model.types import ModelError

log = logging.getLogger(__name__)

FAULTS = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError)
"""What torch and a tokenizer raise in a step; such a fault ends that turn alone."""

Outcome = torch.Tensor | ModelError | None


class Batch:
    """The weights with the steps of those who share them; its thread's alone."""

    def __init__(self, loaded: Loaded) -> None:
        self._weights = Weights(loaded)
        self._pace = Pace()
        self._token_bytes = self._weights.token_bytes()
        self._context = loaded.checkpoint.context_length
        self._is_static = loaded.choice is not None and loaded.choice.is_compiled

    @property
    def is_batching(self) -> bool:
        """Whether turns are read together, and may find what was kept."""
        return self._weights.is_batching

    @property
    def static_steps(self) -> int:
        """How many steps were taken over static buffers, those of the check too."""
        return self._weights.static_steps

    def states(self) -> States:
        """Give empty states for a new turn."""
        return self._weights.states()

    def worst(self, tokens: int) -> int:
        """The bytes of a turn that comes to so many tokens."""
        return self._token_bytes * steps_up(tokens)

    def automatic_budget(self) -> int:
        """An eighth of the free memory, but one whole context where half of it allows that."""
        free = _free(self._weights.device)
        return max(free // 8, min(free // 2, self.worst(self._context)))

    def set_aside(self, rows: int, budget: int) -> int:
        """Make buffers for static decoding where the choice asks for it; gives their bytes."""
        if not self._is_static:
            return 0
        try:
            return self._weights.set_aside(budget, rows=rows, context=self._context)
        except FAULTS as fault:
            log.warning("Decoding is not compiled: its buffers ended in %s.", type(fault).__name__)
            return 0

    def check(self) -> int:
        """Make sure of static decoding, first thing on the thread that takes steps; gives bytes given up."""
        return self._weights.check_static()

    def reading(self, seat: Seat) -> Reading | None:
        """Take what may be kept of a turn that is over, in buffers of its own; None where that is nothing."""
        reading = seat.reading()
        try:
            self._weights.leave(seat.states)
        except FAULTS as fault:
            log.warning("A conversation was not kept: copying it ended in %s.", type(fault).__name__)
            return None
        return reading

    def step(self, seats: Sequence[Seat], relieve: Callable[[], None]) -> None:
        """Read what is next of each seat; `relieve` lets go of what is kept when memory runs out."""
        decoding = sum(seat.is_decoding for seat in seats)
        planned = _plan(seats, self._pace.piece(decoding, len(seats) - decoding))
        began = time.perf_counter()
        outcomes = self._read([segment for _, segment in planned], relieve)
        for (seat, segment), outcome in zip(planned, outcomes, strict=True):
            self._take(seat, segment, outcome)
        read = sum(len(segment.ids) for _, segment in planned) - decoding
        self._pace.measured(time.perf_counter() - began, decoding=decoding, read=read)

    def _take(self, seat: Seat, segment: Segment, outcome: Outcome) -> None:
        if isinstance(outcome, ModelError):
            seat.fail(outcome)
            return
        seat.states.commit(len(segment.ids))
        if outcome is None:
            return
        try:
            seat.add(seat.turn.take(outcome, self._weights))
        except ModelError as fault:
            seat.fail(fault)
        except FAULTS as fault:
            seat.fail(_told(fault))

    def _read(self, segments: Sequence[Segment], relieve: Callable[[], None]) -> list[Outcome]:
        """Read all together; when that fails, each alone, so that only the guilty one ends."""
        if self._weights.is_batching or len(segments) == 1:
            try:
                return self._weights.read(segments)
            except FAULTS as fault:
                if _is_out_of_memory(fault):
                    self._relieve(relieve)
                if len(segments) == 1:
                    return [_told(fault)]
        return [self._read([segment], relieve)[0] for segment in segments]

    def _relieve(self, relieve: Callable[[], None]) -> None:
        relieve()
        if self._weights.device.type == "cuda":
            torch.cuda.empty_cache()


def _plan(seats: Sequence[Seat], most: int) -> list[tuple[Seat, Segment]]:
    """A token for each seat that decodes, and pieces of prompts, first come first served, up to `most`."""
    planned = []
    left = min(most, MOST)
    for seat in seats:
        count = seat.unread if seat.is_decoding else min(seat.unread, left)
        left -= 0 if seat.is_decoding else count
        if count:
            start = seat.states.length
            is_due = count == seat.unread
            planned.append((seat, Segment(seat.ids[start : start + count], seat.states, is_due)))
    return planned


def _told(fault: BaseException) -> ModelError:
    # Where, not what: a message may hold a piece of someone's text, and no text goes to a log.
    log.error("A reply ended in %s:\n%s", type(fault).__name__, "".join(format_tb(fault.__traceback__)))
    if _is_out_of_memory(fault):
        return ModelError("The machine ran out of memory for this reply; please try again, or write less.")
    return ModelError("The model could not go on with this reply.")


def _is_out_of_memory(fault: BaseException) -> bool:
    # On a CPU torch raises a plain RuntimeError whose words alone tell.
    words = ("allocate memory", "not enough memory")
    return isinstance(fault, torch.OutOfMemoryError | MemoryError) or any(
        word in str(fault) for word in words
    )


def _free(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return this_machine().free
