"""The ledger of conversations that their people deleted; which cases are judged blind, in the queue's index.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from storage.dialects import append_only, never_replaced

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table with the triggers that let rows be added only, and make the index anew."""
    _deletions(op.get_bind().dialect.name)
    waits = sa.text("state <> 'decided'")
    op.drop_index("ix_review_case_queue", "review_case")
    op.create_index(
        "ix_review_case_queue",
        "review_case",
        [
            *("rank", "id", "state", "clause", "language", "found_by"),
            *("opened_at", "due_at", "claimed_by", "claim_expires_at", "selection_prob"),
        ],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def _deletions(dialect: str) -> None:
    op.create_table(
        "deletion",
        sa.Column("conversation_id", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_deletion"),
    )
    for statement in (
        *append_only(dialect, "deletion"),
        *never_replaced(dialect, "deletion", "conversation_id"),
    ):
        op.execute(statement)
