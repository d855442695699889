"""The values about accounts and the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ModeratorRole = Literal["moderator", "lead"]


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
