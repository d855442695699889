"""Tables of cases: the case, its evidence, the reports, the decisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import CaseState, ReportKind, Ruling


class ReviewCase(Base):
    """A message that waits for a moderator; without an owner once the person has been erased."""

    __tablename__ = "review_case"
    __table_args__ = (
        UniqueConstraint("owner", "message_id", "kind"),
        Index(None, "state", "severity", "opened_at"),
        Index(None, "owner", "conversation_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Id]
    owner: Mapped[Id | None]
    conversation_id: Mapped[Id]
    message_id: Mapped[Id]
    clause: Mapped[Id | None]
    severity: Mapped[int]
    state: Mapped[CaseState] = mapped_column(Identifier)
    is_escalated: Mapped[bool]
    ruling: Mapped[Ruling | None] = mapped_column(Identifier)
    claimed_by: Mapped[Id | None] = mapped_column(ForeignKey("moderator.id"))
    claim_expires_at: Mapped[datetime | None]
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


class Decision(Base):
    """A moderator's ruling; triggers let rows be added only. Its words are in `decision_note`."""

    __tablename__ = "decision"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    moderator_id: Mapped[Id] = mapped_column(ForeignKey("moderator.id"))
    ruling: Mapped[Ruling] = mapped_column(Identifier)
    clause: Mapped[Id | None]
    decided_at: Mapped[datetime]


class DecisionNote(Base):
    """What the moderator wrote with a decision; it may quote the message, so it goes with the evidence."""

    __tablename__ = "decision_note"

    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    note: Mapped[str]
    public_note: Mapped[str]
