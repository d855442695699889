"""Tables of the moderators' desk and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import ModeratorRole


class Moderator(Base):
    """An account of the desk; its name is free again once it has ended."""

    __tablename__ = "moderator"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str]
    active_name: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[ModeratorRole] = mapped_column(Identifier)
    generation: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ModeratorPerson(Base):
    """That a moderator is also somebody who chats here: nobody rules on a case of their own."""

    __tablename__ = "moderator_person"

    moderator_id: Mapped[Id] = mapped_column(ForeignKey("moderator.id"), primary_key=True)
    owner: Mapped[Id] = mapped_column(primary_key=True)


class SavedView(Base):
    """A moderator's own name for a set of filters of the queue."""

    __tablename__ = "saved_view"

    moderator_id: Mapped[Id] = mapped_column(ForeignKey("moderator.id"), primary_key=True)
    name: Mapped[Id] = mapped_column(primary_key=True)
    filters: Mapped[dict[str, Any]]


class CaseExport(Base):
    """A request to take a list of cases out of Bezel, which a second person has to agree with."""

    __tablename__ = "case_export"

    id: Mapped[Id] = mapped_column(primary_key=True)
    asked_by: Mapped[Id] = mapped_column(ForeignKey("moderator.id"))
    filters: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    agreed_by: Mapped[Id | None] = mapped_column(ForeignKey("moderator.id"))
    agreed_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]


class AuditEvent(Base):
    """A link of the audit chain: who did what to what, never any content; triggers let rows be added only."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[Id]
    action: Mapped[Id]
    object_id: Mapped[Id]
    key_id: Mapped[Id]
    prev_hash: Mapped[Id]
    hash: Mapped[Id]
