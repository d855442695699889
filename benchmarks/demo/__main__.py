"""The command line: answer the held-out test split, greedily and sampled at 0.7; print every row."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.demo import likelihood, rows
from benchmarks.demo.answering import Answering
from benchmarks.demo.asked import VARIED
from benchmarks.engine.figures import Figure
from model.demo.train import WEIGHTS

WAYS = {"greedy": 0.0, "sampled at 0.7": 0.7}
MOST, QUICK = 400, 6


def main() -> None:
    """Measure and print."""
    wish = _parse()
    shown = sys.stderr if wish.json else sys.stdout
    figures = []
    for figure in _figures(wish):
        figures.append(figure.as_json())
        print(figure.as_text(), file=shown, flush=True)
    if wish.json:
        print(json.dumps({"seed": wish.seed, "figures": figures}, ensure_ascii=False, indent=1))


def _figures(wish: Any) -> Iterator[Figure]:
    if wish.show:
        _show(wish)
        return
    for way, temperature in WAYS.items():
        yield from rows.measure(_asking(wish, way, temperature))
    passes, most = (1, 100) if wish.quick else (3, None)
    yield from likelihood.perplexity(wish.weights, seed=wish.seed, passes=passes, most=most)
    yield likelihood.speed(wish.weights, 1 if wish.quick else 3)


def _asking(wish: Any, way: str, temperature: float) -> rows.Asking:
    answering = Answering(wish.weights, temperature=temperature, seed=wish.seed)
    most, varied = (QUICK, QUICK * 10) if wish.quick else (wish.per_topic, wish.varied)
    return rows.Asking(answering, way, wish.seed, most, varied, wish.prompts)


def _show(wish: Any) -> None:
    for prompt, reply in rows.shown(_asking(wish, "greedy", 0.0), wish.show):
        print(f"> {prompt}\n< {reply}\n")


def _parse() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON at the end; the figures go to stderr")
    parser.add_argument("--quick", action="store_true", help="a few prompts a topic: a trial, no figures")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--per-topic", type=int, default=MOST, metavar="N", help="prompts a topic, at most")
    parser.add_argument("--varied", type=int, default=VARIED, metavar="N", help="varied prompts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N unpicked replies instead")
    data = os.environ.get("BEZEL_EVAL_DATA")
    parser.add_argument(
        "--prompts",
        type=Path,
        default=Path(data) / "prompts" if data else None,
        help="a folder of other people's prompts; by default `prompts` in BEZEL_EVAL_DATA",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
