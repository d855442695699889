"""`python -m benchmarks.identifiers --data PATH [--json]`: what Bezel and Presidio find in the same texts.

PATH is the folder `pii` of the labelled data. Presidio is no requirement of Bezel: where it is not installed,
only Bezel is measured. It runs as it comes, with every recogniser that it enables for English, its threshold
of 0 and its context words, over spaCy's rules for words; names and places, which need a model, are left out.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safety.checks.identifiers.finding import find
from safety.checks.identifiers.reading import read

FILES = (
    "presidio_synth_dataset_v2.json", "presidio_generated_large.json", "presidio_generated_small.json",
    "pii_syn_nano_en.json",
)  # fmt: skip
LABELS = {
    "CREDIT_CARD": "card",
    "IBAN": "iban",
    "IBAN_CODE": "iban",
    "BANK_ACCOUNT": "account",
    "ACCOUNT_NUMBER": "account",
    "ROUTING_NUMBER": "routing",
    "SSN": "us_ssn",
    "US_SSN": "us_ssn",
    "US_DRIVER_LICENSE": "driving_licence",
    "DRIVER_LICENSE": "driving_licence",
    "DRIVER_LICENSE_NUM": "driving_licence",
    "PASSPORT": "passport",
    "PASSPORT_NUM": "passport",
    "AADHAR": "in_aadhaar",
    "PAN": "in_pan",
    "EMAIL": "email",
    "EMAIL_ADDRESS": "email",
    "PHONE": "phone",
    "PHONE_NUMBER": "phone",
    "IP_ADDRESS": "ip",
    "PASSWORD": "password",
    "DOMAIN_NAME": "web address",
}
"""What the data sets call a type; types that neither side looks for are left out."""
PRESIDIO = LABELS | {
    "US_BANK_NUMBER": "account",
    "ABA_ROUTING_NUMBER": "routing",
    "US_PASSPORT": "passport",
    "IN_AADHAAR": "in_aadhaar",
    "IN_PAN": "in_pan",
    "URL": "web address",
    "CRYPTO": "wallet",
}
OURS = {
    "iban": "iban",
    "account": "account",
    "us_routing": "routing",
    "in_aadhaar": "in_aadhaar",
    "in_pan": "in_pan",
}
LIBRARY, TOKENIZER = "presidio_analyzer", "spacy"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A type and a place, as somebody labelled or found it."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what stands in it."""

    text: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How one side did on one type; None where there was nothing to find, or nothing was found."""

    labelled: int
    found: int
    recall: float | None
    """The share of labelled pieces that lie wholly within a find of their type."""
    precision: float | None
    """The share of finds that touch a labelled piece of their type."""


Side = Callable[[str], Iterable[Piece]]


def main() -> None:
    """Print both sides' figures by type, and how long each took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identifiers")
    parser.add_argument("--data", type=Path, required=True, help="the folder `pii` of the labelled data")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    rows = [row for name in FILES for row in labelled(options.data / name)]
    sides: dict[str, Side] = {"bezel": by_bezel}
    if presidio := by_presidio():
        sides["presidio"] = presidio
    report = {name: measured(side, rows) for name, side in sides.items()}
    print(json.dumps(report) if options.json else table(report, rows))


def labelled(file: Path) -> list[Labelled]:
    """The texts of one file with their pieces, by our names of types."""
    rows = json.loads(file.read_text("utf-8"))
    return [
        Labelled(
            row["full_text"],
            tuple(
                Piece(LABELS[one["entity_type"]], one["start_position"], one["end_position"])
                for one in row["spans"]
                if one["entity_type"] in LABELS
            ),
        )
        for row in rows
    ]


def by_bezel(text: str) -> Iterable[Piece]:
    """What Bezel's check finds."""
    reading = read(text)
    for one in find(reading):
        span = reading.span(one.start, one.end)
        own = one.name if one.kind in ("national_id", "bank_account") else one.kind
        yield Piece(OURS.get(one.name, own), span.start, span.end)


def by_presidio() -> Side | None:
    """Presidio with the recognisers that it enables for English, or None where it is not installed."""
    try:
        presidio = importlib.import_module(LIBRARY)
        engines = importlib.import_module(f"{LIBRARY}.nlp_engine")
        spacy = importlib.import_module(TOKENIZER)
    except ImportError:
        print(f"{LIBRARY} is not installed here, so that only Bezel is measured.", file=sys.stderr)
        return None
    registry = presidio.RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    words: Any = engines.SpacyNlpEngine()
    words.nlp = {"en": spacy.blank("en")}
    engine = presidio.AnalyzerEngine(registry=registry, nlp_engine=words, supported_languages=["en"])

    def found(text: str) -> Iterable[Piece]:
        for one in engine.analyze(text, language="en"):
            yield Piece(PRESIDIO.get(one.entity_type, one.entity_type.lower()), one.start, one.end)

    return found


def measured(side: Side, rows: Sequence[Labelled]) -> dict[str, Any]:
    """One side's figures by type, and its least processor time over all texts."""
    finds = [tuple(side(row.text)) for row in rows]
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for row in rows:
            tuple(side(row.text))
        times.append(time.process_time() - started)
    names = sorted(set(LABELS.values()))
    by_type = {name: asdict(_figures(name, rows, finds)) for name in names}
    characters = sum(len(row.text) for row in rows)
    return {
        "types": by_type,
        "seconds": min(times),
        "microseconds_a_character": min(times) / characters * 1e6,
    }


def _figures(name: str, rows: Sequence[Labelled], finds: Sequence[Sequence[Piece]]) -> Figures:
    labelled = hit = found = right = 0
    for row, pieces in zip(rows, finds, strict=True):
        wanted = [one for one in row.pieces if one.type == name]
        given = [one for one in pieces if one.type == name]
        labelled, found = labelled + len(wanted), found + len(given)
        hit += sum(any(one.start <= it.start and it.end <= one.end for one in given) for it in wanted)
        right += sum(any(one.start < it.end and it.start < one.end for it in wanted) for one in given)
    return Figures(labelled, found, hit / labelled if labelled else None, right / found if found else None)


def table(report: dict[str, dict[str, Any]], rows: Sequence[Labelled]) -> str:
    """The report as lines of text."""
    lines = [f"{len(rows):,} texts, {sum(len(row.text) for row in rows):,} characters"]
    lines.append(
        f"{'type':16} {'labelled':>8}"
        + "".join(f" {name + ' recall':>16} {'precision':>9}" for name in report)
    )
    for name in next(iter(report.values()))["types"]:
        sides = [side["types"][name] for side in report.values()]
        cells = "".join(f" {_share(one['recall']):>16} {_share(one['precision']):>9}" for one in sides)
        lines.append(f"{name:16} {sides[0]['labelled']:>8}{cells}")
    for name, side in report.items():
        speed = side["microseconds_a_character"]
        lines.append(f"{name}: {side['seconds']:.2f} s of one core, {speed:.1f} µs a character")
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
