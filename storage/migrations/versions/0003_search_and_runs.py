"""Full-text search over a person's own messages, and the journal of runs.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.dialects import full_text
from storage.states import SEARCHABLE
from storage.tokens import kept

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(200)
BATCH = 500


def upgrade() -> None:
    """Add what each needs, and take the messages that are there into the index."""
    _runs()
    _search()


def _runs() -> None:
    op.create_table(
        "open_reply",
        sa.Column("owner", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner", "message_id"],
            ["message.owner", "message.id"],
            name="fk_open_reply_owner_message_id_message",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner", "message_id", name="pk_open_reply"),
    )
    op.drop_index("ix_message_state", "message")
    # Whoever wrote these gives no sign of life, so the first run that looks on closes them.
    op.execute(
        "INSERT INTO open_reply (owner, message_id, run_id, beats) "
        "SELECT owner, id, 'before', 0 FROM message WHERE state = 'streaming'"
    )


def _search() -> None:
    op.create_table(
        "searchable",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner", "message_id"],
            ["message.owner", "message.id"],
            name="fk_searchable_owner_message_id_message",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_searchable"),
        sa.UniqueConstraint("owner", "message_id", name="uq_searchable_owner_message_id"),
    )
    for statement in full_text(op.get_bind().dialect.name):
        op.execute(statement)
    _index_what_is_there(op.get_bind())


def _index_what_is_there(connection: sa.Connection) -> None:
    message = sa.table("message", *map(sa.column, ("owner", "id", "state", "text")))
    searchable = sa.table("searchable", *map(sa.column, ("owner", "message_id", "words")))
    found = connection.execute(
        sa.select(message.c.owner, message.c.id, message.c.text)
        .where(message.c.state.in_(SEARCHABLE), message.c.text != "")
        .order_by(message.c.id)
    )
    for rows in found.partitions(BATCH):
        words = [
            {"owner": row.owner, "message_id": row.id, "words": kept(row.owner, row.text)} for row in rows
        ]
        connection.execute(sa.insert(searchable), words)
