"""`python -m benchmarks.engine.child`: an engine in a process of its own, for what only a fresh one shows.

`speed FOLDER` answers each line of standard input, a number of tokens, with the seconds that a token took.
`memory FOLDER MEGABYTES` lets many people talk under that KV budget and prints what memory it took, as JSON.
It sets nothing in its environment: how threads wait is what the parent says.
"""

import asyncio
import json
import re
import sys
from pathlib import Path

import torch

from benchmarks.engine.bench import desk
from benchmarks.engine.checkpoints import asked, words
from benchmarks.engine.people import Desk, Listener, until_idle
from benchmarks.engine.visits import after

TURNS_AT_ONCE = 8
CONVERSATIONS = 30
STATUS = Path("/proc/self/status")
CLEAR_PEAK = Path("/proc/self/clear_refs")


def main() -> None:
    """Do what the parent asked for."""
    what, folder, *rest = sys.argv[1:]
    if what == "speed":
        _speed(Path(folder))
    else:
        _memory(Path(folder), int(rest[0]))


def _speed(folder: Path) -> None:
    with desk(folder, torch.bfloat16) as here:
        asyncio.run(_seconds_a_token(here, 4))
        print("ready", flush=True)
        for line in sys.stdin:
            print(asyncio.run(_seconds_a_token(here, int(line))), flush=True)


async def _seconds_a_token(here: Desk, tokens: int) -> float:
    times = (await Listener(here, asked(64, 1, here.vocabulary), tokens).end()).times
    return (times[-1] - times[0]) / (len(times) - 1)


def _memory(folder: Path, budget: int) -> None:
    with desk(folder, torch.bfloat16, max_turns=TURNS_AT_ONCE, kv_budget=budget * 2**20) as here:
        # Weights that are mapped from their file come into memory when they are first read.
        for weight in here.loaded.model.parameters():
            weight.sum()
        stood = _kilobytes("VmRSS")
        CLEAR_PEAK.write_text("5", encoding="ascii")
        tokens = asyncio.run(_storm(here))
        print(json.dumps({"stood": stood / 1024, "peak": _kilobytes("VmHWM") / 1024, "tokens": tokens}))


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{STATUS} has no {name}.")
    return int(found[1])


async def _storm(here: Desk) -> int:
    """Everyone talks at once, for two turns; the tokens of all conversations together."""
    tokens = sum(await asyncio.gather(*(_person(here, seed) for seed in range(CONVERSATIONS))))
    await until_idle(here)
    return tokens


async def _person(here: Desk, seed: int) -> int:
    """Two turns of one conversation; every third person leaves the first, every tenth says 2,000 tokens."""
    name = f"storm-{seed}"
    opening = asked(2_000 if seed % 10 == 9 else 400, seed, here.vocabulary)
    first = Listener(here, opening, 12, conversation=name)
    if seed % 3 == 0:
        await first.heard(4)
        await first.leave()
    else:
        await first.end()
    prompt = after(first, words(80, 100 + seed, here.vocabulary))
    last = await Listener(here, prompt, 12, conversation=name).end()
    return len(here.ids(prompt, 12)) + len(here.ids_of(last.text))


if __name__ == "__main__":
    main()
