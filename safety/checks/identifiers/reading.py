"""A text as the identifier finders read it: plain ASCII digits, dashes and spaces, with the way back."""

import re
import sys
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from safety.redaction import IdentifierKind
from safety.types import Span

REACH = 48
"""Characters that a find in several words may take, with the few behind it that it depends on."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)


def _plain_forms() -> dict[int, str]:
    """Every character that only stands for an ASCII one: full-width forms, digits of any script, dashes."""
    forms = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    forms |= {
        code: str(unicodedata.digit(chr(code)))
        for code in range(0x80, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) == "Nd"
    }
    return forms | {ord(dash): "-" for dash in _DASHES} | {ord(space): " " for space in _SPACES}


_PLAIN_FORMS = _plain_forms()


@dataclass(frozen=True, slots=True)
class Found:
    """An identifier in a reading: what kind it is, which one, where, and how sure, 0 to 1."""

    kind: IdentifierKind
    name: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Reading:
    """The plain text; character i of `plain` stood at `offsets[i]`, or at i itself where there are none."""

    plain: str
    offsets: Sequence[int] | None

    @cached_property
    def lower(self) -> str:
        """The plain text in lower case, character by character."""
        lower = self.plain.lower()
        if len(lower) == len(self.plain):
            return lower
        return "".join(low if len(low := char.lower()) == 1 else char for char in self.plain)

    def said_before(self, start: int, words: re.Pattern[str], reach: int = 40) -> bool:
        """Whether one of these words, given in lower case, stands at most so far before a place."""
        return words.search(self.lower, max(0, start - reach), start) is not None

    def span(self, start: int, end: int) -> Span:
        """Where a stretch of at least one character stood in what was written."""
        if self.offsets is None:
            return Span(start, end)
        return Span(self.offsets[start], self.offsets[end - 1] + 1)


def read(text: str) -> Reading:
    """The text with its look-alike digits, dashes and spaces made plain, and what cannot be seen left out."""
    if text.isascii():
        return Reading(text.replace("\t", " "), None)
    plain = text.translate(_PLAIN_FORMS)
    if not _INVISIBLE.search(plain):
        return Reading(plain, None)
    kept = array("I", (at for at, char in enumerate(plain) if not _INVISIBLE.match(char)))
    return Reading(_INVISIBLE.sub("", plain), kept)


def alone(body: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """The pattern where it is no part of a longer word or number; other scripts may stand right beside it."""
    before = r"(?<![A-Za-z0-9_])(?<![0-9][-.,/:])"
    after = r"(?![A-Za-z0-9_])(?!-[A-Za-z0-9]|[.,/:][0-9])"
    return re.compile(f"{before}(?:{body}){after}", re.ASCII | flags)
