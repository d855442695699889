"""The values of conversations and their messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from safety.types import Span

MessageRole = Literal["user", "assistant"]
MessageState = Literal[
    "pending",
    "accepted",
    "blocked",
    "streaming",
    "complete",
    "stopped",
    "withheld",
    "interrupted",
    "failed",
    "removed",
    "restored",
]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat; `leaf_id` is the message that the path on the page ends with."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    leaf_id: str | None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One role's text in a conversation's tree. `text` is what may be shown: "" where withheld or removed."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: MessageRole
    state: MessageState
    text: str
    created_at: datetime
    checkpoint: str | None
    """`id@revision` of the model that said it; None on a prompt."""
    verdict: Mapping[str, Any] | None
    """`Verdict.as_dict()` of the last judgement, or None before the first."""
    end_reason: str | None
    versions: tuple[str, ...]
    """Ids of this message and its siblings (retries, edits), oldest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message or a title that a search found; `marks` are the places in the excerpt that were asked for."""

    message_id: str | None
    """None where it is the title."""
    conversation_id: str
    title: str
    role: MessageRole | None
    created_at: datetime
    excerpt: str
    """Some of its text, or of the title, on one line."""
    marks: tuple[Span, ...]
