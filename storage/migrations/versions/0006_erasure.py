"""The erasure ledger, and no REPLACE of what can only be added.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from storage.dialects import append_only, never_replaced

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(200)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table, and the triggers that SQLite's REPLACE passes by without."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "erasure",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("with_account", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
    )
    statements = [*append_only(dialect, "erasure")]
    for table, key in (("audit_event", "seq"), ("decision", "id"), ("erasure", "id")):
        statements += never_replaced(dialect, table, key)
    for statement in statements:
        op.execute(statement)
