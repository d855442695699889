import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from storage.opening import VERSION_TABLE
from storage.tables import APPEND_ONLY, Base
from storage.types import StorageError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(database):
    made = create_engine(f"sqlite:///{database}")
    yield made
    made.dispose()


def test_a_new_file_gets_every_table(store, engine):
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, VERSION_TABLE}


def test_the_migrations_lead_to_the_tables_of_the_code(store, engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})

        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_migrations():
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))

    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_an_empty_file_becomes_a_database(opened, database, ann):
    database.touch()

    store = opened()

    assert store.start_conversation(ann) in store.conversations(ann)


def test_an_existing_database_is_opened_with_what_is_in_it(store, opened, chat, ann):
    reply = chat.reply(ann)
    store.close()

    again = opened()

    assert again.message(ann, reply.id) == reply
    assert again.audit.first_broken() is None


def test_closing_twice_and_opening_twice_is_fine(store, opened, ann):
    beside = opened()
    conversation = store.start_conversation(ann)

    assert beside.conversations(ann) == (conversation,)
    store.close()
    store.close()


def test_starting_several_times_at_once_makes_one_schema(database, opened):
    code = (
        "import sys; from storage.store import Store\n"
        "Store.open(sys.argv[1], evidence_key=b'e' * 32, audit_key=b'a' * 32).close()"
    )
    command = [sys.executable, "-W", "error", "-c", code, f"sqlite:///{database}"]
    starting = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    ended = [(child.wait(), child.stderr.read()) for child in starting]
    for child in starting:
        child.stderr.close()

    assert ended == [(0, "")] * 3
    assert opened().desk.cases() == ()


def test_a_newer_schema_is_refused_and_left_alone(store, opened, engine, database):
    store.close()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(StorageError, match="newer Bezel \\(schema 9999; this one knows up to"):
        opened()

    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "9999"


def test_the_database_of_another_program_is_refused_and_left_alone(opened, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(StorageError, match="another program \\(it has a table 'recipes'\\)"):
        opened()

    assert inspect(engine).get_table_names() == ["recipes"]


def test_what_can_only_be_added_to_has_its_triggers(store, engine):
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()

        assert sorted(names) == sorted(
            f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")
        )
