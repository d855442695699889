"""`python -m benchmarks.store [--json]`: the figures of the store, on SQLite and on PostgreSQL.

PostgreSQL is started from the system's package, with its data beside SQLite's files, and both write durably.
Every database is made and filled anew; with the usual sizes that takes most of the time.
"""

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import certification, postgresql
from benchmarks.store import desk, killed, log, reading, writing
from benchmarks.store.figures import Figure, table
from benchmarks.store.places import Place, SQLite, on_server

PARTS = ["reading", "writing", "queue", "claims", "log", "killed", "thresholds"]
SIZES = {
    "messages": (1_000_000, "messages in the full database"),
    "rounds": (300, "how often each question is asked"),
    "saves": (1_000, "saves of one writer; 32 writers make a tenth of that each"),
    "cases": (100_000, "open cases in the queue"),
    "claims": (5_000, "cases that moderators claim at once"),
    "moderators": (200, "moderators who claim them"),
    "events": (1_000_000, "audit events to verify"),
    "writes": (1_000, "writes of the process that is killed"),
    "simulations": (certification.SIMULATIONS, "worlds in which a threshold is certified"),
}


def measured_on(place: Place, sizes: dict[str, int], parts: list[str]) -> Iterator[Figure]:
    """The parts that were asked for, on one database."""
    every = {
        "reading": lambda: reading.measure(place, sizes["messages"], sizes["rounds"]),
        "writing": lambda: writing.measure(place, sizes["saves"]),
        "queue": lambda: desk.measure_queue(place, sizes["cases"], sizes["rounds"]),
        "claims": lambda: desk.measure_claims(place, sizes["moderators"], sizes["claims"]),
        "log": lambda: log.measure(place, sizes["events"]),
        "killed": lambda: killed.measure(place, sizes["writes"]),
    }
    for name in (part for part in parts if part in every):
        for figure in every[name]():
            print(f"{place.name}: {figure.measure}: {figure.value:.2f}", file=sys.stderr)
            yield figure


def measured(asked: Any, folder: Path) -> Iterator[Figure]:
    """The figures on each database that was asked for and is installed."""
    gc.collect()
    gc.freeze()  # as `python app.py` does once all is built
    sizes = {name: getattr(asked, name) for name in SIZES}
    parts = asked.only or PARTS
    if "thresholds" in parts:
        missed = certification.misses(asked.simulations) * 100
        measured = f"certified thresholds that miss, of {asked.simulations:,} simulations"
        yield Figure(measured, "neither", missed, 10, "%", "python -m benchmarks.certification says more")
    if asked.database in ("sqlite", "both"):
        yield from measured_on(SQLite(folder), sizes, parts)
    if asked.database in ("postgresql", "both"):
        if postgresql.programs() is None:
            print(postgresql.ABSENT, file=sys.stderr)
            return
        with on_server(folder) as place:
            yield from measured_on(place, sizes, parts)


def main(words: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    for name, (usual, meaning) in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=usual, help=f"{meaning} ({usual:,})")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is to be measured")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="bezel-store-", dir=asked.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        figures = list(measured(asked, folder))
    print(json.dumps([figure.as_dict() for figure in figures]) if asked.json else table(figures))


if __name__ == "__main__":
    main()
