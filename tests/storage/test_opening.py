import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.keys import keys_from
from storage.store import Store
from storage.types import StorageError

# What is tried here has no counterpart on PostgreSQL: files, folders and addresses.
pytestmark = pytest.mark.sqlite
KEYS = {"evidence_key": b"e" * 32, "audit_key": b"a" * 32}
NOBODY = 65534


@contextmanager
def an_ordinary_user():
    """The superuser may write anywhere, so as such become somebody else for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def shared_folder():
    """A folder that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 100, b"\x00" * 8192, os.urandom(4096)])
def test_a_file_that_is_not_a_database_is_refused_and_left_alone(opened, database, content):
    database.write_bytes(content)

    with pytest.raises(StorageError, match="is not a database") as refusal:
        opened()

    assert str(database) in str(refusal.value)
    assert database.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_refused(opened, tmp_path):
    with pytest.raises(StorageError, match="is a folder"):
        opened(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(opened, tmp_path):
    (tmp_path / "data").write_text("a file")

    with pytest.raises(StorageError, match="able to write to the folder"):
        opened(tmp_path / "data" / "bezel.db")


def test_a_folder_without_write_permission_is_refused(opened, shared_folder):
    with an_ordinary_user(), pytest.raises(StorageError, match="Permission denied") as refusal:
        opened(shared_folder / "bezel.db")

    assert str(shared_folder) in str(refusal.value)


def test_a_file_without_write_permission_is_refused(opened, shared_folder):
    opened(shared_folder / "bezel.db").close()
    (shared_folder / "bezel.db").chmod(0o444)

    with an_ordinary_user(), pytest.raises(StorageError, match="Permission denied"):
        opened(shared_folder / "bezel.db")


def test_a_file_in_a_folder_without_write_permission_is_refused(opened, shared_folder):
    opened(shared_folder / "bezel.db").close()
    (shared_folder / "bezel.db").chmod(0o666)
    shared_folder.chmod(0o555)

    with an_ordinary_user(), pytest.raises(StorageError, match="must be able to write"):
        opened(shared_folder / "bezel.db")


def test_a_damaged_file_is_refused(store, opened, chat, ann, database):
    for number in range(200):
        store.start_conversation(ann, f"title {number}" * 10)
    store.close()
    with database.open("r+b") as file:
        for page in range(6, database.stat().st_size // 4096, 2):
            file.seek(page * 4096)
            file.write(os.urandom(4096))

    with pytest.raises(StorageError, match="is damaged|is not a database"):
        opened()


def test_missing_folders_are_made_and_nobody_else_can_read_the_file(opened, tmp_path):
    path = tmp_path / "new" / "data" / "bezel.db"

    opened(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "?.db", "données 데이터.db"])
def test_the_file_may_have_any_name(tmp_path, ann, name):
    url = f"sqlite:///{tmp_path / name.replace('%', '%25').replace('?', '%3F')}"

    store = Store.open(url, **KEYS)
    store.start_conversation(ann)
    store.close()

    assert list(tmp_path.glob("*.db"))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("data/bezel.db", "is not a URL"),
        ("", "is not a URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names :memory:"),
        ("sqlite:///file:x?mode=ro&uri=true", "names file:x"),
        ("mysql://user:hunter2@host/name", "is mysql; Bezel knows sqlite and postgresql"),
    ],
)
def test_an_address_that_is_none_is_refused(url, sentence):
    with pytest.raises(StorageError, match=sentence) as refusal:
        Store.open(url, **KEYS)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["evidence", "audit"])
def test_a_key_that_can_be_guessed_is_refused(database, name):
    with pytest.raises(StorageError, match=f"The {name} key is 15 bytes long; it must be at least 16"):
        Store.open(f"sqlite:///{database}", **{**KEYS, f"{name}_key": b"x" * 15})

    assert not database.exists()


def test_keys_do_not_show_themselves():
    made = keys_from(KEYS["evidence_key"], KEYS["audit_key"])

    shown = repr(made)

    secret = (*made.evidence.values(), *made.audit.values(), *made.people.values())
    assert not [key for key in secret if repr(key) in shown or key.hex() in shown]
