"""The first schema: people, conversations, cases, decisions, the audit log.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from storage.dialects import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(200)
WORDS = sa.Text()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables in the order in which they refer to each other."""
    _people()
    _messages()
    _desk()
    _exhibits()
    _judgements()
    _rulings()
    for table in ("audit_event", "decision"):
        for statement in append_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("owner", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_person"),
    )
    op.create_table(
        "terms_acceptance",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID, nullable=False),
        sa.Column("version", WORDS, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_terms_acceptance_owner_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_terms_acceptance"),
    )
    op.create_index("ix_terms_acceptance_owner_accepted_at", "terms_acceptance", ["owner", "accepted_at"])
    op.create_table(
        "conversation",
        sa.Column("owner", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("leaf_id", ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["person.owner"], name="fk_conversation_owner_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_owner_updated_at", "conversation", ["owner", "updated_at"])


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("owner", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("parent_id", ID),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", ID, nullable=False),
        sa.Column("state", ID, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("checkpoint", WORDS),
        sa.Column("settings", sa.JSON()),
        sa.Column("end_reason", ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["owner", "conversation_id", "parent_id"],
            ["message.owner", "message.conversation_id", "message.id"],
            name="fk_message_owner_conversation_id_parent_id_message",
        ),
        sa.ForeignKeyConstraint(
            ["owner", "conversation_id"],
            ["conversation.owner", "conversation.id"],
            name="fk_message_owner_conversation_id_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_message"),
        sa.UniqueConstraint("owner", "conversation_id", "id", name="uq_message_owner_conversation_id_id"),
    )
    op.create_index(
        "ix_message_owner_conversation_id_parent_id", "message", ["owner", "conversation_id", "parent_id"]
    )
    op.create_index("ix_message_owner_state", "message", ["owner", "state"])
    op.create_index("ix_message_state", "message", ["state"])


def _desk() -> None:
    op.create_table(
        "moderator",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("active_name", WORDS),
        sa.Column("password_hash", WORDS, nullable=False),
        sa.Column("role", ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_moderator"),
        sa.UniqueConstraint("active_name", name="uq_moderator_active_name"),
    )
    op.create_table(
        "review_case",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", ID, nullable=False),
        sa.Column("owner", ID),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("clause", ID),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", ID, nullable=False),
        sa.Column("is_escalated", sa.Boolean(), nullable=False),
        sa.Column("ruling", ID),
        sa.Column("claimed_by", ID),
        sa.Column("claim_expires_at", MOMENT),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(["claimed_by"], ["moderator.id"], name="fk_review_case_claimed_by_moderator"),
        sa.PrimaryKeyConstraint("id", name="pk_review_case"),
        sa.UniqueConstraint("owner", "message_id", "kind", name="uq_review_case_owner_message_id_kind"),
    )
    op.create_index("ix_review_case_owner_conversation_id", "review_case", ["owner", "conversation_id"])
    op.create_index(
        "ix_review_case_state_severity_opened_at", "review_case", ["state", "severity", "opened_at"]
    )


def _exhibits() -> None:
    op.create_table(
        "evidence",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name="fk_evidence_case_id_review_case"),
        sa.PrimaryKeyConstraint("case_id", name="pk_evidence"),
    )
    op.create_table(
        "report",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID),
        sa.Column("kind", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("note", WORDS, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name="fk_report_case_id_review_case"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("owner", "message_id", "kind", name="uq_report_owner_message_id_kind"),
    )
    op.create_index("ix_report_case_id", "report", ["case_id"])


def _judgements() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("case_id", ID),
        sa.Column("action", ID, nullable=False),
        sa.Column("clause", ID),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("policy", WORDS, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name="fk_verdict_case_id_review_case"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_case_id", "verdict", ["case_id"])
    op.create_index(
        "ix_verdict_owner_conversation_id_message_id", "verdict", ["owner", "conversation_id", "message_id"]
    )
    op.create_table(
        "flag",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID),
        sa.Column("verdict_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("check_name", ID, nullable=False),
        sa.Column("check_version", WORDS),
        sa.Column("policy", WORDS, nullable=False),
        sa.Column("outcome", ID, nullable=False),
        sa.Column("clause", ID),
        sa.Column("category", ID),
        sa.Column("score", sa.Double()),
        sa.Column("threshold", sa.Double()),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name="fk_flag_case_id_review_case"),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdict.id"], name="fk_flag_verdict_id_verdict", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_flag"),
    )
    op.create_index("ix_flag_case_id", "flag", ["case_id"])
    op.create_index("ix_flag_check_name_clause", "flag", ["check_name", "clause"])
    op.create_index("ix_flag_verdict_id", "flag", ["verdict_id"])


def _rulings() -> None:
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("ruling", ID, nullable=False),
        sa.Column("clause", ID),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name="fk_decision_case_id_review_case"),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderator.id"], name="fk_decision_moderator_id_moderator"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_case_id", "decision", ["case_id"])
    op.create_table(
        "decision_note",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("note", WORDS, nullable=False),
        sa.Column("public_note", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name="fk_decision_note_decision_id_decision"
        ),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decision_note"),
    )
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("prev_hash", ID, nullable=False),
        sa.Column("hash", ID, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_event"),
    )
