"""The words that the model room shares with the rest: messages in, chunks out."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]
EndReason = Literal["end", "length", "stopped", "withheld", "error"]


class ModelError(Exception):
    """A checkpoint that cannot be loaded, or a turn that cannot be generated; the message is for a person."""


class PromptTooLong(ModelError):
    """The newest prompt alone is longer than the context; raised before anything is generated."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"This prompt is {tokens:,} tokens long; it can be at most {limit:,}.")
        self.tokens = tokens
        self.limit = limit


class ModelBusy(ModelError):
    """The queue is full; nothing was generated."""


@dataclass(frozen=True, slots=True)
class Message:
    """One role's text, as the model is to read it."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How one reply is sampled. Temperature 0 means greedy; a seed makes sampling repeatable."""

    temperature: float = 0.7
    top_p: float = 0.95
    top_k: int = 64
    max_tokens: int = 512
    seed: int | None = None

    def __post_init__(self) -> None:
        bounds: tuple[tuple[str, float, float, float], ...] = (
            ("temperature", self.temperature, 0.0, 2.0),
            ("top_p", self.top_p, 0.01, 1.0),
            ("top_k", self.top_k, 1, 1_000),
            ("max_tokens", self.max_tokens, 1, 8_192),
        )
        for name, value, low, high in bounds:
            if not low <= value <= high:
                raise ModelError(f"{name} is {value}; it must be from {low:g} to {high:g}.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model id with a pinned revision, and what a page must say about it."""

    id: str
    revision: str
    title: str
    licence: str
    context_length: int
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended; tokens are the model's, seconds are from the start of the turn."""

    reason: EndReason
    prompt_tokens: int
    tokens: int
    seconds: float
    first_token_seconds: float | None
    remembered: int
    """How many of the messages handed in fitted into the context, counted from the newest."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of streamed text; the last one of a reply carries how it ended."""

    text: str
    ending: Ending | None = None


class ChatModel(Protocol):
    """Anything that answers: the engine, a remote server, or a fake that says what it is told."""

    @property
    def checkpoint(self) -> Checkpoint: ...

    def stream(self, prompt: Sequence[Message], settings: GenerationSettings) -> AsyncGenerator[Chunk, None]:
        """Yield chunks as they come, the last with its ending; closing the generator stops the generation.

        Raises PromptTooLong or ModelBusy before the first chunk, ModelError at any time.
        """
        ...

    def close(self) -> None:
        """Stop every turn and free the weights; safe to call twice."""
        ...
