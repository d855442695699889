"""Texts that the project writes itself: requests and everyday talk, harmless and, in like words, harmful."""

import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safety.train.rows import CATEGORIES, LANGUAGES, Row

FOLDER = Path(__file__).parent / "contrast"
SOURCES = {"contrast": FOLDER, "talk": FOLDER / "talk", "circumvention": FOLDER / "circumvention"}
"""Each source's folder of one file a language: requests that sound alike, everyday talk, ways round rules."""
TWINS = "twins"
"""English pairs that differ in a word or two and mean another thing; the encoder alone learns from them."""
_HELD_OUT = 10
"""One filler in this many is kept for dev, so that dev asks about things that training never saw."""


def contrast_rows(split: str) -> list[Row]:
    """The rows of `train` or `dev`: frames filled with every filler of that split."""
    rows = (
        row
        for source, folder in SOURCES.items()
        for language in LANGUAGES
        for row in _rows(folder, source, language)
    )
    return [row for row in rows if _split(row.id) == split]


def twin_rows(split: str) -> list[Row]:
    """The English twins of `train` or `dev`, prompts and posts."""
    return [row for row in _rows(FOLDER / TWINS, TWINS, "en") if _split(row.id) == split]


def _rows(folder: Path, source: str, language: str) -> Iterator[Row]:
    tables = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    for group in (*tables["harmless"], *tables["harmful"]):
        for filler in group["fillers"]:
            for frame in _frames(group, filler):
                yield _row(frame.replace("{}", filler), filler, group | {"lang": language, "source": source})


def _frames(group: dict[str, Any], filler: str) -> list[str]:
    """All frames of the group, or `each` of them, begun at a place that depends on the filler."""
    frames: list[str] = group["frames"]
    start = zlib.crc32(f"frame {filler}".encode()) % len(frames)
    return (frames[start:] + frames[:start])[: group.get("each")]


def _row(text: str, filler: str, group: dict[str, Any]) -> Row:
    """One row of a group; of a harmful one only its `categories` and those named `absent` are known."""
    categories = frozenset(group.get("categories", ()))
    return Row(
        text=text,
        side=group.get("side", "prompt"),
        lang=group["lang"],
        unsafe=bool(categories),
        categories=categories,
        known=categories | frozenset(group.get("absent", ())) or frozenset(CATEGORIES),
        source=group["source"],
        id=filler,
    )


def _split(filler: str) -> str:
    return "dev" if zlib.crc32(filler.encode()) % _HELD_OUT == 0 else "train"
