import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from storage.dialects import SEARCHED
from storage.opening import VERSION_TABLE
from storage.runs import PATIENCE
from storage.tables import APPEND_ONLY, Base
from storage.types import StorageError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(url):
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def nothing(raw, backend, url):
    """The connection to a database without a table."""
    if backend == "sqlite":
        Path(url.removeprefix("sqlite:///")).unlink()
    else:
        raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url


def is_ours(name):
    """Whether a table or an index is one of the code's, and none that a full-text index is made of."""
    return not any(f"{table}_words" in (name or "") for table in SEARCHED)


def test_a_new_database_gets_every_table(nothing, opened, engine):
    opened()

    assert set(filter(is_ours, inspect(engine).get_table_names())) == {*Base.metadata.tables, VERSION_TABLE}


def test_the_migrations_lead_to_the_tables_of_the_code(store, engine):
    with engine.connect() as connection:
        opts = {"version_table": VERSION_TABLE, "include_name": lambda name, *about: is_ours(name)}
        context = MigrationContext.configure(connection, opts=opts)

        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_migrations():
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))

    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


@pytest.mark.sqlite
def test_an_empty_file_becomes_a_database(nothing, opened, database, ann):
    database.touch()

    store = opened()

    assert store.start_conversation(ann) in store.conversations(ann)


def test_an_existing_database_is_opened_with_what_is_in_it(store, opened, chat, ann):
    reply = chat.reply(ann)
    store.close()

    again = opened()

    assert again.message(ann, reply.id) == reply
    assert again.audit.first_broken() is None


@pytest.mark.parametrize("released", ["0001", "0002"])
def test_a_database_of_a_released_schema_is_opened_with_what_is_in_it(nothing, engine, opened, ann, released):
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, released)
        at = "2026-10-01 12:00:00"
        for statement in (
            f"INSERT INTO person (owner, created_at) VALUES ('{ann}', '{at}')",
            f"INSERT INTO conversation VALUES ('{ann}', 'c', 'A title', 'm2', '{at}', '{at}')",
            "INSERT INTO message (owner, id, conversation_id, parent_id, place, role, state, text, "
            "created_at)"
            f" VALUES ('{ann}', 'm1', 'c', NULL, 1, 'user', 'accepted', 'Good morning', '{at}'),"
            f" ('{ann}', 'm2', 'c', 'm1', 1, 'assistant', 'streaming', 'Good', '{at}')",
            f"INSERT INTO terms_acceptance VALUES ('t', '{ann}', '2026-11', '{at}')",
            f"INSERT INTO moderator VALUES ('o', 'Opal', 'opal', 'no hash', 'moderator', 1, '{at}', NULL)",
        ):
            connection.execute(text(statement))

    store = opened()

    assert [said.text for said in store.path(ann, "c")] == ["Good morning", "Good"]
    assert store.terms_accepted(ann) == "2026-11"
    assert store.moderators.by_name("Opal").id == "o"
    assert (store.runs.beat(0), store.runs.beat(PATIENCE)) == (0, 1)
    assert store.message(ann, "m2").state == "interrupted"


def test_closing_twice_and_opening_twice_is_fine(store, opened, ann):
    beside = opened()
    conversation = store.start_conversation(ann)

    assert beside.conversations(ann) == (conversation,)
    store.close()
    store.close()


def test_starting_several_times_at_once_makes_one_schema(nothing, url, opened):
    code = (
        "import sys; from storage.store import Store\n"
        "Store.open(sys.argv[1], evidence_key=b'e' * 32, audit_key=b'a' * 32).close()"
    )
    start = [sys.executable, "-W", "error", "-c", code, url]
    starting = [subprocess.Popen(start, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    ended = [(child.wait(), child.stderr.read()) for child in starting]
    for child in starting:
        child.stderr.close()

    assert ended == [(0, "")] * 3
    assert opened().desk.cases() == ()


def test_a_newer_schema_is_refused_and_left_alone(raw, opened):
    raw.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(StorageError, match="newer Bezel \\(schema 9999; this one knows up to"):
        opened()

    assert raw.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("9999",)]


def test_the_database_of_another_program_is_refused_and_left_alone(nothing, opened, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(StorageError, match="another program \\(it has a table 'recipes'\\)"):
        opened()

    assert inspect(engine).get_table_names() == ["recipes"]


def test_what_can_only_be_added_to_has_its_triggers(raw, backend):
    lists = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    verbs = {"sqlite": ("update", "delete", "replace"), "postgresql": ("change",)}

    names = {name for (name,) in raw.execute(lists[backend]).fetchall()}

    assert names >= {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in verbs[backend]}
