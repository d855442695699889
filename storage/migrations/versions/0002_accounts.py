"""Accounts of people who sign in to chat, recovery codes, and cookies that can be made worthless.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(200)
WORDS = sa.Text()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add both tables, and a number to each person."""
    op.add_column("person", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("active_name", WORDS),
        sa.Column("password_hash", WORDS, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("active_name", name="uq_account_active_name"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("owner", ID, nullable=False),
        sa.Column("digest", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_recovery_code_owner_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", name="pk_recovery_code"),
        sa.UniqueConstraint("digest", name="uq_recovery_code_digest"),
    )
