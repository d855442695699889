"""A light process takes turns and is killed at random moments; is all that it had shown still there?"""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.turn import Limits, Turns
from benchmarks.soak.site import Echo
from model.types import GenerationSettings
from safety.guard import default_guard
from storage.store import Store

OWNER = "soak"
ROOT = Path(__file__).parents[2]
LONGEST = 1.5
DATABASE = "killed.sqlite"


@dataclass(frozen=True)
class Killed:
    """What came of all kills."""

    kills: int
    acknowledged: int
    lost: int
    open_after_start: int
    is_sound: bool
    """Whether the database is whole, and the audit log with it."""


def opened(folder: Path) -> Store:
    """The database that survives every kill."""
    return Store.open(f"sqlite:///{folder / DATABASE}", evidence_key=b"e" * 32, audit_key=b"a" * 32)


def close_dead(store: Store) -> int:
    """Close what killed processes left open, as Bezel does at its start; gives the number."""
    return store.runs.beat(0.0)


async def talk(folder: Path) -> None:
    """Take turns for ever, saying each piece of text aloud once it is shown."""
    store = opened(folder)
    close_dead(store)
    turns = Turns(Echo(), default_guard(), store, Limits(16_000, GenerationSettings(), None))
    print("ready", flush=True)
    while True:
        async for step in turns.send(OWNER, None, "Good morning"):
            reply = step.reply.id if step.reply else ""
            print(f"{step.prompt.id}\t{reply}\t{len(step.text)}", flush=True)


def kill_often(folder: Path, kills: int) -> Killed:
    """Start the process and end it by kill -9 or SIGTERM, again and again; then count what is missing."""
    shown: dict[str, int] = {}
    for _ in range(kills):
        shown.update(_one_life(folder))
    store = opened(folder)
    close_dead(store)
    open_after = close_dead(store)
    kept: dict[str, int] = {}
    for conversation in store.conversations(OWNER, 1_000_000):
        kept |= {message.id: len(message.text) for message in store.path(OWNER, conversation.id)}
    is_sound = store.audit.verify().is_sound
    store.close()
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        is_sound &= connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    lost = sum(kept.get(named, -1) < length for named, length in shown.items())
    return Killed(kills, len(shown), lost, open_after, is_sound)


def _one_life(folder: Path) -> dict[str, int]:
    """The ids that one process acknowledged before it was ended, each with the length of text shown."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.kills", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(random.random() * LONGEST)
    child.send_signal(random.choice((signal.SIGKILL, signal.SIGTERM)))
    said, _ = child.communicate()
    shown: dict[str, int] = {}
    for line in said.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[2].isdigit():
            shown[fields[0]] = 1
            if fields[1]:
                shown[fields[1]] = int(fields[2])
    return shown


if __name__ == "__main__":
    asyncio.run(talk(Path(sys.argv[1])))
