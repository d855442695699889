"""Tables of people: who they are to Bezel, their accounts, what they accepted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


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
