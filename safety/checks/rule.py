"""One rule: groups of phrases that must stand near one another, and what excepts them."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from safety.checks.phrases import Group, Phrase
from safety.types import Category, Side, Span

REACH = 80
"""How far around a find its exceptions are looked for, in code points."""

_SENTENCE_END = re.compile(r"[!?。！？\n]|\.(?!\w)")


@dataclass(frozen=True, slots=True)
class Rule:
    """Groups of phrases: one of each must stand within `within` characters of the first, in one sentence."""

    id: str
    clause: str
    category: Category
    languages: tuple[str, ...]
    sides: tuple[Side, ...]
    score: float
    groups: tuple[Group, ...]
    within: int
    unless: Group
    must_catch: tuple[str, ...]
    must_pass: tuple[str, ...]

    @property
    def hints(self) -> frozenset[str]:
        """The hints of all its phrases, those of the exceptions included."""
        return frozenset().union(*(group.hints for group in (*self.groups, self.unless)))

    def spans(self, folded: str, present: frozenset[str]) -> Iterator[Span]:
        """Where the rule finds something in a lower-case text, of which the hints that it holds are known."""
        groups = [group.possible(present) for group in self.groups]
        if not all(groups):
            return
        unless = self.unless.possible(present)
        for span in self._near(folded, groups):
            around = folded[max(0, span.start - REACH) : span.end + REACH]
            if not any(phrase.pattern.search(around) for phrase in unless):
                yield span

    def _near(self, folded: str, groups: list[list[Phrase]]) -> Iterator[Span]:
        anchors = _occurrences(groups[0], folded, [Span(0, len(folded))])
        windows = _windows(anchors, self.within, len(folded))
        others = [_occurrences(group, folded, windows) for group in groups[1:]]
        for anchor in anchors:
            partners = [self._partner(folded, anchor, other) for other in others]
            spans = [anchor, *(partner for partner in partners if partner)]
            if len(spans) == len(groups):
                yield Span(min(span.start for span in spans), max(span.end for span in spans))

    def _partner(self, folded: str, anchor: Span, others: Sequence[Span]) -> Span | None:
        at = bisect_left(others, anchor.start, key=lambda span: span.start)
        for other in others[max(0, at - 2) : at + 2]:
            gap = folded[min(anchor.end, other.end) : max(anchor.start, other.start)]
            if len(gap) <= self.within and not _SENTENCE_END.search(gap):
                return other
        return None


def _occurrences(phrases: Iterable[Phrase], folded: str, windows: Sequence[Span]) -> list[Span]:
    found = {
        Span(*match.span())
        for phrase in phrases
        for window in windows
        for match in phrase.pattern.finditer(folded, window.start, window.end)
    }
    return sorted(found, key=lambda span: (span.start, span.end))


def _windows(anchors: Iterable[Span], within: int, length: int) -> list[Span]:
    """The stretches that can hold a partner of an anchor, those that overlap joined."""
    windows: list[Span] = []
    for anchor in anchors:
        start, end = max(0, anchor.start - within - REACH), min(length, anchor.end + within + REACH)
        if windows and start <= windows[-1].end:
            windows[-1] = Span(windows[-1].start, max(end, windows[-1].end))
        else:
            windows.append(Span(start, end))
    return windows
