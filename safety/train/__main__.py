"""`python -m safety.train --data PATH`: train and calibrate what learns, then choose its thresholds.

`python -m safety.train encoder` does the same for the classifier's second tier, which joins the first.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from safety.train import encoder
from safety.train.training import read_data, train

SAFETY = Path(__file__).parent.parent
ENCODER = "encoder"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on `--data`; without `--out`, replace the weights and thresholds that ship."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == [ENCODER]:
        encoder.main(given[1:])
        return
    parser = argparse.ArgumentParser(prog="python -m safety.train", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train/ and dev/ of labelled rows"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for weights and thresholds.toml; default: those that ship"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], metavar="SET", help="sets not to learn from")
    chosen = parser.parse_args(given)
    data = read_data(chosen.data, without=chosen.without)
    weights = chosen.out or SAFETY / "checks" / "weights"
    thresholds = (chosen.out or SAFETY / "policy") / "thresholds.toml"
    train(data, weights=weights, thresholds=thresholds, seed=chosen.seed)
    print(f"Wrote {weights} and {thresholds}.")


if __name__ == "__main__":
    main()
