"""The command line: run the rows that were asked for, and print each figure as soon as it is there."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from app.settings import prepare_environment
from benchmarks.engine.options import Bench

ROWS = {
    "1": ("exactness", "batched = plain generate"),
    "2": ("alone", "one person, tokens/s"),
    "3": ("together", "eight people, tokens/s"),
    "4": ("first_token", "time to first token over a long conversation"),
    "5": ("arrival", "gaps while a long prompt arrives"),
    "6": ("stopping", "Stop → slot free"),
    "7": ("contention", "one CPU kept busy by another process"),
    "8": ("memory", "memory beyond what stands after loading"),
    "9": ("cuda", "against the bound of memory bandwidth, on CUDA"),
}
MINUTES = 33
"""After so long every row has one round only, so that all of them end in forty minutes on two CPUs."""
FAMILIES = ("gemma", "gemma2", "gemma3")


def main() -> None:
    """Measure and print."""
    asked = _parse()
    # Before torch is loaded, which reads but once how its threads are to wait; so the rows come late.
    prepare_environment()
    figures: list[dict[str, Any]] = []
    shown = sys.stderr if asked.json else sys.stdout
    with tempfile.TemporaryDirectory() as folder:
        deadline = time.monotonic() + 60 * MINUTES
        bench = Bench(Path(folder), asked.families, asked.rounds, asked.quick, deadline)
        for row in asked.rows:
            module, title = ROWS[row]
            began = time.perf_counter()
            for figure in import_module(f"benchmarks.engine.{module}").measure(bench):
                figures.append(figure.as_json())
                print(figure.as_text(), file=shown, flush=True)
            took = time.perf_counter() - began
            print(f"row {row}, {title}: {took:.0f} s", file=sys.stderr, flush=True)
    if asked.json:
        print(json.dumps({"machine": _machine(), "figures": figures}, ensure_ascii=False, indent=1))


def _parse() -> Any:
    rows = "\n".join(f"  {number}  {title}" for number, (_, title) in ROWS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine",
        description=f"The figures of the model room, on random weights, each against a named peer:\n{rows}",
        epilog="OMP_WAIT_POLICY is passive, as Bezel sets it; another value in the environment is kept.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON at the end; the figures go to stderr")
    parser.add_argument(
        "--quick", action="store_true", help="a small model and one round: a trial, no figures"
    )
    parser.add_argument(
        "--rounds", type=_count, help="how often each side is measured; 3, or 2 and 1 in the slow rows"
    )
    parser.add_argument("--rows", type=_some_of(tuple(ROWS)), default=tuple(ROWS), help="as 1,3")
    parser.add_argument("--families", type=_some_of(FAMILIES), default=FAMILIES, help="as gemma,gemma3")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _some_of(all_of_them: tuple[str, ...]) -> Any:
    def names(text: str) -> tuple[str, ...]:
        asked = tuple(text.split(","))
        if unknown := [name for name in asked if name not in all_of_them]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(all_of_them)}")
        return asked

    return names


def _machine() -> dict[str, str]:
    packages = {name: metadata.version(name) for name in ("torch", "transformers")}
    waiting = os.environ["OMP_WAIT_POLICY"]
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": str(os.cpu_count()),
        "OMP_WAIT_POLICY": waiting,
        **packages,
    }


if __name__ == "__main__":
    main()
