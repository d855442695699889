"""Twenty ends at random moments, by kill -9 and by SIGTERM: nothing that was acknowledged is lost."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

from storage.store import Store

ANN = "ann"
LIVES = 20
KEYS = {"evidence_key": b"e" * 32, "audit_key": b"a" * 32}

# One process imports everything once and forks a life for each line that it reads, so that a life is light.
PROGRAM = textwrap.dedent(
    """
    import asyncio, json, os, signal, sys
    from pathlib import Path
    from app.turn import Limits, Turns
    from model.fake import FakeModel
    from model.types import GenerationSettings
    from safety.checks.banned import Banned
    from safety.guard import Guard
    from safety.policy import policy_for
    from storage.store import Store

    def say(**said):
        os.write(1, (json.dumps(said) + "\\n").encode())

    async def live(folder):
        keys = {"evidence_key": b"e" * 32, "audit_key": b"a" * 32}
        store = Store.open(f"sqlite:///{folder}/bezel.sqlite", outside=[folder], **keys)
        model = FakeModel(["The sun is shining on the green hills. " * 12], pace=0.0002)
        guard = Guard([Banned("zzz")], policy_for("banned"))
        turns = Turns(model, guard, store, Limits(16_000, GenerationSettings(), None))
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        say(pid=os.getpid())
        number = 0
        while True:
            number += 1
            store.audit.record("host", "tested", f"{os.getpid()}/{number}")
            text = f"zzz {number}" if number % 3 == 0 else f"Good morning {number}"
            async for step in turns.send("ann", None, text):
                say(prompt=step.prompt.id, state=step.prompt.state, asked=step.prompt.text,
                    reply=step.reply.id if step.reply else None, shown=step.text)

    Guard([Banned("zzz")], policy_for("banned")).close()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(Path(line.strip())))
            except asyncio.CancelledError:
                os._exit(0)
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        say(ended=True)
    """
)


@pytest.fixture
def nursery():
    made = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    yield made
    made.stdin.close()
    made.wait()
    made.stdout.close()


def lived(nursery, folder, chance, end_by):
    """What one life acknowledged before it was ended."""
    nursery.stdin.write(f"{folder}\n")
    nursery.stdin.flush()
    child = json.loads(nursery.stdout.readline())["pid"]
    said = [json.loads(nursery.stdout.readline()) for _ in range(chance.randrange(1, 12))]
    time.sleep(chance.random() / 50)
    os.kill(child, end_by)
    for line in nursery.stdout:
        if "ended" in line:
            return said
        if line.endswith("}\n"):
            said.append(json.loads(line))


def test_nothing_acknowledged_is_lost_over_twenty_ends_at_random_moments(nursery, tmp_path):
    chance = random.Random(2026)
    said = []
    for life in range(LIVES):
        said += lived(nursery, tmp_path, chance, signal.SIGTERM if life % 3 == 0 else signal.SIGKILL)

    store = Store.open(f"sqlite:///{tmp_path}/bezel.sqlite", outside=[tmp_path], **KEYS)
    store.runs.beat(0.0)
    kept = {
        message.id: message
        for conversation in store.conversations(ANN, 100_000)
        for message in store.path(ANN, conversation.id)
    }
    found = store.audit.verify()
    store.close()
    with closing(sqlite3.connect(tmp_path / "bezel.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    assert len({line["prompt"] for line in said}) >= LIVES
    for line in said:
        prompt = kept[line["prompt"]]
        assert prompt.text == line["asked"]
        assert prompt.state == line["state"] or line["state"] == "pending"
        if line["reply"]:
            assert kept[line["reply"]].text.startswith(line["shown"])
    assert not [message for message in kept.values() if message.state == "streaming"]
    assert found.is_sound, found
    assert found.made_anew == ()
