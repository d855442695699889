"""Thresholds that are certified, shadowed and switched on; prompts kept for regression.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(200)
WORDS = sa.Text()
MOMENT = sa.DateTime(timezone=True)
DOUBLE: sa.Double[float] = sa.Double()
BYTES = sa.LargeBinary()
ABOUT = ["check_name", "check_version", "clause", "side"]


def upgrade() -> None:
    """Add three tables, and the ways to find what was drawn and what was judged lately."""
    _thresholds()
    _regressions()
    drawn = sa.text("selection_prob IS NOT NULL")
    op.create_index("ix_flag_drawn", "flag", ["created_at"], sqlite_where=drawn, postgresql_where=drawn)
    op.create_index("ix_verdict_created_at", "verdict", ["created_at"])


def _thresholds() -> None:
    op.create_table(
        "threshold",
        sa.Column("id", ID, nullable=False),
        *(sa.Column(name, ID, nullable=False) for name in ABOUT),
        *(sa.Column(name, DOUBLE, nullable=False) for name in ("value", "target", "risk", "lower")),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("method", WORDS, nullable=False),
        sa.Column("status", ID, nullable=False),
        sa.Column("proposed_by", ID, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("shadow_at", MOMENT),
        sa.Column("activated_by", ID),
        sa.Column("activated_at", MOMENT),
        sa.Column("retired_by", ID),
        sa.Column("retired_at", MOMENT),
        sa.Column("supersedes", ID),
        *(
            sa.ForeignKeyConstraint([name], ["moderator.id"], name=f"fk_threshold_{name}_moderator")
            for name in ("proposed_by", "activated_by", "retired_by")
        ),
        sa.ForeignKeyConstraint(["supersedes"], ["threshold.id"], name="fk_threshold_supersedes_threshold"),
        sa.PrimaryKeyConstraint("id", name="pk_threshold"),
    )
    for name, which in (("active", "status = 'active'"), ("under_way", "status IN ('proposed', 'shadow')")):
        where = sa.text(which)
        op.create_index(
            f"uq_threshold_{name}",
            "threshold",
            ABOUT,
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )


def _regressions() -> None:
    op.create_table(
        "regression_consent",
        sa.Column("owner", ID, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_regression_consent_owner_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", name="pk_regression_consent"),
    )
    op.create_table(
        "regression_prompt",
        sa.Column("owner", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("clause", ID),
        sa.Column("category", ID),
        sa.Column("side", ID, nullable=False),
        sa.Column("language", ID),
        sa.Column("is_harmful", sa.Boolean(), nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("wrapped_key", BYTES, nullable=False),
        sa.Column("sealed", BYTES, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner", "conversation_id"],
            ["conversation.owner", "conversation.id"],
            name="fk_regression_prompt_owner_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["review_case.id"], name="fk_regression_prompt_case_id_review_case"
        ),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_regression_prompt"),
        sa.UniqueConstraint("owner", "case_id", name="uq_regression_prompt_owner_case_id"),
    )
    op.create_index(
        "ix_regression_prompt_owner_conversation_id", "regression_prompt", ["owner", "conversation_id"]
    )
