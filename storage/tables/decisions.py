"""Tables of decisions and of what follows from them: labels, sanctions, appeals."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, Boolean, ForeignKey, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import DecisionAction, DecisionState, LabelName, Ruling, Stage


class Decision(Base):
    """A moderator's ruling; triggers let rows be added only. Its words are in `decision_note`."""

    __tablename__ = "decision"
    __table_args__ = (Index(None, "case_id"), Index(None, "decided_at"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    moderator_id: Mapped[Id] = mapped_column(ForeignKey("moderator.id"))
    ruling: Mapped[Ruling] = mapped_column(Identifier)
    clause: Mapped[Id | None]
    action: Mapped[DecisionAction] = mapped_column(Identifier, server_default="remove")
    days: Mapped[int | None]
    reason_key: Mapped[Id | None]
    stage: Mapped[Stage] = mapped_column(Identifier, server_default="first")
    override_of: Mapped[Id | None]
    batch_id: Mapped[Id | None]
    saw_model_output: Mapped[bool] = mapped_column(Boolean, server_default=true())
    proposed_labels: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    decided_at: Mapped[datetime]
    effective_at: Mapped[datetime | None]


class DecisionCourse(Base):
    """What has become of a decision, whose own row never changes."""

    __tablename__ = "decision_course"
    __table_args__ = (Index(None, "state", "at"),)

    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    state: Mapped[DecisionState] = mapped_column(Identifier)
    at: Mapped[datetime]


class DecisionNote(Base):
    """What the moderator wrote with a decision; it may quote the message, so it goes with the evidence."""

    __tablename__ = "decision_note"

    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    note: Mapped[str]
    public_note: Mapped[str]


class DecisionLabel(Base):
    """Whether a finding was right, as the decision in force says; at most one a flag, at any time."""

    __tablename__ = "decision_label"
    __table_args__ = (UniqueConstraint("flag_id"), Index(None, "check_name", "label"))

    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    flag_id: Mapped[Id] = mapped_column(ForeignKey("flag.id", ondelete="CASCADE"), primary_key=True)
    check_name: Mapped[Id]
    label: Mapped[LabelName] = mapped_column(Identifier)
    spans: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class Sanction(Base):
    """A warning or a suspension of a person, by pseudonym: it outlives the erasure of what is theirs."""

    __tablename__ = "sanction"
    __table_args__ = (Index(None, "person"), Index(None, "decision_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    person: Mapped[Id]
    kind: Mapped[Literal["warning", "suspension"]] = mapped_column(Identifier)
    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was lifted."""


class WarningRead(Base):
    """That a person said they have read a warning; it goes with them."""

    __tablename__ = "warning_read"

    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"), primary_key=True)
    sanction_id: Mapped[Id] = mapped_column(ForeignKey("sanction.id"), primary_key=True)
    read_at: Mapped[datetime]


class OutcomeHeard(Base):
    """That a person was shown what was decided on a report or request of theirs; it goes with them."""

    __tablename__ = "outcome_heard"

    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"), primary_key=True)
    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    heard_at: Mapped[datetime | None]
    """None where it was decided before this was noted."""


class SanctionAddress(Base):
    """The keyed pseudonym of an address that somebody suspended came from, for a while."""

    __tablename__ = "sanction_address"
    __table_args__ = (Index(None, "address"),)

    sanction_id: Mapped[Id] = mapped_column(ForeignKey("sanction.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[Id] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class Appeal(Base):
    """A request to rule again, which has a case of its own; without an owner once they are erased."""

    __tablename__ = "appeal"
    __table_args__ = (UniqueConstraint("owner", "decision_id"), Index(None, "case_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    owner: Mapped[Id | None]
    decision_id: Mapped[Id] = mapped_column(ForeignKey("decision.id"))
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    side: Mapped[Literal["author", "reporter"]] = mapped_column(Identifier)
    created_at: Mapped[datetime]


class AppealText(Base):
    """What a person wrote in an appeal; it goes with them."""

    __tablename__ = "appeal_text"

    owner: Mapped[Id] = mapped_column(primary_key=True)
    appeal_id: Mapped[Id] = mapped_column(ForeignKey("appeal.id"), primary_key=True)
    text: Mapped[str]
