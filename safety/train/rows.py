"""The labelled rows that the classifier learns from, as they lie in the data folder."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from safety.types import Category, SafetyError, Side

CATEGORIES: tuple[Category, ...] = get_args(Category)
LANGUAGES = ("en", "ko", "zh", "ja")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text; a category that is not in `known` may or may not apply."""

    text: str
    side: Side
    lang: str
    unsafe: bool
    categories: frozenset[str]
    known: frozenset[str]
    source: str
    id: str = ""

    @property
    def targets(self) -> tuple[float, ...]:
        """1, 0 or, where unknown, -1 for each category, then for `any`."""
        return (*(self._target(name) for name in CATEGORIES), float(self.unsafe))

    def _target(self, name: str) -> float:
        if name in self.categories:
            return 1.0
        return 0.0 if name in self.known else -1.0


def read_rows(path: Path) -> list[Row]:
    """Every row of this file, or of every file in this folder by name; SafetyError where there is none."""
    files = [path] if path.is_file() else sorted((*path.glob("*.jsonl.gz"), *path.glob("*.jsonl")))
    if not files:
        raise SafetyError(
            f"There is no labelled data in {path}; it must hold files named *.jsonl.gz or *.jsonl."
        )
    return [row for file in files for row in _rows_of(file)]


def _rows_of(file: Path) -> Iterator[Row]:
    source = file.name.removesuffix(".gz").removesuffix(".jsonl")
    with (
        gzip.open(file, "rt", encoding="utf-8")
        if file.suffix == ".gz"
        else file.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, start=1):
            yield _row_of(line, source, f"{file.name}, line {number}")


def _row_of(line: str, source: str, place: str) -> Row:
    try:
        return _row(json.loads(line), source)
    except (KeyError, TypeError, ValueError) as error:
        raise SafetyError(f"{place} is no labelled text ({type(error).__name__}: {error}).") from None


def _row(fields: dict[str, Any], source: str) -> Row:
    return Row(
        text=fields["text"],
        side=fields["side"],
        lang=fields["lang"],
        unsafe=bool(fields["unsafe"]),
        categories=frozenset(fields["categories"]),
        known=frozenset(fields["labels_known"]),
        source=source,
        id=str(fields["id"]),
    )
