"""The lock of a run: held while its process lives, free at once when that is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.run_lock import RunLock
from storage.runs import PATIENCE

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from safety.types import Action, Verdict
from storage.store import Store

store = Store.open(sys.argv[1], evidence_key=b"e" * 32, audit_key=b"a" * 32)
prompt = store.save_prompt("visitor-ann", store.start_conversation("visitor-ann").id, "Good morning")
store.record_prompt("visitor-ann", prompt.id, Verdict(Action.ALLOW, 0.0, {}, (), {}, "policy"))
reply = store.start_reply("visitor-ann", prompt.id, checkpoint="c", settings={})
store.save_reply("visitor-ann", reply.id, "Good")
print(reply.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def writer(url):
    """Another process that has begun a reply and goes on with it until it is killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield child
    child.kill()
    child.communicate()


@pytest.fixture
def files(tmp_path):
    """Names of the files of runs beside the test's database, and of what they are made from."""
    return lambda: sorted(path.name for path in tmp_path.glob("*.run")) + list(tmp_path.glob("*.new"))


def test_a_reply_of_a_process_that_lives_is_left_alone_and_of_one_that_is_killed_closed_at_once(
    writer, opened, backend, files, ann
):
    reply_id = writer.stdout.readline().strip()
    first, second = opened(), opened()

    alive = [run.runs.beat(at) for at in (0, 5) for run in (first, second)]
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    killed = [run.runs.beat(at) for at in (6, 5 + PATIENCE) for run in (first, second)]

    assert alive == [0, 0, 0, 0]
    # On PostgreSQL nobody is certain before it has been silent for long enough.
    assert killed == ([1, 0, 0, 0] if backend == "sqlite" else [0, 0, 1, 0])
    said = first.message(ann, reply_id)
    assert (said.state, said.text) == ("interrupted", "Good")
    assert len(files()) == (2 if backend == "sqlite" else 0)


@pytest.mark.sqlite
def test_the_file_of_a_run_is_there_as_long_as_the_run_and_for_its_user_alone(store, opened, files, tmp_path):
    (name,) = files()

    other = opened()
    both = files()
    other.close()
    other.close()

    assert len(both) == 2
    assert files() == [name] == [f"bezel.db.{store._transactions.run_id}.run"]
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.sqlite
def test_a_run_that_ended_in_order_leaves_its_replies_to_patience(store, opened, chat, ann):
    chat.streaming(ann)
    other = opened()
    store.close()

    assert [other.runs.beat(at) for at in (0, PATIENCE)] == [0, 1]


def test_the_file_of_a_dead_run_goes_unless_it_has_replies_open(tmp_path):
    database = tmp_path / "bezel.db"
    mine = RunLock(database, "mine")
    theirs = RunLock(database, "theirs")
    for name in ("bezel.db.dead.run", "bezel.db.open.run", "another.db.dead.run"):
        (tmp_path / name).touch()

    mine.clear(keep={"open"})

    assert [mine.has_ended(run) for run in ("theirs", "open", "dead", "none")] == [False, True, False, False]
    assert {path.name for path in tmp_path.iterdir()} == {
        "bezel.db.mine.run",
        "bezel.db.theirs.run",
        "bezel.db.open.run",
        "another.db.dead.run",
    }
    theirs.free()
    mine.free()


def test_two_names_of_one_database_are_one(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "bezel.db")
    mine, theirs = RunLock(tmp_path / "link.db", "mine"), RunLock(tmp_path / "bezel.db", "theirs")

    assert (tmp_path / "bezel.db.mine.run").exists()
    assert (mine.has_ended("theirs"), theirs.has_ended("mine")) == (False, False)
    for lock in (mine, theirs):
        lock.free()


def test_where_no_lock_can_be_had_nobody_is_taken_for_dead(tmp_path, caplog):
    lock = RunLock(tmp_path / "no folder" / "bezel.db", "mine")

    assert not lock.has_ended("mine")
    lock.clear(keep=())
    lock.free()
    assert "cannot be made (No such file or directory)" in caplog.text
