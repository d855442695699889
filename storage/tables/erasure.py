"""The tables of erasures, by which a restored backup is held to the ledger outside."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


class Erasure(Base):
    """That a person was erased, by their keyed pseudonym; triggers let rows be added only."""

    __tablename__ = "erasure"

    id: Mapped[Id] = mapped_column(primary_key=True)
    person: Mapped[Id]
    key_id: Mapped[Id]
    with_account: Mapped[bool]
    at: Mapped[datetime]


class Deletion(Base):
    """That a conversation was deleted by its person; triggers let rows be added only."""

    __tablename__ = "deletion"

    conversation_id: Mapped[Id] = mapped_column(primary_key=True)
    at: Mapped[datetime]
