"""A blocklist: exact words and phrases that break one clause for certain; a host's own list works so."""

import re
from collections.abc import Iterable

from safety.normalise import normalise
from safety.policy import load_policy
from safety.types import Category, CheckedText, SafetyError, Signal, Span, Text

_MOST_SPANS = 100
_ALPHABETIC = r"A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f0-9_"
"""Letters of scripts that put spaces between words; elsewhere a listed word is found inside others too."""


class Banned:
    """Finds whole words and phrases in any language, also where they are disguised; case does not matter."""

    version = "1"

    def __init__(
        self,
        *words: str,
        clause: str = "PUP-2.e.iii",
        category: Category | None = None,
        name: str = "banned",
    ) -> None:
        """Without a category it is the first of the clause; SafetyError for an unknown clause or no words."""
        self.name = name
        self._clause = clause
        self._category = category or load_policy().clause(clause).categories[0]
        self._pattern = _pattern(words)

    def check(self, text: Text) -> CheckedText:
        """A signal of score 1 where a listed word stands, with at most 100 spans in the original text."""
        plain = normalise(text.value)
        found = {Span(*match.span()) for match in self._pattern.finditer(text.value)}
        found |= {plain.span(*match.span()) for match in self._pattern.finditer(plain.value)}
        spans = tuple(sorted(found, key=lambda span: (span.start, span.end))[:_MOST_SPANS])
        return CheckedText((Signal(self._category, 1.0, self._clause, spans),) if spans else ())


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    listed = [normalise(word).value.split() for word in words]
    if not listed or not all(listed):
        raise SafetyError(f"The banned words are {list(words)!r}; each must hold at least one letter.")
    longest_first = sorted((_whole(r"\s+".join(map(re.escape, parts))) for parts in listed), key=len)
    return re.compile("|".join(reversed(longest_first)), re.IGNORECASE)


def _whole(phrase: str) -> str:
    letter = f"[{_ALPHABETIC}]"
    return f"(?:(?<!{letter})|(?!{letter})){phrase}(?:(?!{letter})|(?<!{letter}))"
