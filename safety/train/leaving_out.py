"""`python -m safety.train.leaving_out --data PATH SET …`: how well the classifier finds sets it never saw.

Dev shares its sources with train; this trains without one set and measures on all of that set's rows, beside
harmless dev prompts of the others, as some sets hold harm alone. Each set takes a whole training.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from safety.checks.classifier import Classifier
from safety.guard import Guard
from safety.measured import Figures, any_harm, judge_rows
from safety.policy import policy_for
from safety.printed import table
from safety.train.rows import Row
from safety.train.training import Data, read_data, train

_EVERY = 4
"""One harmless dev prompt in so many is enough to set a threshold by."""


def left_out(data: Data, name: str, seed: int = 1) -> Figures:
    """The figures of this set under weights that were trained and calibrated without it."""
    unseen = [row for row in (*data.train, *data.dev) if row.source == name]
    rest = Data(_without(data.train, name), _without(data.dev, name))
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder)
        train(rest, weights=weights, thresholds=weights / "thresholds.toml", seed=seed)
        guard = Guard([Classifier(weights)], policy_for("classifier"))
        figures = any_harm(judge_rows(guard, [*unseen, *_harmless(rest.dev)]))
        guard.close()
    return figures


def _without(rows: Sequence[Row], name: str) -> list[Row]:
    return [row for row in rows if row.source != name]


def _harmless(dev: Sequence[Row]) -> list[Row]:
    return [row for row in dev if row.side == "prompt" and not row.unsafe][::_EVERY]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(prog="python -m safety.train.leaving_out", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train/ and dev/ of labelled rows"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("sets", nargs="+", metavar="SET", help="sets to leave out, one at a time")
    chosen = parser.parse_args(arguments)
    data = read_data(chosen.data)
    named = {name: left_out(data, name, chosen.seed) for name in chosen.sets}
    sys.stdout.write(table({"left out": named}))


if __name__ == "__main__":
    main()
