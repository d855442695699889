"""The SQLAlchemy tables: each row about a person carries its owner, and their unique keys begin with it."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import Identifier, Moment, Words
from storage.types import CaseState, MessageRole, MessageState, ModeratorRole, ReportKind, Ruling

Id = Annotated[str, mapped_column(Identifier)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Words,
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
    }


class Person(Base):
    """Somebody who chats, by the id that the app gives them; the row goes when the person is erased."""

    __tablename__ = "person"

    owner: Mapped[Id] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """The digest of the one code that gives a person's conversations to another browser."""

    __tablename__ = "recovery_code"

    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[Id] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class Account(Base):
    """Somebody who signs in to chat, its id being the owner; the name is free again once it has ended."""

    __tablename__ = "account"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str]
    active_name: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str]
    generation: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TermsAcceptance(Base):
    """That a person accepted a version of the terms, and when."""

    __tablename__ = "terms_acceptance"
    __table_args__ = (Index(None, "owner", "accepted_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"))
    version: Mapped[str]
    accepted_at: Mapped[datetime]


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
        Index(None, "state"),
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


class Verdict(Base):
    """A judgement of the Guard about one message, as it can be replayed; it holds no text."""

    __tablename__ = "verdict"
    __table_args__ = (Index(None, "owner", "conversation_id", "message_id"), Index(None, "case_id"))

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
    __table_args__ = (Index(None, "case_id"), Index(None, "check_name", "clause"))

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
    created_at: Mapped[datetime]


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


APPEND_ONLY = ("audit_event", "decision")
