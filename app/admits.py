"""What a turn asks before it begins: how long it may be, and whether its person may have one now."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from model.types import GenerationSettings


class TurnRefused(Exception):
    """A turn that does not start; the message is for the person, and nothing of theirs was lost."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one prompt may be, and how replies are sampled."""

    prompt_characters: int
    sampling: GenerationSettings
    """How a reply is sampled where its person chose nothing else; none may be longer than this one's."""
    terms: str | None
    """Version of the terms a person must have accepted; None on the host's own command line."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a person came from last, and the language that their browser asks for."""

    address: str
    language: str


class Admits(Protocol):
    """What decides whether a person may have a turn now: Admission, of app/limits.py."""

    def turn(
        self, owner: str, *, conversations: int = 0, messages: int = 0
    ) -> AbstractContextManager[None]: ...

    def require_prompt(self, owner: str) -> None: ...

    def spent(self, owner: str, tokens: int) -> None: ...

    def seen(self, owner: str) -> Seen: ...


class AdmitsAll:
    """No bound at all: for the host's own command line, and for tests of other things."""

    def turn(self, owner: str, *, conversations: int = 0, messages: int = 0) -> AbstractContextManager[None]:
        """Let this turn begin."""
        return nullcontext()

    def require_prompt(self, owner: str) -> None:
        """Let this text be judged."""

    def spent(self, owner: str, tokens: int) -> None:
        """Count nothing."""

    def seen(self, owner: str) -> Seen:
        """Nobody came from anywhere."""
        return Seen("", "en")
