"""Reading the tables, and filling the slots of a wording; Korean particles take the form their noun asks for."""

import functools
import re
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "tables"
_PARTICLE = re.compile(r"(?P<before>.)\{(?P<closed>[가-힣]+)/(?P<open>[가-힣]+)\}")
_CLOSED_DIGITS = "013678"
_CLOSED_LETTERS = "lmnrLMNR"


@functools.cache
def table(name: str) -> dict[str, Any]:
    """The table of that name."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def _ends_closed(character: str) -> bool:
    if "가" <= character <= "힣":
        return (ord(character) - ord("가")) % 28 != 0
    return character in _CLOSED_DIGITS or character in _CLOSED_LETTERS


def _particle(found: re.Match[str]) -> str:
    before = found["before"]
    return before + (found["closed"] if _ends_closed(before) else found["open"])


def fill(wording: str, **slots: str) -> str:
    """The wording with its slots filled, such as {x}; then {은/는} and its like are chosen by the sound before them."""
    for name, value in slots.items():
        wording = wording.replace("{" + name + "}", value)
    return _PARTICLE.sub(_particle, wording)
