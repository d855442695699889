import os
import sqlite3
import stat
import threading
from contextlib import closing

import pytest

from storage.backup import back_up, restore
from storage.opening import VERSION_TABLE
from storage.types import StorageError

# PostgreSQL has tools of its own; what is said there has tests without a database.
pytestmark = pytest.mark.sqlite
ELSEWHERE = "postgresql+psycopg://bezel:hunter2@db/bezel"


@pytest.fixture
def backup(url, store, chat, ann, tmp_path):
    """A backup of a database with one turn in it."""
    chat.reply(ann, "Good day")
    back_up(url, tmp_path / "backup")
    return tmp_path / "backup"


def said_by(store, owner):
    return [line.text for found in store.conversations(owner) for line in store.path(owner, found.id)]


def test_a_backup_is_one_whole_file_that_nobody_else_can_read(backup):
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM message").fetchall() == [(2,)]
        assert copy.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_backup_made_while_people_write_holds_whole_turns_up_to_a_moment(url, store, chat, ann, tmp_path):
    stop = threading.Event()
    saved = []

    def talk():
        while not stop.is_set():
            saved.append(chat.reply(ann, f"reply {len(saved)}"))

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        for number in range(5):
            before = len(saved)
            back_up(url, tmp_path / str(number))
            with closing(sqlite3.connect(tmp_path / str(number))) as copy:
                held = {key for (key,) in copy.execute("SELECT id FROM message").fetchall()}
                assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
            assert {reply.id for reply in saved[:before]} <= held
    finally:
        stop.set()
        talking.join()

    assert len(said_by(store, ann)) == 2 * len(saved)


def test_what_is_restored_is_what_was_backed_up(url, store, chat, opened, backup, ann, bob):
    chat.reply(bob, "after the backup")
    store.close()

    restore(url, backup, overwrite=True)

    again = opened()
    assert said_by(again, ann) == ["Good morning", "Good day"]
    assert said_by(again, bob) == []


def test_a_backup_is_restored_where_there_is_no_database_yet(backup, opened, tmp_path, ann):
    restore(f"sqlite:///{tmp_path / 'new.db'}", backup)

    assert said_by(opened(tmp_path / "new.db"), ann) == ["Good morning", "Good day"]


def test_nothing_is_overwritten_unless_that_is_asked_for(url, store, backup):
    before = backup.read_bytes()
    store.close()

    with pytest.raises(StorageError, match="is there already; --yes"):
        back_up(url, backup)
    with pytest.raises(StorageError, match="There is a database at .*; --yes"):
        restore(url, backup)

    assert backup.read_bytes() == before
    assert back_up(url, backup, overwrite=True) > 0


def test_a_database_in_use_is_not_replaced(url, store, chat, backup, ann):
    chat.reply(ann, "after the backup")

    with pytest.raises(StorageError, match="is in use; stop Bezel"):
        restore(url, backup, overwrite=True)

    assert "after the backup" in said_by(store, ann)


def damaged(backup):
    with backup.open("r+b") as file:
        for page in range(6, backup.stat().st_size // 4096, 2):
            file.seek(page * 4096)
            file.write(os.urandom(4096))


def newer(backup):
    with closing(sqlite3.connect(backup)) as copy, copy:
        copy.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")


def of_another_program(backup):
    backup.unlink()
    with closing(sqlite3.connect(backup)) as copy, copy:
        copy.execute("CREATE TABLE recipes (name TEXT)")


def empty(backup):
    backup.unlink()
    with closing(sqlite3.connect(backup)) as copy:
        copy.execute("VACUUM")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (damaged, "is damaged|is not a database"),
        (newer, "newer Bezel \\(schema 9999"),
        (of_another_program, "database of another program \\(it has a table 'recipes'\\)"),
        (empty, "no backup of Bezel: it is an empty database"),
        (lambda backup: backup.write_text("Dear diary"), "no backup of Bezel: it is not a SQLite database"),
        (lambda backup: backup.write_bytes(b""), "no backup of Bezel: it is not a SQLite database"),
        (lambda backup: backup.write_bytes(backup.read_bytes()[:9000]), "is damaged|is not a database"),
        (lambda backup: backup.unlink(), "cannot be read \\(No such file"),
        (lambda backup: (backup.unlink(), backup.mkdir()), "cannot be read \\(Is a directory"),
    ],
)
def test_what_is_no_backup_is_refused_and_the_database_left_alone(
    url, store, opened, database, backup, ann, spoil, sentence
):
    store.close()
    spoil(backup)
    before = database.read_bytes()

    with pytest.raises(StorageError, match=sentence) as refusal:
        restore(url, backup, overwrite=True)

    assert str(backup) in str(refusal.value)
    assert database.read_bytes() == before
    assert said_by(opened(), ann) == ["Good morning", "Good day"]
    assert not list(database.parent.glob(".*.new"))


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, None])
def test_a_damaged_database_can_be_replaced(url, store, opened, database, backup, ann, content):
    store.close()
    if content is None:
        damaged(database)
    else:
        database.write_bytes(content)
        database.with_name(f"{database.name}-wal").write_bytes(content)

    restore(url, backup, overwrite=True)

    assert said_by(opened(), ann) == ["Good morning", "Good day"]


def test_a_damaged_database_is_not_backed_up(url, store, database, tmp_path, chat, ann):
    for number in range(50):
        store.start_conversation(ann, f"title {number}" * 10)
    store.close()
    damaged(database)

    with pytest.raises(StorageError, match="is damaged|is not a database"):
        back_up(url, tmp_path / "backup")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["bezel.db"]


def test_a_backup_to_where_nobody_can_write_leaves_nothing(url, store, tmp_path):
    with pytest.raises(StorageError, match="cannot be written \\(No such file"):
        back_up(url, tmp_path / "missing" / "backup")
    with pytest.raises(StorageError, match="cannot be written \\(Is a directory"):
        back_up(url, tmp_path, overwrite=True)

    assert not list(tmp_path.glob(".*.new")) + list(tmp_path.parent.glob(".*.new"))


def test_the_database_itself_is_no_place_for_its_backup(url, store, database):
    with pytest.raises(StorageError, match="is the database itself"):
        back_up(url, database, overwrite=True)
    with pytest.raises(StorageError, match="is the database itself"):
        restore(url, database, overwrite=True)


def test_a_database_that_is_not_there_has_no_backup(tmp_path):
    with pytest.raises(StorageError, match="There is no database"):
        back_up(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "backup")

    assert not list(tmp_path.iterdir())


def test_postgresql_is_left_to_its_own_tools(tmp_path):
    with pytest.raises(StorageError, match="pg_dump --format=custom --file=copy DATABASE") as first:
        back_up(ELSEWHERE, tmp_path.__class__("copy"))
    with pytest.raises(StorageError, match="pg_restore .* copy$") as second:
        restore(ELSEWHERE, tmp_path.__class__("copy"))

    assert "hunter2" not in f"{first.value}{second.value}"
