"""`python -m safety.train encoder`: teaches the classifier's second tier, and joins it to the first.

The first tier must lie in the folder of weights already. A training that was cut goes on from its checkpoint;
one that is complete is only shipped and joined anew, as after the first tier was trained again.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safety.checks.encoder import Encoder, Pieces, files_of
from safety.checks.tables import load_tables
from safety.train.contrast import twin_rows
from safety.train.encoder_export import encoder_files
from safety.train.encoder_fitting import Course, Teaching
from safety.train.encoder_model import BASE, Reader, read_base
from safety.train.encoder_rows import Lesson, lessons
from safety.train.rows import Row
from safety.train.stacking import fitted, stacking_file
from safety.train.training import Data, choose_thresholds, read_data
from safety.train.writing import add_weights, drop_weights
from safety.weights import read_manifest

SAFETY = Path(__file__).parent.parent
WORK = Path(".train") / "encoder"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the shipped files go."""

    weights: Path
    thresholds: Path


def ship(reader: Reader, tokenizer: bytes, dev: Sequence[Row], places: Places) -> None:
    """Write the encoder beside the first tier, fit how the two join on these rows, choose thresholds anew."""
    drop_weights(places.weights, files_of(read_manifest(places.weights)))
    add_weights(places.weights, encoder_files(reader, tokenizer))
    manifest, tables = read_manifest(places.weights), load_tables(places.weights)
    stackings = fitted(tables, Encoder(manifest), [*dev, *twin_rows("dev")])
    add_weights(places.weights, stacking_file(stackings))
    choose_thresholds(dev, weights=places.weights, thresholds=places.thresholds)


def lessons_of(data: Data, tokenizer: bytes) -> list[Lesson]:
    """What the encoder learns from these rows and the twins."""
    return lessons([*data.train, *twin_rows("train")], Pieces(tokenizer))


def main(arguments: Sequence[str]) -> None:
    """Teach, or go on teaching, and ship once all steps are taken."""
    chosen = _parse(arguments)
    chosen.work.mkdir(parents=True, exist_ok=True)
    data = read_data(chosen.data)
    reader, tokenizer = read_base(chosen.base)
    course = Course(passes=chosen.passes, seed=chosen.seed)
    teaching = Teaching(reader, lessons_of(data, tokenizer), course, chosen.work)
    if not teaching.run(until=chosen.until):
        print("The training is not complete; the same command goes on with it.")
        return
    weights = chosen.out or SAFETY / "checks" / "weights"
    places = Places(weights, (chosen.out or SAFETY / "policy") / "thresholds.toml")
    ship(reader, tokenizer, data.dev, places)
    print(f"Wrote {places.weights} and {places.thresholds}.")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m safety.train encoder", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train/ and dev/ of labelled rows"
    )
    parser.add_argument("--base", type=Path, required=True, help=f"folder with the files of {BASE}")
    parser.add_argument("--work", type=Path, default=WORK, help="where the checkpoint is kept")
    parser.add_argument(
        "--out", type=Path, help="folder of the first tier's weights; default: those that ship"
    )
    parser.add_argument("--passes", type=int, default=Course().passes, help="how often each row is seen")
    parser.add_argument("--until", type=int, metavar="STEP", help="stop at this step for now")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)
