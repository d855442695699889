"""Cases and decisions of an earlier schema, with all that was in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from storage import opening
from storage.keys import keys_from
from storage.types import UNDECIDED, Filters

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
BEFORE = "0003"


def upgrade(connection, revision):
    config = Config()
    config.set_main_option("script_location", str(opening._MIGRATIONS))
    config.attributes["connection"] = connection
    with opening._migrating:
        command.upgrade(config, revision)


@pytest.fixture
def earlier(raw, backend, url):
    """A connection to a database with the schema before this one, and nothing in it."""
    if backend == "postgresql":
        raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    else:
        Path(url.removeprefix("sqlite:///")).unlink()
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, BEFORE)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def add(connection, table, **values):
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def add_message(connection, message_id, role, state):
    add(
        connection,
        "message",
        owner="ann",
        id=message_id,
        conversation_id="talk",
        place=1,
        role=role,
        state=state,
        text=message_id,
        created_at=AT,
    )


def add_case(connection, case_id, message_id, state, ruling, severity):
    add(
        connection,
        "review_case",
        id=case_id,
        kind="content",
        owner="ann",
        conversation_id="talk",
        message_id=message_id,
        clause="PUP-2.b",
        severity=severity,
        state=state,
        is_escalated=False,
        ruling=ruling,
        row_version=1,
        opened_at=AT,
        decided_at=AT if state == "decided" else None,
    )
    add(
        connection,
        "verdict",
        id=f"verdict-{case_id}",
        owner="ann",
        conversation_id="talk",
        message_id=message_id,
        case_id=case_id,
        action="flag",
        score=0.9,
        policy="pup",
        body="{}",
        created_at=AT,
    )
    for check, clause in (("rules", "PUP-2.b"), ("classifier", "PUP-2.c"), ("broken", None)):
        add(
            connection,
            "flag",
            id=f"{check}-{case_id}",
            owner="ann",
            verdict_id=f"verdict-{case_id}",
            case_id=case_id,
            message_id=message_id,
            check_name=check,
            policy="pup",
            outcome="flag",
            clause=clause,
            spans="[]",
            action="flag",
            created_at=AT,
        )


def add_decision(connection, case_id, ruling, number=1):
    add(
        connection,
        "decision",
        id=f"decision-{case_id}-{number}",
        case_id=case_id,
        moderator_id="mia",
        ruling=ruling,
        clause="PUP-2.b" if ruling == "violates" else None,
        decided_at=AT,
    )


@pytest.fixture
def filled(earlier):
    """Three decided cases, of which one was passed on first, and one that waits and was reported."""
    add(earlier, "person", owner="ann", created_at=AT)
    add(earlier, "conversation", owner="ann", id="talk", title="", created_at=AT, updated_at=AT)
    add(
        earlier,
        "moderator",
        id="mia",
        name="mia",
        password_hash="x",
        role="lead",
        generation=1,
        created_at=AT,
    )
    messages = (("prompt", "user"), ("reply", "assistant"), ("cleared", "assistant"), ("open", "assistant"))
    for message_id, role in messages:
        add_message(earlier, message_id, role, "removed" if message_id in ("prompt", "reply") else "complete")
    for case_id in ("prompt", "reply"):
        add_case(earlier, case_id, case_id, "decided", "violates", 1)
        add_decision(earlier, case_id, "violates")
    add_case(earlier, "cleared", "cleared", "decided", "no_violation", 2)
    add_decision(earlier, "cleared", "unsure")
    add_decision(earlier, "cleared", "no_violation", 2)
    add_case(earlier, "open", "open", "open", None, 3)
    add(
        earlier,
        "report",
        id="report",
        owner="ann",
        kind="report",
        conversation_id="talk",
        message_id="open",
        case_id="open",
        reason="other",
        note="",
        created_at=AT,
    )
    earlier.commit()
    return earlier


def test_cases_and_decisions_of_an_earlier_schema_go_on(filled, opened, clock):
    store = opened()

    (waiting,) = store.desk.queue(filters=Filters(states=UNDECIDED)).cases
    history = {case.id: case.ruling for case in store.desk.queue(filters=Filters(states=("decided",))).cases}

    assert (waiting.id, waiting.sources, waiting.reports) == (
        "open",
        ("broken", "classifier", "rules", "person"),
        1,
    )
    assert (waiting.due_at - AT, waiting.is_overdue) == (timedelta(hours=1), True)
    assert history == {"prompt": "misuse", "reply": "model_failure", "cleared": "no_violation"}
    told = {one.message_id: (one.ruling, one.action) for one in store.appeals.statements("ann")}
    assert told == {
        "prompt": ("misuse", "remove"),
        "reply": ("model_failure", "remove"),
        "cleared": ("no_violation", "restore"),
    }
    decisions = store.desk.case("cleared", "mia").decisions
    assert [(made.state, made.action, made.stage) for made in decisions] == [
        ("passed_on", "second_opinion", "first"),
        ("in_force", "restore", "first"),
    ]
    assert store.desk.next_case("mia").summary.id == "open"


def test_decisions_of_an_earlier_schema_become_labels(filled, opened):
    store = opened()

    precision = {
        one.check: (one.right.hits, one.right.total, one.unsure)
        for one in store.insights.over(9999).precision
    }

    assert precision == {"rules": (2, 3, 0), "classifier": (0, 1, 2)}


def test_decisions_of_an_earlier_schema_still_cannot_be_changed(filled, opened):
    opened().close()

    with pytest.raises(DatabaseError, match="decision is append-only"):
        filled.execute(text("UPDATE decision SET ruling = 'unsure'"))


def test_a_warning_of_an_earlier_schema_is_read_or_lifted_as_it_was(filled, opened):
    person = keys_from(b"e" * 32, b"a key for the audit log 32 bytes").pseudonym("ann")
    upgrade(filled, "0006")
    for name, made, ended_at in (
        ("read", "decision-prompt-1", AT),
        ("unread", "decision-reply-1", None),
        ("lifted", "decision-cleared-2", AT),
    ):
        sanction = {"person": person, "kind": "warning", "starts_at": AT, "ended_at": ended_at}
        add(filled, "sanction", id=name, decision_id=made, **sanction)
    filled.execute(
        text("UPDATE decision_course SET state = 'overturned' WHERE decision_id = 'decision-cleared-2'")
    )
    filled.commit()

    store = opened()

    assert [warning.id for warning in store.sanctions.warnings("ann")] == ["unread"]
    taken = {made["decision_id"]: made for made in store.export_person("ann")["sanctions"]}
    assert [(made["read_at"] is None, made["lifted_at"] is None) for made in taken.values()] == [
        (True, False),
        (False, True),
        (True, True),
    ]


def test_what_was_decided_before_it_was_noted_who_heard_counts_as_heard(filled, opened):
    upgrade(filled, "0008")
    asked = {"owner": "ann", "conversation_id": "talk", "reason": "other", "note": "", "created_at": AT}
    for message_id in ("cleared", "prompt"):
        about = {"message_id": message_id, "case_id": message_id}
        add(filled, "report", id=f"report-{message_id}", kind="report", **asked, **about)
    about = {"decision_id": "decision-reply-1", "case_id": "prompt", "side": "author", "created_at": AT}
    add(filled, "appeal", id="appeal", owner="ann", **about)
    filled.commit()

    store = opened()

    assert store.outcomes.unheard("ann") == 0
    assert store.export_person("ann")["outcomes_heard"] == [
        {"decision_id": "decision-cleared-2", "heard_at": None},
        {"decision_id": "decision-prompt-1", "heard_at": None},
    ]
