"""The sets that the project wrote to measure with: ordinary requests, and texts that a check may mistake."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from safety.train.rows import CATEGORIES, Row

FOLDER = Path(__file__).parent / "sets"
ATTEMPTS = "attempts"
"""The one set of texts that are no harmless ones: attempts to get round the rules."""

_LANGUAGE_OF = {"emoji": "en", "code": "en"}
"""What a file is named for where that is no language; `emoji` mixes some."""


def composed(folder: Path = FOLDER) -> list[Row]:
    """Every text of every set, always the same and in the same order; `source` is the set's name."""
    return [row for file in sorted(folder.glob("*/*.toml")) for row in _rows(file)]


def _rows(file: Path) -> Iterator[Row]:
    is_attempt = file.parent.name == ATTEMPTS
    found = frozenset({"circumvention"} if is_attempt else ())
    language = _LANGUAGE_OF.get(file.stem, file.stem)
    for text in _texts(file):
        yield Row(
            text=text,
            side="prompt",
            lang=language,
            unsafe=is_attempt,
            categories=found,
            known=found or frozenset(CATEGORIES),
            source=file.parent.name if language == file.stem else file.stem,
        )


def _texts(file: Path) -> Sequence[str]:
    """Every frame with every filler, each text once."""
    groups = tomllib.loads(file.read_text(encoding="utf-8"))["groups"]
    made = (
        frame.replace("{}", filler) for one in groups for filler in one["fillers"] for frame in one["frames"]
    )
    return tuple(dict.fromkeys(made))
