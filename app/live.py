"""The turns under way: one to a conversation, stopped by their owner; and what the model must forget."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.admits import TurnRefused


@dataclass(slots=True)
class LiveTurn:
    """A turn under way; `stop` is set by the Stop button of the person whose turn it is."""

    owner: str
    conversation_id: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it has ended."""
    leaves_nothing: bool = False
    """Whether the model must drop what it keeps of the conversation once this turn has ended."""


class LiveTurns:
    """Every turn under way, by conversation; `forget` makes the model drop what it keeps of one."""

    def __init__(self, forget: Callable[[str], None]) -> None:
        self._forget = forget
        self._live: dict[str, LiveTurn] = {}
        self.is_closing = False
        """Whether Bezel is being stopped, so that no new turn may begin."""

    def begin(self, owner: str, conversation_id: str) -> LiveTurn | None:
        """Take a conversation for one turn; without an await, so two cannot both pass. None: it is taken."""
        if conversation_id in self._live:
            return None
        live = self._live[conversation_id] = LiveTurn(owner, conversation_id)
        return live

    @contextmanager
    def claimed(self, owner: str, conversation_id: str) -> Iterator[LiveTurn]:
        """Hold a conversation for one turn at a time; raises TurnRefused where another has it."""
        if self.is_closing:
            raise TurnRefused("This site is being restarted. Please send it again in a minute.")
        live = self.begin(owner, conversation_id)
        if live is None:
            raise TurnRefused("A reply is still being written here. Stop it, or wait for its end.")
        try:
            yield live
        finally:
            self.end(live)

    def end(self, live: LiveTurn) -> None:
        """Give the conversation back; whatever was withdrawn meanwhile is forgotten only now for good."""
        del self._live[live.conversation_id]
        live.over.set()
        if live.leaves_nothing:
            self._forget(live.conversation_id)

    def of(self, owner: str) -> tuple[LiveTurn, ...]:
        """The turns of this person that are under way."""
        return tuple(live for live in self._live.values() if live.owner == owner)

    @property
    def count(self) -> int:
        """How many turns are under way."""
        return len(self._live)

    def is_live(self, conversation_id: str) -> bool:
        """Whether a reply is being written in this conversation."""
        return conversation_id in self._live

    def stop(self, owner: str, conversation_id: str) -> bool:
        """End the reply that is being written in a conversation of this owner; False where there is none."""
        live = self._live.get(conversation_id)
        if live is None or live.owner != owner:
            return False
        live.stop.set()
        return True

    async def ended(self, conversation_id: str) -> None:
        """Wait for the end of a reply that was told to stop."""
        live = self._live.get(conversation_id)
        if live is not None:
            await live.over.wait()

    def forget(self, conversation_id: str) -> None:
        """Make the model drop what it keeps of a conversation: now, and again when a live turn in it ends."""
        live = self._live.get(conversation_id)
        if live is not None:
            live.leaves_nothing = True
        self._forget(conversation_id)
