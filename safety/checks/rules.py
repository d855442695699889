"""Rules by clause: phrases near one another, each rule with texts to catch and texts to let pass."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from safety.checks.rule import Rule
from safety.checks.rule_reading import read_rules
from safety.normalise import normalise
from safety.types import CheckedText, Signal, Span, Text

RULE_FILES = Path(__file__).parent / "rule_files"

_MOST_SPANS = 20
_STRETCH = 2000
_OVERLAP = 500
"""Longer than what a rule looks at around its first phrase, so that no find is cut in two."""

_START = 3
"""How many of a hint's first letters are looked up before the hint itself."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a text, as written or without disguise, and the hints that it holds."""

    folded: str
    present: frozenset[str]
    start: int
    origin: Callable[[int, int], Span]
    """Where a piece of the whole reading, by start and end, stood in what was written."""


class Rules:
    """The check that finds what can be said in phrases, in the text as written and without its disguise."""

    name = "rules"

    def __init__(self, folder: Path = RULE_FILES) -> None:
        """Read and validate every rule file of `folder`; SafetyError names the file and rule at fault."""
        self.rules = read_rules(folder)
        self.languages = frozenset(language for rule in self.rules for language in rule.languages)
        self.version = _version(folder)
        self._hints = _by_start(frozenset[str]().union(*(rule.hints for rule in self.rules)))

    def check(self, text: Text) -> CheckedText:
        """A signal for each rule that finds something on the text's side, its spans in the original text."""
        stretches = tuple(self._stretches(text.value))
        signals = tuple(
            Signal(rule.category, rule.score, rule.clause, spans)
            for rule in self.rules
            if text.side in rule.sides and (spans := _spans(rule, stretches))
        )
        if not signals and text.lang is not None and text.lang not in self.languages:
            return CheckedText(not_checked=f"no rules are written for the language {text.lang!r}")
        return CheckedText(signals)

    def found_by(self, rule: Rule, text: str) -> tuple[Span, ...]:
        """Where this one rule finds something, whatever the side; for trying its examples."""
        return _spans(rule, tuple(self._stretches(text)))

    def _stretches(self, text: str) -> Iterator[_Stretch]:
        """The text in overlapping stretches, and once more without its disguise where that differs."""
        folded, plain = fold(text), normalise(text)
        for start, part in _cut(folded):
            yield _Stretch(part, self._present(part), start, Span)
        for start, part in _cut(fold(plain.value)):
            source = plain.span(start, start + len(part))
            if folded[source.start : source.end] != part:
                yield _Stretch(part, self._present(part), start, plain.span)

    def _present(self, part: str) -> frozenset[str]:
        """The hints in a stretch; only those are tried whose first letters it holds, a small part of all."""
        starts = {part[at : at + size] for size in range(1, _START + 1) for at in range(len(part))}
        tried = (hint for start in starts & self._hints.keys() for hint in self._hints[start])
        return frozenset(filter(part.__contains__, tried))


def _cut(folded: str) -> Iterator[tuple[int, str]]:
    for start in range(0, max(1, len(folded) - _OVERLAP) if folded else 0, _STRETCH - _OVERLAP):
        yield start, folded[start : start + _STRETCH]


def _by_start(hints: frozenset[str]) -> dict[str, tuple[str, ...]]:
    starts = {hint[:_START] for hint in hints}
    return {start: tuple(hint for hint in hints if hint[:_START] == start) for start in starts}


def fold(text: str) -> str:
    """Lower case and straight quotes; the code points keep their number and their places."""
    folded = text.lower().translate(_QUOTES)
    if len(folded) == len(text):
        return folded
    return "".join(low if len(low := char.lower()) == 1 else char for char in text).translate(_QUOTES)


def _spans(rule: Rule, stretches: Sequence[_Stretch]) -> tuple[Span, ...]:
    """The first 20 finds over all stretches; one that two of them hold counts once."""
    found = (
        stretch.origin(stretch.start + span.start, stretch.start + span.end)
        for stretch in stretches
        for span in islice(rule.spans(stretch.folded, stretch.present), _MOST_SPANS)
    )
    return tuple(islice(dict.fromkeys(found), _MOST_SPANS))


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.toml")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
