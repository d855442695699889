"""Which outcomes of their reports, requests and appeals people have heard.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(200)


def upgrade() -> None:
    """Add the table; what was decided so far counts as heard, nobody knows when."""
    op.create_table(
        "outcome_heard",
        sa.Column("owner", ID, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_outcome_heard_owner_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name="fk_outcome_heard_decision_id_decision"
        ),
        sa.PrimaryKeyConstraint("owner", "decision_id", name="pk_outcome_heard"),
    )
    decided = " UNION ".join(
        f"SELECT person.owner, review_case.decision_id FROM {asked} "
        f"JOIN review_case ON review_case.id = {asked}.case_id "
        f"JOIN person ON person.owner = {asked}.owner "
        "WHERE review_case.decision_id IS NOT NULL"
        for asked in ("report", "appeal")
    )
    op.execute(f"INSERT INTO outcome_heard (owner, decision_id) {decided}")
