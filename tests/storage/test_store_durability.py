import json
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from storage.runs import PATIENCE
from storage.types import StorageError

ROOT = Path(__file__).parents[2]

WRITER = """
import json, sys
from storage.store import Store

store = Store.open(sys.argv[1], evidence_key=sys.argv[2].encode(), audit_key=sys.argv[3].encode())

def acknowledge(message):
    print(json.dumps([message.id, message.state, message.text]), flush=True)

conversation = store.start_conversation("visitor-ann")
from safety.types import Action, Verdict
allowed = Verdict(Action.ALLOW, 0.0, {}, (), {}, "policy")
stopped = Verdict(Action.BLOCK, 0.9, {}, (), {}, "policy")
turn = 0
while True:
    turn += 1
    prompt = store.save_prompt("visitor-ann", conversation.id, f"prompt {turn}")
    acknowledge(prompt)
    if turn % 4 == 0:
        acknowledge(store.record_prompt("visitor-ann", prompt.id, stopped))
        continue
    acknowledge(store.record_prompt("visitor-ann", prompt.id, allowed))
    reply = store.start_reply("visitor-ann", prompt.id, checkpoint="c", settings={})
    for step in range(4):
        store.save_reply("visitor-ann", reply.id, f"reply {turn} " + "word " * step)
        acknowledge(store.message("visitor-ann", reply.id))
    acknowledge(
        store.end_reply(
            "visitor-ann", reply.id, state="complete", text=f"reply {turn}", end_reason="end", verdict=allowed
        )
    )
"""
ORDER = ("pending", "accepted", "blocked", "streaming", "complete", "interrupted")


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_outlives_a_kill(url, backend, opened, ann, seed):
    keys = ("e" * 32, "a" * 32)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, url, *keys],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = [child.stdout.readline() for _ in range(random.Random(seed).randrange(40, 120))]
    time.sleep(random.Random(seed).random() / 100)
    child.send_signal(signal.SIGKILL)
    lines += [line for line in child.stdout.read().splitlines() if line.endswith("]")]
    child.stdout.close()

    assert child.wait() == -signal.SIGKILL
    store = opened(evidence_key=keys[0].encode(), audit_key=keys[1].encode())
    last = {key: (state, text) for key, state, text in map(json.loads, lines)}
    assert len(last) > 10
    for key, (state, text) in last.items():
        found = store.message(ann, key)
        assert ORDER.index(found.state) >= ORDER.index(state)
        assert found.text == text or found.state in ("streaming", "complete")
    cut_off = [said.state for said in store.path(ann, store.conversations(ann)[0].id)].count("streaming")
    closed = (store.runs.beat(0), store.runs.beat(PATIENCE))
    assert closed == ((cut_off, 0) if backend == "sqlite" else (0, cut_off))
    assert store.audit.first_broken() is None
    if backend == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.sqlite
def test_every_connection_is_set_up_for_durability(database, store):
    with store._transactions._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "recursive_triggers")
        }

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "recursive_triggers": 1,
    }


def test_threads_that_write_and_read_at_once_lose_nothing(store, ann):
    conversation = store.start_conversation(ann)
    begin = threading.Barrier(16)

    def write(thread):
        begin.wait()
        made = []
        for step in range(10):
            made.append(store.save_prompt(ann, conversation.id, f"{thread}/{step}").id)
            store.path(ann, conversation.id)
        return made

    with ThreadPoolExecutor(16) as threads:
        made = [key for keys in threads.map(write, range(16)) for key in keys]

    path = store.path(ann, conversation.id)
    assert len(path) == 160
    assert {said.id for said in path} == set(made)


@pytest.mark.sqlite
def test_a_write_waits_for_another_program_that_holds_the_file(store, database, ann):
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.5, connection.execute, ["COMMIT"])
    release.start()

    conversation = store.start_conversation(ann)

    release.join()
    connection.close()
    assert store.conversations(ann) == (conversation,)


@pytest.mark.sqlite
def test_another_program_that_never_lets_go_of_the_file_is_said_and_nothing_is_half_written(store, raw, ann):
    conversation = store.start_conversation(ann)
    with store._transactions._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    raw.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError, match="is in use by another program; nothing was saved. Try again."):
        store.save_prompt(ann, conversation.id, "hello")

    raw.execute("COMMIT")
    assert store.path(ann, conversation.id) == ()
    assert store.save_prompt(ann, conversation.id, "hello").text == "hello"


@pytest.mark.sqlite
def test_a_disk_that_takes_no_more_is_said_and_nothing_is_half_written(store, database, ann):
    conversation = store.start_conversation(ann)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, limits[1]))
    saved = []

    try:
        with pytest.raises(StorageError, match="nothing was saved") as refusal:
            for _ in range(100):
                saved.append(store.save_prompt(ann, conversation.id, "Qopalesce " * 2000).id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert str(database) in str(refusal.value)
    assert "Qopalesce" not in str(refusal.value)
    assert [said.id for said in store.path(ann, conversation.id)] == saved
    store.save_prompt(ann, conversation.id, "there is room again")


def test_a_clock_that_jumps_back_does_not_mix_up_the_messages(store, chat, ann, clock):
    first = chat.reply(ann, "One", prompt="1")
    clock.move(days=-30)
    second = chat.reply(ann, "Two", prompt="2", conversation_id=first.conversation_id)
    retried = store.start_reply(ann, second.parent_id, checkpoint="bezel-demo@1", settings={})

    path = store.path(ann, first.conversation_id)

    assert [said.id for said in path[1:]] == [first.id, second.parent_id, retried.id]
    assert retried.versions == (second.id, retried.id)
    store.choose_version(ann, first.id)
    assert store.path(ann, first.conversation_id)[-1].id == retried.id
