"""A turn that holds a place: its ids so far, read or not, and its states."""

from typing import TYPE_CHECKING

from model.keep import Reading
from model.turn import Turn
from model.types import ModelError

if TYPE_CHECKING:
    from model.states import States


class Seat:
    """One turn among those that the engine's thread takes forward together."""

    def __init__(self, turn: Turn, states: "States", reserved: int) -> None:
        self.turn = turn
        self.states = states
        self.reserved = reserved
        """Bytes that the states may come to need."""
        self.ids = list(turn.prompt)
        self.is_over = False
        self._has_failed = False

    @property
    def unread(self) -> int:
        """How many ids have no states yet."""
        return len(self.ids) - self.states.length

    @property
    def is_decoding(self) -> bool:
        """Whether the prompt has been read."""
        return self.states.length >= len(self.turn.prompt)

    def add(self, token: int | None) -> None:
        """Add the next token, or end the turn where there is none."""
        if token is None:
            self.is_over = True
        else:
            self.ids.append(token)

    def fail(self, fault: ModelError) -> None:
        """End the turn with a fault."""
        self.is_over = self._has_failed = True
        self.turn.fail(fault)

    def reading(self) -> Reading | None:
        """What may be kept of it: all of a reply that ended, the prompt of one that was closed, else nothing.

        A reply is closed when its reader left, but also when it was withheld: none of it may stay.
        """
        if self._has_failed:
            return None
        if not self.is_over:
            self.states.crop(len(self.turn.prompt))
        return Reading(tuple(self.ids[: self.states.length]), self.states)
