"""Tables of what decisions teach: thresholds, and texts that the gate is tried on again."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from safety.types import Side
from storage.columns import Identifier
from storage.tables.base import Base, Id
from storage.types import ThresholdStatus

ACTIVE = "status = 'active'"
UNDER_WAY = "status IN ('proposed', 'shadow')"
_ABOUT = ("check_name", "check_version", "clause", "side")


class Threshold(Base):
    """From which score on a check's findings under a clause are acted on, and who said so; never deleted."""

    __tablename__ = "threshold"
    __table_args__ = (
        Index(
            "uq_threshold_active",
            *_ABOUT,
            unique=True,
            sqlite_where=text(ACTIVE),
            postgresql_where=text(ACTIVE),
        ),
        Index(
            "uq_threshold_under_way",
            *_ABOUT,
            unique=True,
            sqlite_where=text(UNDER_WAY),
            postgresql_where=text(UNDER_WAY),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    check_name: Mapped[Id]
    check_version: Mapped[Id]
    clause: Mapped[Id]
    side: Mapped[Side] = mapped_column(Identifier)
    value: Mapped[float]
    target: Mapped[float]
    risk: Mapped[float]
    lower: Mapped[float]
    labels: Mapped[int]
    wrong: Mapped[int]
    method: Mapped[str]
    status: Mapped[ThresholdStatus] = mapped_column(Identifier)
    proposed_by: Mapped[Id] = mapped_column(ForeignKey("moderator.id"))
    proposed_at: Mapped[datetime]
    shadow_at: Mapped[datetime | None]
    activated_by: Mapped[Id | None] = mapped_column(ForeignKey("moderator.id"))
    activated_at: Mapped[datetime | None]
    retired_by: Mapped[Id | None] = mapped_column(ForeignKey("moderator.id"))
    retired_at: Mapped[datetime | None]
    supersedes: Mapped[Id | None] = mapped_column(ForeignKey("threshold.id"))


class RegressionConsent(Base):
    """That a person lets texts of theirs, redacted, be used to try the gate on; goes with the person."""

    __tablename__ = "regression_consent"

    owner: Mapped[Id] = mapped_column(ForeignKey("person.owner", ondelete="CASCADE"), primary_key=True)
    given_at: Mapped[datetime]


class RegressionPrompt(Base):
    """A redacted text that the gate or the model got wrong, sealed; goes with its conversation."""

    __tablename__ = "regression_prompt"
    __table_args__ = (
        UniqueConstraint("owner", "case_id"),
        ForeignKeyConstraint(
            ["owner", "conversation_id"], ["conversation.owner", "conversation.id"], ondelete="CASCADE"
        ),
        Index(None, "owner", "conversation_id"),
    )

    owner: Mapped[Id] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    conversation_id: Mapped[Id]
    case_id: Mapped[Id] = mapped_column(ForeignKey("review_case.id"))
    clause: Mapped[Id | None]
    category: Mapped[Id | None]
    side: Mapped[Side] = mapped_column(Identifier)
    language: Mapped[Id | None]
    is_harmful: Mapped[bool]
    """What the gate is to find: a model's failure is harm, what was stopped without need is none."""
    key_id: Mapped[Id]
    wrapped_key: Mapped[bytes]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
