"""The words that the model room shares with the rest: messages in, chunks out."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Role = Literal["system", "user", "assistant"]
EndReason = Literal["end", "length", "stopped", "withheld", "error"]
Kind = Literal["chat", "base", "judge"]


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
    repetition_penalty: float = 1.0
    """How much less likely a token becomes that the prompt or the reply already holds; 1 changes nothing."""
    stop: tuple[str, ...] = ()
    """The reply ends before the first of these that it would contain."""

    def __post_init__(self) -> None:
        bounds: tuple[tuple[str, float, float, float], ...] = (
            ("temperature", self.temperature, 0.0, 2.0),
            ("top_p", self.top_p, 0.01, 1.0),
            ("top_k", self.top_k, 1, 1_000),
            ("max_tokens", self.max_tokens, 1, 8_192),
            ("repetition_penalty", self.repetition_penalty, 1.0, 2.0),
        )
        for name, value, low, high in bounds:
            if not low <= value <= high:
                raise ModelError(f"{name} is {value}; it must be from {low:g} to {high:g}.")
        if len(self.stop) > 8 or not all(0 < len(text) <= 100 for text in self.stop):
            given = f"{len(self.stop)} texts, the longest of {max(map(len, self.stop)):,} characters"
            raise ModelError(f"stop holds {given}; it must be at most 8 texts of 1 to 100 characters.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model id with a pinned revision, and what a page must say about it."""

    id: str
    revision: str
    title: str
    licence: str
    context_length: int
    is_demo: bool = False
    kind: Kind = "chat"
    """Whether it was tuned to chat, only continues text, or judges and is never chatted with."""
    family: str = ""
    """The architecture, as `gemma2`; empty where nothing says before loading."""
    is_gated: bool = False
    """Whether its licence must be accepted on its page before it can be downloaded."""
    page: str | None = None
    """Its page at Hugging Face; None for a folder."""
    parameters: int | None = None
    """How many weights it has, text part alone; None where nothing says before loading."""
    adapts: str | None = None
    """For an adapter: the checkpoint it was trained for."""


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

    @property
    def tokens_per_second(self) -> float | None:
        """Speed after the first token, which also waited for its place; None where it cannot be told."""
        if self.first_token_seconds is None or self.tokens < 2 or self.seconds <= self.first_token_seconds:
            return None
        return (self.tokens - 1) / (self.seconds - self.first_token_seconds)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of streamed text; the last one of a reply carries how it ended.

    While a turn waits in line, chunks without text carry its place, the next to begin being 1.
    """

    text: str
    ending: Ending | None = None
    place: int | None = None


class ChatModel(Protocol):
    """Anything that answers: the engine, a remote server, or a fake that says what it is told."""

    @property
    def checkpoint(self) -> Checkpoint: ...

    def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Yield chunks as they come, the last with its ending; closing the generator stops the generation.

        What was read for a `conversation` may be kept for its next turn, and serves no other conversation.
        Raises PromptTooLong or ModelBusy before the first chunk, ModelError at any time.
        """
        ...

    def forget(self, conversation: str) -> None:
        """Drop whatever is kept of a conversation that was erased, or whose text was withdrawn."""
        ...

    def close(self) -> None:
        """Stop every turn and free the weights; safe to call twice."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A model that judges: it says how likely each of a few answers is."""

    async def score(self, prompt: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...]:
        """Give the probability of each choice as the next token, together 1. Raises ModelError or ModelBusy.

        A choice is scored by its first token; choices whose first tokens are the same raise ModelError.
        """
        ...
