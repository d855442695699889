"""Crisis lines by country: the host's file or a short list, in the order that fits the person's language."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.settings import SettingsError

READY = Path(__file__).parent / "wording" / "crisis.toml"


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """One line to call; `source` is where the number comes from and `checked` when it was last compared."""

    country: str
    languages: tuple[str, ...]
    name: str
    number: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class CrisisLines:
    """All lines of one file, and the country that the host puts first."""

    lines: tuple[CrisisLine, ...]
    country: str | None

    def fitting(self, language: str | None) -> tuple[CrisisLine, ...]:
        """Lines for a person who writes in this language: the host's country first; all where none fits."""
        mine = [line for line in self.lines if line.country == self.country]
        spoken = [line for line in self.lines if language in line.languages and line not in mine]
        return tuple(mine + spoken) or self.lines


def crisis_lines(path: Path | None, country: str | None) -> CrisisLines:
    """Read the lines. Raises SettingsError naming the file and what is wrong with it."""
    file = path or READY
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))["line"]
        lines = tuple(CrisisLine(**{**row, "languages": tuple(row["languages"])}) for row in rows)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SettingsError(
            f"The crisis lines in {str(file)!r} cannot be read ({error}); each [[line]] needs country, "
            "languages, name, number, source and checked."
        ) from None
    if not lines:
        raise SettingsError(f"{str(file)!r} has no crisis line; it needs one at least.")
    return CrisisLines(lines, country)
