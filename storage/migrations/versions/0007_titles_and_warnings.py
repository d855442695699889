"""Full-text search over titles, and who has read a warning.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.dialects import full_text
from storage.tokens import kept

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(200)
MOMENT = sa.DateTime(timezone=True)
BATCH = 500


def upgrade() -> None:
    """Add both tables, and take into them what is there."""
    _titles()
    _warnings()


def _titles() -> None:
    op.create_table(
        "searchable_title",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner", "conversation_id"],
            ["conversation.owner", "conversation.id"],
            name="fk_searchable_title_owner_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_searchable_title"),
        sa.UniqueConstraint("owner", "conversation_id", name="uq_searchable_title_owner_conversation_id"),
    )
    for statement in full_text(op.get_bind().dialect.name, "searchable_title"):
        op.execute(statement)
    _index_what_is_there(op.get_bind())


def _index_what_is_there(connection: sa.Connection) -> None:
    conversation = sa.table("conversation", *map(sa.column, ("owner", "id", "title")))
    searchable = sa.table("searchable_title", *map(sa.column, ("owner", "conversation_id", "words")))
    found = connection.execute(
        sa.select(conversation).where(conversation.c.title != "").order_by(conversation.c.id)
    )
    for rows in found.partitions(BATCH):
        words = [
            {"owner": row.owner, "conversation_id": row.id, "words": kept(row.owner, row.title)}
            for row in rows
        ]
        connection.execute(sa.insert(searchable), words)


def _warnings() -> None:
    op.create_table(
        "warning_read",
        sa.Column("owner", ID, nullable=False),
        sa.Column("sanction_id", ID, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_warning_read_owner_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sanction_id"], ["sanction.id"], name="fk_warning_read_sanction_id_sanction"
        ),
        sa.PrimaryKeyConstraint("owner", "sanction_id", name="pk_warning_read"),
    )
    # So far one column said both that a warning was lifted and that it was read.
    op.execute(
        "INSERT INTO warning_read (owner, sanction_id, read_at) "
        "SELECT person.owner, sanction.id, sanction.ended_at FROM sanction "
        "JOIN decision ON decision.id = sanction.decision_id "
        "JOIN decision_course ON decision_course.decision_id = decision.id "
        "JOIN review_case ON review_case.id = decision.case_id "
        "JOIN person ON person.owner = review_case.owner "
        "WHERE sanction.kind = 'warning' AND sanction.ended_at IS NOT NULL "
        "AND decision_course.state <> 'overturned'"
    )
    op.execute("UPDATE sanction SET ended_at = NULL WHERE id IN (SELECT sanction_id FROM warning_read)")
