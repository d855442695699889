"""The values that the Store gives and takes; frozen, so that nothing of the database leaks out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

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
CaseState = Literal["open", "claimed", "escalated", "decided"]
Ruling = Literal["violates", "no_violation", "unsure"]
ModeratorRole = Literal["moderator", "lead"]
ReportKind = Literal["report", "review"]
"""`report`: somebody complains about a reply; `review`: the author asks a person to look at a block."""


class StorageError(Exception):
    """The database cannot be used, or refused a change; the message is for a person."""


class NotFound(StorageError):
    """No such row for this owner: the same answer for another's row and for none."""


class IllegalMove(StorageError):
    """A change of state that the state machine does not know."""


class CaseTaken(StorageError):
    """Another moderator holds the lease on this case."""


class StaleCase(StorageError):
    """The case changed since this form was opened."""


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
class Report:
    """A report or a request for review, as its author sees it."""

    id: str
    kind: ReportKind
    message_id: str
    conversation_id: str
    reason: str
    """A clause id, or `other`."""
    note: str
    created_at: datetime
    outcome: Ruling | None
    outcome_note: str | None
    """What the moderator wrote for the reporter; never the private note."""
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What an author is told when a message of theirs was stopped or taken away."""

    message_id: str
    role: MessageRole
    clause: str | None
    automatic: bool
    action: str
    review: Report | None


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A row of the queue; no content."""

    id: str
    state: CaseState
    clause: str | None
    severity: int
    sources: tuple[str, ...]
    """Names of the checks that flagged it, and `person` where somebody reported it or asked for a review."""
    reports: int
    opened_at: datetime
    claimed_by: str | None
    claim_expires_at: datetime | None
    ruling: Ruling | None


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One message of the evidence, as it stood when the case was opened."""

    message_id: str
    role: MessageRole
    text: str
    state: MessageState
    is_subject: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A moderator's ruling on a case; only ever added, never changed."""

    id: str
    case_id: str
    moderator: str
    ruling: Ruling
    clause: str | None
    note: str
    """For other moderators."""
    public_note: str
    """For the reporter and the author."""
    decided_at: datetime
    conversation_id: str | None = field(default=None, compare=False)
    """Where it was just made: the conversation whose message it may have changed, for caches of its text."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a moderator sees of a case: the evidence, the flags, the reports, the decisions."""

    summary: CaseSummary
    row_version: int
    evidence: tuple[EvidenceLine, ...]
    """The message and up to three turns before it, oldest first; () where the evidence has been erased."""
    shown: str
    """What the reader had seen of it when it was stopped; "" for a blocked prompt."""
    checkpoint: str | None
    verdicts: tuple[Mapping[str, Any], ...]
    reports: tuple[Report, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Moderator:
    """An account of the desk; `generation` goes up when every sign-in of it is to end."""

    id: str
    name: str
    password_hash: str
    role: ModeratorRole
    generation: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in to chat; the id is the owner of all that is theirs."""

    id: str
    name: str
    password_hash: str
    generation: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A link of the audit chain; people stand in it as keyed pseudonyms, moderators by id, content never."""

    seq: int
    at: datetime
    actor: str
    action: str
    object_id: str
    hash: str
