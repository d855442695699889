"""A process that writes at random and is killed: is all that it acknowledged still there?

`python -m benchmarks.store.killed URL SEED` is that process; it says aloud what each call of the store gave.
"""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.store.figures import Figure, opened
from benchmarks.store.places import Place
from safety.types import Action, Verdict
from storage.runs import PATIENCE
from storage.store import Store
from storage.types import NotFound, StoredMessage

OWNER = "killed"
ROOT = Path(__file__).parents[2]
LIVES = 5
ORDER = ("pending", "accepted", "blocked", "streaming", "complete", "withheld", "interrupted")
VERDICTS = {action: Verdict(action, 0.5, {}, (), {}, "policy") for action in Action}


def measure(place: Place, writes: int) -> Iterator[Figure]:
    """Kill it at random moments until it has acknowledged so many writes; then look for each."""
    url, chance = place.new("killed"), random.Random(9)
    last: dict[str, tuple[str, str]] = {}
    acknowledged = 0
    while acknowledged < writes:
        lines = _one_life(url, chance, min(writes // LIVES, writes - acknowledged) or 1)
        acknowledged += len(lines)
        last |= {key: (state, text) for key, state, text in lines}
    store = opened(url)
    try:
        store.runs.beat(0)
        store.runs.beat(PATIENCE)
        lost = sum(not _is_kept(store, key, state, text) for key, (state, text) in last.items())
        remark = f"{len(last):,} messages, {LIVES} kills or more"
        yield Figure(f"kill -9 during {acknowledged:,} writes: rows lost", place.name, lost, 0, "", remark)
        is_broken = store.audit.first_broken() is not None
        yield Figure(
            f"kill -9 during {acknowledged:,} writes: audit log broken", place.name, int(is_broken), 0, ""
        )
    finally:
        store.close()


def _is_kept(store: Store, key: str, state: str, text: str) -> bool:
    try:
        found = store.message(OWNER, key)
    except NotFound:
        return False
    has_text = found.text.startswith(text) or found.state in ("withheld", "complete")
    return ORDER.index(found.state) >= ORDER.index(state) and has_text


def _one_life(url: str, chance: random.Random, writes: int) -> list[tuple[str, str, str]]:
    """What one process acknowledged before it was killed, about so many writes from its start."""
    command = [sys.executable, "-m", "benchmarks.store.killed", url, str(chance.random())]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(writes)]
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    if child.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the process that writes ended by itself, with status {child.returncode}")
    whole = (line for line in (*lines, *rest.splitlines(keepends=True)) if line.endswith("\n"))
    return [(said[0], said[1], said[2]) for said in map(json.loads, whole)]


def write_for_ever(url: str, seed: str) -> None:
    """Take turns of every kind, saying each message as the store gave it back."""
    store, chance = opened(url), random.Random(seed)
    conversations: list[str] = []
    while True:
        if not conversations or chance.random() < 0.1:
            conversations.append(store.start_conversation(OWNER).id)
        _turn(store, chance.choice(conversations), chance)


def _turn(store: Store, conversation_id: str, chance: random.Random) -> None:
    prompt = store.save_prompt(OWNER, conversation_id, f"prompt {chance.random()}")
    _say(prompt)
    prompt = store.record_prompt(OWNER, prompt.id, VERDICTS[chance.choice((Action.ALLOW, *Action))])
    _say(prompt)
    if prompt.state == "blocked":
        return
    reply = store.start_reply(OWNER, prompt.id, checkpoint="c", settings={})
    _say(reply)
    text = ""
    for _ in range(chance.randrange(4)):
        text += f"word {chance.random()} "
        store.save_reply(OWNER, reply.id, text)
        _say(store.message(OWNER, reply.id))
    verdict = VERDICTS[chance.choice((Action.ALLOW, Action.ALLOW, Action.FLAG, Action.BLOCK))]
    _say(store.end_reply(OWNER, reply.id, state="complete", text=text, end_reason="end", verdict=verdict))


def _say(message: StoredMessage) -> None:
    print(json.dumps([message.id, message.state, message.text]), flush=True)


if __name__ == "__main__":
    write_for_ever(*sys.argv[1:3])
