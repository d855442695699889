"""Strict reading of TOML tables: whatever is unknown or wrong is named with its file, key and value."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from safety.types import SafetyError


class Table:
    """One TOML table; every `take_…` removes its key, and `done` refuses what is left."""

    def __init__(self, values: dict[str, Any], file: str, path: str = "") -> None:
        self._values = dict(values)
        self._file = file
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that have not been taken."""
        return tuple(self._values)

    def wrong(self, key: str, value: object, right: str) -> SafetyError:
        """The error that names the place, shows the value and says what would be right."""
        return SafetyError(f"{self._file}: {self._path}{key} is {value!r}; it must be {right}.")

    def take_text(self, key: str) -> str:
        value = self._values.pop(key, None)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, value, "a text")
        return value

    def take_date(self, key: str) -> str:
        value = self._values.pop(key, None)
        if not hasattr(value, "isoformat"):
            raise self.wrong(key, value, "a date such as 2024-02-21")
        return str(value.isoformat())

    def take_whole_number(self, key: str, low: int, high: int) -> int:
        value = self._values.pop(key, None)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def take_score(self, key: str) -> float:
        value = self._values.pop(key, None)
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise self.wrong(key, value, "a number from 0 to 1")
        return float(value)

    def take_choice(self, key: str, choices: Sequence[str]) -> str:
        value = self._values.pop(key, None)
        if value not in choices:
            raise self.wrong(key, value, f"one of {', '.join(choices)}")
        return str(value)

    def take_choices(self, key: str, choices: Iterable[str]) -> tuple[str, ...]:
        allowed = tuple(choices)
        return tuple(self._chosen(key, value, allowed) for value in self._take_list(key))

    def take_texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._written(key, value) for value in self._take_list(key))

    def take_table(self, key: str, *, known: Sequence[str] | None = None) -> "Table":
        """The table of this key, empty where there is none; `known` are the keys that make sense in it."""
        value = self._values.pop(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, "a table")
        table = Table(value, self._file, f"{self._path}{key}.")
        if known is not None:
            table.only(known)
        return table

    def is_table(self, key: str) -> bool:
        return isinstance(self._values.get(key), dict)

    def only(self, known: Sequence[str]) -> None:
        """Refuse a key that is not one of these."""
        for key, value in self._values.items():
            if key not in known:
                raise SafetyError(
                    f"{self._file}: {self._path}{key} = {value!r} has an unknown name; "
                    f"it must be one of {', '.join(known) or 'nothing here'}."
                )

    def done(self) -> None:
        """Refuse what nobody has taken."""
        self.only(())

    def _take_list(self, key: str) -> list[object]:
        value = self._values.pop(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, value, "a list")
        return value

    def _chosen(self, key: str, value: object, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            raise self.wrong(key, value, f"a list of {', '.join(allowed)}")
        return str(value)

    def _written(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, value, "a text")
        return value


def read_table(file: Path) -> Table:
    """The table of a TOML file; SafetyError where the file is missing or is not TOML."""
    try:
        return Table(tomllib.loads(file.read_text(encoding="utf-8")), file.name)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SafetyError(f"{file.name} cannot be read ({reason}); the policy needs this file.") from None
    except ValueError as error:
        raise SafetyError(f"{file.name} is not a readable TOML file: {error}.") from None
