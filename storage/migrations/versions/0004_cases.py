"""Cases that are held, seconded and appealed; labels, suspensions and what moderators were shown.

Revision ID: 0004
"""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.dialects import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(200)
WORDS = sa.Text()
MOMENT = sa.DateTime(timezone=True)
DOUBLE: sa.Double[float] = sa.Double()
WAITS = "state <> 'decided'"
DUE = {3: timedelta(hours=1), 2: timedelta(hours=24)}
USUALLY_DUE = timedelta(days=7)
STEP = 1_000_000
"""Severity and lateness come before this, priority after it, in the rank of a case."""


def upgrade() -> None:
    """Add what cases and decisions have now, then the new tables, then what follows from the old rows."""
    _cases()
    _decisions()
    op.add_column("flag", sa.Column("selection_prob", DOUBLE))
    _labels()
    _sanctions()
    _appeals()
    _desk()
    _old_decisions()
    _old_cases()
    for statement in append_only(op.get_bind().dialect.name, "decision"):
        op.execute(statement)


def _cases() -> None:
    with op.batch_alter_table("review_case") as case:
        case.drop_constraint("uq_review_case_owner_message_id_kind", type_="unique")
        case.drop_index("ix_review_case_state_severity_opened_at")
        for name in ("content_digest", "about_id", "override_of", "language"):
            case.add_column(sa.Column(name, ID))
        for name in ("decision_id", "proposal_id", "settling_id"):
            case.add_column(sa.Column(name, ID))
        for name in ("held_since", "due_at", "changes_at"):
            case.add_column(sa.Column(name, MOMENT))
        for name in ("for_lead", "is_overdue"):
            case.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in ("reports", "rank"):
            case.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        case.add_column(sa.Column("found_by", WORDS, nullable=False, server_default="|"))
        case.add_column(sa.Column("selection_prob", DOUBLE))
        case.add_column(sa.Column("hold_reason", WORDS))
        case.add_column(sa.Column("priority", DOUBLE, nullable=False, server_default="0"))
        case.add_column(sa.Column("priority_parts", sa.JSON(), nullable=False, server_default="[]"))
    partly: dict[str, Any] = {"sqlite_where": sa.text(WAITS), "postgresql_where": sa.text(WAITS)}
    one = ["owner", "message_id", "kind"]
    asked = ["rank", "id", "state", "clause", "language", "found_by"]
    asked += ["opened_at", "due_at", "claimed_by", "claim_expires_at"]
    op.create_index("uq_review_case_waiting", "review_case", one, unique=True, **partly)
    op.create_index("ix_review_case_queue", "review_case", asked, **partly)
    op.create_index("ix_review_case_owner_message_id_kind", "review_case", one)
    op.create_index("ix_review_case_decided_at_id", "review_case", ["decided_at", "id"])
    for name in ("content_digest", "changes_at", "about_id"):
        op.create_index(f"ix_review_case_{name}", "review_case", [name])


def _decisions() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER decision_no_{verb}")
    else:
        op.execute("DROP TRIGGER decision_no_change ON decision")
        op.execute("DROP FUNCTION decision_append_only()")
    for column in (
        sa.Column("action", ID, nullable=False, server_default="remove"),
        sa.Column("days", sa.Integer()),
        sa.Column("reason_key", ID),
        sa.Column("stage", ID, nullable=False, server_default="first"),
        sa.Column("override_of", ID),
        sa.Column("batch_id", ID),
        sa.Column("saw_model_output", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("proposed_labels", sa.JSON()),
        sa.Column("effective_at", MOMENT),
    ):
        op.add_column("decision", column)
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"])
    op.create_table(
        "decision_course",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("state", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _to("decision_course", "decision_id", "decision"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decision_course"),
    )
    op.create_index("ix_decision_course_state_at", "decision_course", ["state", "at"])


def _labels() -> None:
    op.create_table(
        "decision_label",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("flag_id", ID, nullable=False),
        sa.Column("check_name", ID, nullable=False),
        sa.Column("label", ID, nullable=False),
        sa.Column("spans", sa.JSON()),
        _to("decision_label", "decision_id", "decision"),
        _to("decision_label", "flag_id", "flag", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("decision_id", "flag_id", name="pk_decision_label"),
        sa.UniqueConstraint("flag_id", name="uq_decision_label_flag_id"),
    )
    op.create_index("ix_decision_label_check_name_label", "decision_label", ["check_name", "label"])


def _sanctions() -> None:
    op.create_table(
        "sanction",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("kind", ID, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        _to("sanction", "decision_id", "decision"),
        sa.PrimaryKeyConstraint("id", name="pk_sanction"),
    )
    op.create_index("ix_sanction_person", "sanction", ["person"])
    op.create_index("ix_sanction_decision_id", "sanction", ["decision_id"])
    op.create_table(
        "sanction_address",
        sa.Column("sanction_id", ID, nullable=False),
        sa.Column("address", ID, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        _to("sanction_address", "sanction_id", "sanction", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sanction_id", "address", name="pk_sanction_address"),
    )
    op.create_index("ix_sanction_address_address", "sanction_address", ["address"])


def _appeals() -> None:
    op.create_table(
        "appeal",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner", ID),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("side", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _to("appeal", "decision_id", "decision"),
        _to("appeal", "case_id", "review_case"),
        sa.PrimaryKeyConstraint("id", name="pk_appeal"),
        sa.UniqueConstraint("owner", "decision_id", name="uq_appeal_owner_decision_id"),
    )
    op.create_index("ix_appeal_case_id", "appeal", ["case_id"])
    op.create_table(
        "appeal_text",
        sa.Column("owner", ID, nullable=False),
        sa.Column("appeal_id", ID, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        _to("appeal_text", "appeal_id", "appeal"),
        sa.PrimaryKeyConstraint("owner", "appeal_id", name="pk_appeal_text"),
    )
    op.create_table(
        "later_evidence",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT),
        _to("later_evidence", "case_id", "review_case"),
        sa.PrimaryKeyConstraint("case_id", name="pk_later_evidence"),
    )


def _desk() -> None:
    op.create_table(
        "case_opening",
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("revealed_at", MOMENT),
        _to("case_opening", "moderator_id", "moderator"),
        _to("case_opening", "case_id", "review_case"),
        sa.PrimaryKeyConstraint("moderator_id", "case_id", name="pk_case_opening"),
    )
    op.create_index("ix_case_opening_at", "case_opening", ["at"])
    op.create_table(
        "moderator_person",
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("owner", ID, nullable=False),
        _to("moderator_person", "moderator_id", "moderator"),
        sa.PrimaryKeyConstraint("moderator_id", "owner", name="pk_moderator_person"),
    )
    op.create_table(
        "saved_view",
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        _to("saved_view", "moderator_id", "moderator"),
        sa.PrimaryKeyConstraint("moderator_id", "name", name="pk_saved_view"),
    )
    op.create_table(
        "case_export",
        sa.Column("id", ID, nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("agreed_by", ID),
        sa.Column("agreed_at", MOMENT),
        sa.Column("taken_at", MOMENT),
        _to("case_export", "asked_by", "moderator"),
        _to("case_export", "agreed_by", "moderator"),
        sa.PrimaryKeyConstraint("id", name="pk_case_export"),
    )


def _to(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def _old_decisions() -> None:
    """A violation was the model's where the message was a reply; `unsure` left it to somebody else."""
    reply = (
        "EXISTS (SELECT 1 FROM review_case JOIN message ON message.owner = review_case.owner "
        "AND message.id = review_case.message_id "
        "WHERE review_case.id = {case} AND message.role = 'assistant')"
    )
    for table, case in (("decision", "decision.case_id"), ("review_case", "c.id")):
        named = "review_case AS c" if table == "review_case" else table
        whose = f"CASE WHEN {reply.format(case=case)} THEN 'model_failure' ELSE 'misuse' END"
        op.execute(f"UPDATE {named} SET ruling = {whose} WHERE ruling = 'violates'")
    op.execute(
        "UPDATE decision SET effective_at = decided_at, action = CASE ruling "
        "WHEN 'no_violation' THEN 'restore' WHEN 'unsure' THEN 'second_opinion' ELSE 'remove' END"
    )
    op.execute(
        "INSERT INTO decision_course (decision_id, state, at) SELECT id, "
        "CASE ruling WHEN 'unsure' THEN 'passed_on' ELSE 'in_force' END, decided_at FROM decision"
    )
    op.execute(
        "INSERT INTO decision_label (decision_id, flag_id, check_name, label) "
        "SELECT decision.id, flag.id, flag.check_name, CASE WHEN decision.ruling = 'no_violation' THEN 'fp' "
        "WHEN flag.clause = decision.clause THEN 'tp' ELSE 'unsure' END "
        "FROM decision JOIN flag ON flag.case_id = decision.case_id "
        "WHERE decision.ruling <> 'unsure' AND flag.clause IS NOT NULL"
    )
    op.execute(
        "UPDATE review_case SET decision_id = (SELECT max(decision.id) FROM decision "
        "WHERE decision.case_id = review_case.id AND decision.ruling <> 'unsure') WHERE state = 'decided'"
    )


def _old_cases() -> None:
    connection = op.get_bind()
    columns = [sa.column("id"), sa.column("severity"), sa.column("state"), sa.column("opened_at", MOMENT)]
    new: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("found_by", "reports", "rank")]
    case = sa.table(
        "review_case", *columns, *new, sa.column("due_at", MOMENT), sa.column("changes_at", MOMENT)
    )
    flag, report = (
        sa.table("flag", sa.column("case_id"), sa.column("check_name")),
        sa.table("report", sa.column("case_id")),
    )
    checks: dict[str, list[str]] = defaultdict(list)
    for case_id, check in connection.execute(
        sa.select(flag.c.case_id, flag.c.check_name).distinct().order_by(flag.c.check_name)
    ):
        checks[case_id].append(check)
    counted = sa.select(report.c.case_id, sa.func.count()).group_by(report.c.case_id)
    reports = {case_id: count for case_id, count in connection.execute(counted)}
    for row in connection.execute(sa.select(*(case.c[column.name] for column in columns))).all():
        due_at = row.opened_at + DUE.get(row.severity, USUALLY_DUE)
        names = checks[row.id] + (["person"] if row.id in reports else [])
        connection.execute(
            sa.update(case)
            .where(case.c.id == row.id)
            .values(
                found_by="".join(f"|{name}" for name in names) + "|",
                reports=reports.get(row.id, 0),
                rank=(7 - 2 * row.severity) * STEP + STEP - 1,
                due_at=due_at,
                changes_at=None if row.state == "decided" else due_at,
            )
        )
