"""Tables of what the Guard said: its verdicts and their findings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id

DRAWN = "selection_prob IS NOT NULL"
"""Which flags are in a sample, word for word in each question, so that their index is found."""


class Verdict(Base):
    """A judgement of the Guard about one message, as it can be replayed; it holds no text."""

    __tablename__ = "verdict"
    __table_args__ = (
        Index(None, "owner", "conversation_id", "message_id"),
        Index(None, "case_id"),
        Index(None, "created_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    owner: Mapped[Id | None]
    conversation_id: Mapped[Id]
    message_id: Mapped[Id]
    case_id: Mapped[Id | None] = mapped_column(ForeignKey("review_case.id"))
    action: Mapped[Id]
    clause: Mapped[Id | None]
    score: Mapped[float]
    policy: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Flag(Base):
    """One finding of one check in a case; without a clause where the check could not judge the text."""

    __tablename__ = "flag"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "check_name", "clause"),
        Index("ix_flag_drawn", "created_at", sqlite_where=text(DRAWN), postgresql_where=text(DRAWN)),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    owner: Mapped[Id | None]
    verdict_id: Mapped[Id] = mapped_column(ForeignKey("verdict.id", ondelete="CASCADE"), index=True)
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    message_id: Mapped[Id]
    check_name: Mapped[Id]
    check_version: Mapped[str | None]
    policy: Mapped[str]
    outcome: Mapped[Id]
    clause: Mapped[Id | None]
    category: Mapped[Id | None]
    score: Mapped[float | None]
    threshold: Mapped[float | None]
    spans: Mapped[list[Any]]
    action: Mapped[Id]
    selection_prob: Mapped[float | None]
    """The known probability with which its case was drawn for a person to look at without a score."""
    created_at: Mapped[datetime]
