import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from safety.types import Action
from storage.types import StorageError

REFUSED = (sqlite3.IntegrityError, psycopg.errors.RaiseException)


def test_events_are_chained_and_the_chain_verifies(store):
    assert store.audit.first_broken() is None

    for number in range(20):
        store.audit.record("host", "tested", f"object {number}")

    events = store.audit.events(3)
    assert [(event.seq, event.object_id) for event in events] == [
        (20, "object 19"),
        (19, "object 18"),
        (18, "object 17"),
    ]
    assert store.audit.first_broken() is None


def test_events_added_at_once_make_one_chain(store):
    begin = threading.Barrier(8)

    def add(number):
        begin.wait()
        for step in range(10):
            store.audit.record("host", "tested", f"{number}/{step}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(8)))

    assert [event.seq for event in store.audit.events(100)] == list(range(80, 0, -1))
    assert store.audit.first_broken() is None


@pytest.mark.parametrize("table", ["audit_event", "decision"])
@pytest.mark.parametrize("kind", ["UPDATE", "DELETE"])
def test_the_database_refuses_to_change_what_can_only_be_added(
    store, chat, ann, moderator, rule, raw, table, kind
):
    chat.prompt(ann, action=Action.BLOCK)
    rule(store.desk.cases()[0].id, moderator, "misuse")
    column = {"audit_event": "action", "decision": "ruling"}[table]
    statements = {
        "DELETE": f"DELETE FROM {table}",
        "UPDATE": f"UPDATE {table} SET {column} = 'no_violation'",
    }

    with pytest.raises(REFUSED, match=f"{table} is append-only"):
        raw.execute(statements[kind])

    assert store.audit.first_broken() is None


@pytest.mark.sqlite
@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_the_database_refuses_to_replace_what_can_only_be_added(store, raw, ann, recursive):
    store.erase_person(ann)
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")

    for table in ("audit_event", "erasure"):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            raw.execute(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["at", "actor", "hash", "key_id"])
@pytest.mark.parametrize("junk", ["X'00ff'", "''", "5", "'\u00e9'"])
def test_rubbish_of_any_type_in_the_log_is_found_and_stops_nothing(store, without_triggers, column, junk):
    for number in range(3):
        store.audit.record("host", "tested", f"object {number}")

    without_triggers.execute(f"UPDATE audit_event SET {column} = {junk} WHERE seq = 2")

    assert store.audit.first_broken() == 2


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit_event SET actor = 'somebody else' WHERE seq = 3", 3),
        ("UPDATE audit_event SET action = 'untested' WHERE seq = 1", 1),
        ("UPDATE audit_event SET object_id = 'other' WHERE seq = 5", 5),
        ("UPDATE audit_event SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2", 2),
        ("DELETE FROM audit_event WHERE seq = 4", 4),
        ("DELETE FROM audit_event WHERE seq = 1", 1),
        ("UPDATE audit_event SET seq = 9 WHERE seq = 5", 5),
        ("UPDATE audit_event SET hash = prev_hash WHERE seq = 3", 3),
        (
            "INSERT INTO audit_event SELECT 6, at, actor, action, object_id, key_id, hash, hash "
            "FROM audit_event WHERE seq = 5",
            6,
        ),
    ],
)
def test_an_edit_of_the_log_is_found_at_the_first_broken_link(store, without_triggers, tampering, broken):
    for number in range(5):
        store.audit.record("host", "tested", f"object {number}")

    without_triggers.execute(tampering)

    assert store.audit.first_broken() == broken


def test_a_log_written_with_another_key_does_not_verify(store, opened):
    store.audit.record("host", "tested", "object")
    store.close()

    assert opened(audit_key=b"quite another key of thirty-two!").audit.first_broken() == 1


@pytest.mark.parametrize("strange", ["x" * 201, "two\nlines", "\x00", "\ud800"])
def test_an_event_holds_names_and_ids_and_no_content(store, strange):
    for event in ((strange, "tested", "object"), ("host", strange, "object"), ("host", "tested", strange)):
        with pytest.raises(StorageError, match="one line of at most 200"):
            store.audit.record(*event)

    assert store.audit.events() == ()


def test_people_stand_in_the_log_as_pseudonyms_and_their_words_not_at_all(
    store, chat, ann, moderator, rule, raw
):
    reply = chat.reply(ann, "Zirconfall", prompt="Qopalesce")
    store.report(ann, reply.id, reason="other", note="Moonstoned")
    rule(store.desk.cases()[0].id, moderator, "misuse", note="Moonstoned", public_note="Qopalesce")
    store.export_person(ann)
    store.erase_person(ann)

    log = repr(raw.execute("SELECT * FROM audit_event").fetchall())

    assert store.audit.pseudonym(ann) in log
    assert not [word for word in (ann, "Zirconfall", "Qopalesce", "Moonstoned") if word in log]


def test_no_error_holds_what_a_person_wrote(store, chat, ann, raw):
    conversation = store.start_conversation(ann)
    raw.execute("ALTER TABLE verdict RENAME TO verdicts")
    raw.execute("ALTER TABLE message RENAME COLUMN text TO words")

    with pytest.raises(StorageError) as refusal:
        store.save_prompt(ann, conversation.id, "Qopalesce")

    assert "Qopalesce" not in str(refusal.value)
    assert refusal.value.__suppress_context__
