"""Tables of conversations and their messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import MessageRole, MessageState


class Conversation(Base):
    """A chat; `leaf_id` names the message that the path on the page ends with."""

    __tablename__ = "conversation"
    __table_args__ = (Index(None, "owner", "updated_at"),)

    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"), primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    title: Mapped[str]
    leaf_id: Mapped[Id | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Message(Base):
    """One role's text in the tree of a conversation; `place` counts the children of one parent from 1."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("owner", "conversation_id", "id"),
        ForeignKeyConstraint(
            ["owner", "conversation_id"], ["conversation.owner", "conversation.id"], ondelete="CASCADE"
        ),
        # Not a cascade: SQLite stops one that is 1,000 messages deep. All of a tree go in one statement.
        ForeignKeyConstraint(
            ["owner", "conversation_id", "parent_id"],
            ["message.owner", "message.conversation_id", "message.id"],
        ),
        Index(None, "owner", "conversation_id", "parent_id"),
        Index(None, "owner", "state"),
    )

    owner: Mapped[Id] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    conversation_id: Mapped[Id]
    parent_id: Mapped[Id | None]
    place: Mapped[int]
    role: Mapped[MessageRole] = mapped_column(Identifier)
    state: Mapped[MessageState] = mapped_column(Identifier)
    text: Mapped[str]
    checkpoint: Mapped[str | None]
    settings: Mapped[dict[str, Any] | None]
    end_reason: Mapped[Id | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OpenReply(Base):
    """A reply that is being written, by which run, and how many signs of life that has given."""

    __tablename__ = "open_reply"
    __table_args__ = (
        ForeignKeyConstraint(["owner", "message_id"], ["message.owner", "message.id"], ondelete="CASCADE"),
    )

    owner: Mapped[Id] = mapped_column(primary_key=True)
    message_id: Mapped[Id] = mapped_column(primary_key=True)
    run_id: Mapped[Id]
    beats: Mapped[int]


class Searchable(Base):
    """The tokens of a message that may be found; `dialects.full_text` makes the index over them."""

    __tablename__ = "searchable"
    __table_args__ = (
        UniqueConstraint("owner", "message_id"),
        ForeignKeyConstraint(["owner", "message_id"], ["message.owner", "message.id"], ondelete="CASCADE"),
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    owner: Mapped[Id]
    message_id: Mapped[Id]
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR, "postgresql"))


class SearchableTitle(Base):
    """The tokens of a conversation's title; `dialects.full_text` makes the index over them."""

    __tablename__ = "searchable_title"
    __table_args__ = (
        UniqueConstraint("owner", "conversation_id"),
        ForeignKeyConstraint(
            ["owner", "conversation_id"], ["conversation.owner", "conversation.id"], ondelete="CASCADE"
        ),
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    owner: Mapped[Id]
    conversation_id: Mapped[Id]
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR, "postgresql"))
