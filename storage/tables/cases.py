"""Tables of cases: the case, its evidence, the reports, who was shown it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import CaseKind, CaseState, ReportKind, Ruling

WAITS = "state <> 'decided'"
"""Which cases the queue holds; word for word in each question, so that its index is found."""


class ReviewCase(Base):
    """A message that waits for a moderator; without an owner once the person has been erased."""

    __tablename__ = "review_case"
    __table_args__ = (
        Index(
            "uq_review_case_waiting",
            *("owner", "message_id", "kind"),
            unique=True,
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
        # Everything that can be asked of the queue, so that a filter reads no row that it does not show.
        Index(
            "ix_review_case_queue",
            *("rank", "id", "state", "clause", "language", "found_by"),
            *("opened_at", "due_at", "claimed_by", "claim_expires_at", "selection_prob"),
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
        Index(None, "owner", "message_id", "kind"),
        Index(None, "owner", "conversation_id"),
        Index(None, "decided_at", "id"),
        Index(None, "content_digest"),
        Index(None, "changes_at"),
        Index(None, "about_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[CaseKind] = mapped_column(Identifier)
    owner: Mapped[Id | None]
    conversation_id: Mapped[Id]
    message_id: Mapped[Id]
    content_digest: Mapped[Id | None]
    about_id: Mapped[Id | None]
    override_of: Mapped[Id | None]
    clause: Mapped[Id | None]
    severity: Mapped[int]
    language: Mapped[Id | None]
    found_by: Mapped[str] = mapped_column(default="|", server_default="|")
    reports: Mapped[int] = mapped_column(default=0, server_default="0")
    selection_prob: Mapped[float | None]
    state: Mapped[CaseState] = mapped_column(Identifier)
    is_escalated: Mapped[bool]
    for_lead: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    ruling: Mapped[Ruling | None] = mapped_column(Identifier)
    decision_id: Mapped[Id | None]
    proposal_id: Mapped[Id | None]
    settling_id: Mapped[Id | None]
    claimed_by: Mapped[Id | None] = mapped_column(ForeignKey("moderator.id"))
    claim_expires_at: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    hold_reason: Mapped[str | None]
    priority: Mapped[float] = mapped_column(default=0.0, server_default="0")
    priority_parts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    is_overdue: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    due_at: Mapped[datetime | None]
    changes_at: Mapped[datetime | None]
    row_version: Mapped[int]
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class Evidence(Base):
    """The encrypted snapshot of a case; both columns of bytes are empty once it has been erased."""

    __tablename__ = "evidence"

    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"), primary_key=True)
    key_id: Mapped[Id]
    wrapped_key: Mapped[bytes | None]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class LaterEvidence(Base):
    """What followed the message by the time somebody reported it; sealed and erased like the rest."""

    __tablename__ = "later_evidence"

    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"), primary_key=True)
    key_id: Mapped[Id]
    wrapped_key: Mapped[bytes | None]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Report(Base):
    """A complaint about a message, or a request for a review; without an owner once they are erased."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("owner", "message_id", "kind"), Index(None, "case_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    owner: Mapped[Id | None]
    kind: Mapped[ReportKind] = mapped_column(Identifier)
    conversation_id: Mapped[Id]
    message_id: Mapped[Id]
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    reason: Mapped[str]
    note: Mapped[str]
    created_at: Mapped[datetime]


class CaseOpening(Base):
    """That a moderator was shown a case, and when its text was revealed to them: for their own protection."""

    __tablename__ = "case_opening"
    __table_args__ = (Index(None, "at"),)

    moderator_id: Mapped[Id] = mapped_column(ForeignKey("moderator.id"), primary_key=True)
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"), primary_key=True)
    at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
