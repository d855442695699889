"""Promise 3 with a real process: kill -9 in the middle of a reply loses nothing that was shown."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from storage.store import Store

PROGRAM = textwrap.dedent(
    """
    import asyncio, sys
    from app.turn import Limits, Turns
    from model.fake import FakeModel
    from model.types import GenerationSettings
    from safety.checks.banned import Banned
    from safety.guard import Guard
    from safety.policy import policy_for
    from storage.store import Store

    async def main():
        store = Store.open(sys.argv[1], evidence_key=b"e" * 32, audit_key=b"a" * 32)
        model = FakeModel(["The sun is shining on the green hills. " * 200], pace=0.002)
        guard = Guard([Banned("zzz")], policy_for("banned"))
        turns = Turns(model, guard, store, Limits(16_000, GenerationSettings(), None))
        async for step in turns.send("ann", None, "Good morning"):
            print(f"{step.stage}\\t{step.prompt.id}\\t{step.text}", flush=True)

    asyncio.run(main())
    """
)


def test_a_killed_reply_is_kept_as_far_as_it_was_shown(tmp_path):
    url = f"sqlite:///{tmp_path / 'bezel.sqlite'}"
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url], cwd=root, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    shown = ""
    for line in child.stdout:
        stage, prompt_id, text = line.rstrip("\n").split("\t")
        shown = text
        if len(shown) > 400:
            break

    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    store = Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32)
    assert store.runs.beat(0) == 1
    prompt, reply = store.path("ann", store.conversations("ann")[0].id)
    store.close()
    assert (prompt.id, prompt.state, prompt.text) == (prompt_id, "accepted", "Good morning")
    assert reply.state == "interrupted"
    assert reply.text.startswith(shown)
    assert shown
