"""`python -m benchmarks.soak [--json] [--people 100] [--minutes 10] [--kills 200]`: a long day.

People chat over HTTP with thinking time, a third of them leaving in the middle of a reply; one process serves
them with the real pages, guard and store, and a paced echo for a model. Then a light one is killed at random.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.soak.kills import kill_often
from benchmarks.soak.people import Person, Seen
from benchmarks.soak.site import CUT_OFF

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
SETTLE_SECONDS = 12


@dataclass(frozen=True)
class Moment:
    """The process at one moment."""

    memory: float
    """Resident, in MB."""
    streams: float
    """Replies that the model is asked for."""


def soak(people: int, minutes: float, folder: Path) -> dict[str, Any]:
    """Serve in a process of its own, let them chat, and give the figures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.soak.site", str(port), str(folder)]
    log = folder / "said.log"
    with log.open("w") as said:
        child = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, env=os.environ)
    try:
        figures = asyncio.run(_lived(f"http://127.0.0.1:{port}", child, people, minutes * 60))
    except TimeoutError:
        raise SystemExit(f"The Bezel that was to be soaked did not start:\n{log.read_text()}") from None
    finally:
        child.terminate()
        child.wait(timeout=60)
    still_open = re.search(rf"^{CUT_OFF} (\d+)$", log.read_text(), re.MULTILINE)
    return figures | {"turns leaked": int(still_open[1]) if still_open else "not said"}


async def _lived(url: str, child: subprocess.Popen[bytes], people: int, seconds: float) -> dict[str, Any]:
    await _answering(url, child)
    seen = Seen()
    watched: list[Moment] = []
    until = time.monotonic() + seconds
    watching = asyncio.create_task(_watch(url, child.pid, watched))
    living = asyncio.gather(*(Person(url, number, seen).live(until) for number in range(people)))
    await asyncio.sleep(seconds)
    busy = len(watched)
    await living
    await asyncio.sleep(SETTLE_SECONDS)
    watching.cancel()
    return {"people": people, "minutes": seconds / 60} | _figures(seen, watched, busy)


async def _answering(url: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline and child.poll() is None:
            with suppress(httpx.TransportError):
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.3)
    raise TimeoutError


async def _watch(url: str, pid: int, watched: list[Moment]) -> None:
    """Note the process's memory and what the model is asked for, once a second."""
    async with httpx.AsyncClient() as client:
        while True:
            text = (await client.get(f"{url}/metrics")).text
            found = re.search(r"^bezel_streams (\S+)", text, re.MULTILINE)
            watched.append(Moment(_resident(pid), float(found[1]) if found else -1.0))
            await asyncio.sleep(1)


def _resident(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _figures(seen: Seen, watched: list[Moment], busy: int) -> dict[str, Any]:
    """What was seen; a third of `busy` is the warm-up, `busy` itself the moment when the last one left."""
    memory, streams = [one.memory for one in watched], [one.streams for one in watched]
    warm, end = memory[busy // 3 : busy // 3 + 10], memory[-10:]
    growth = (statistics.mean(end) / statistics.mean(warm) - 1) * 100
    return {
        "cores": len(os.sched_getaffinity(0)),
        "turns": seen.turns,
        "replies begun": len(seen.first),
        "left in the middle": seen.left,
        "given back unsent": len(seen.refused),
        "acknowledged messages": sum(map(len, seen.acknowledged.values())),
        "lost messages": len(seen.lost),
        "crossed messages": len(seen.crossed),
        "errors": len(seen.errors),
        "streams at once, mean": statistics.mean(streams[busy // 3 : busy]),
        "streams at once, most": max(streams),
        "streams leaked": streams[-1],
        "p95 of a page action, ms": _p95(seen.actions) * 1000,
        "p95 to the first text, ms": _p95(seen.first) * 1000,
        "memory after warm-up, MB": statistics.mean(warm),
        "memory at the end, MB": statistics.mean(end),
        "memory growth, %": growth,
        "why given back": dict(Counter(seen.refused)),
        "first errors": seen.errors[:5] + seen.crossed[:5] + seen.lost[:5],
    }


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)] if seconds else 0.0


def table(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    return "\n".join(
        f"{name:<28}{value:>12.1f}" if isinstance(value, float) else f"{name:<28}{value!s:>12}"
        for name, value in figures.items()
    )


def main() -> None:
    """Soak, kill, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--people", type=int, default=100, help="how many chat")
    parser.add_argument("--minutes", type=float, default=10, help="for how long")
    parser.add_argument("--kills", type=int, default=200, help="how often a process is ended")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked: Any = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if asked.people:
            figures |= soak(asked.people, asked.minutes, Path(folder))
        if asked.kills:
            figures |= {
                f"kills: {name}": value
                for name, value in asdict(kill_often(Path(folder), asked.kills)).items()
            }
    print(json.dumps(figures) if asked.json else table(figures))


if __name__ == "__main__":
    main()
