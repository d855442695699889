"""`python -m safety.measure`: how well the gate, as it ships, finds harm, spares the rest and sees disguises.

It measures the project's own sets (safety/sets) or, with `--sets PATH`, labelled ones: files of JSON lines
(`.jsonl` or `.jsonl.gz`) in the format of the labelled data.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from safety.battery import measured_battery
from safety.checks.classifier import Classifier
from safety.composing import composed
from safety.coverage import record
from safety.guard import Guard, default_guard
from safety.measured import counted_by_clause, intervals, judge_rows, measured
from safety.policy import policy_for
from safety.printed import as_json, battery_table, intervals_table, table
from safety.train.rows import Row, read_rows
from safety.weights import WEIGHTS


def main(arguments: Iterable[str] | None = None) -> None:
    """Measure and print; `--checks classifier` leaves out the others, `--weights` takes other weights."""
    parser = argparse.ArgumentParser(prog="python -m safety.measure", description=__doc__)
    parser.add_argument("--sets", type=Path, help="a labelled set or a folder of them, not the project's own")
    parser.add_argument("--checks", choices=("all", "classifier"), default="all")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="with --checks classifier: folder of weights"
    )
    parser.add_argument(
        "--battery", type=int, default=200, metavar="N", help="prompts to disguise; 0 for none"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--record", action="store_true", help="keep the figures for `app.py policy`")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    guard = _guard(chosen.checks, chosen.weights)
    rows = read_rows(chosen.sets) if chosen.sets else composed()
    judged = judge_rows(guard, rows)
    kept = measured_battery(guard, _drawn(rows, chosen.battery))
    guard.close()
    if chosen.record:
        record(counted_by_clause(judged, guard.policy), guard.versions)
    groups, bounds = measured(judged), intervals(judged)
    if chosen.json:
        sys.stdout.write(as_json(groups, bounds, kept, guard.versions) + "\n")
    else:
        sys.stdout.write(table(groups) + intervals_table(bounds) + battery_table(kept))


def _drawn(rows: Sequence[Row], count: int) -> list[Row]:
    """So many prompts, half of them harmful, spread evenly over all."""
    drawn: list[Row] = []
    for unsafe in (True, False):
        kind = [row for row in rows if row.side == "prompt" and row.unsafe is unsafe]
        drawn += kind[:: max(1, len(kind) * 2 // max(count, 1))][: count // 2]
    return drawn


def _guard(checks: str, weights: Path) -> Guard:
    return default_guard() if checks == "all" else Guard([Classifier(weights)], policy_for("classifier"))


if __name__ == "__main__":
    main()
