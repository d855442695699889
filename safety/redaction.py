"""What is taken out of a text: identifiers and secrets by kind, and the words that stand in their place."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

IdentifierKind = Literal[
    "card", "bank_account", "national_id", "key", "password", "email", "phone", "ip", "wallet"
]
"""What an identifier or a secret is, as far as the policy tells them apart."""

_PLACEHOLDERS: Mapping[IdentifierKind | None, str] = {
    "card": "«CARD NUMBER»",
    "bank_account": "«BANK ACCOUNT»",
    "national_id": "«ID NUMBER»",
    "key": "«SECRET KEY»",
    "password": "«PASSWORD»",
    "email": "«E-MAIL ADDRESS»",
    "phone": "«PHONE NUMBER»",
    "ip": "«NETWORK ADDRESS»",
    "wallet": "«WALLET ADDRESS»",
    None: "«REMOVED»",
}
"""Words that a model reads in any language; the quotes mean nothing to Markdown, HTML or a tokenizer."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """A piece of a text that is taken out, in code points, `end` exclusive, and what it was."""

    start: int
    end: int
    kind: IdentifierKind | None

    @property
    def placeholder(self) -> str:
        """What stands in its place, for the model and for people alike."""
        return _PLACEHOLDERS[self.kind]


def merged(pieces: Iterable[Redaction]) -> tuple[Redaction, ...]:
    """The pieces in order; those that overlap are one, called what the longest of them is."""
    done: list[Redaction] = []
    longest = 0
    for piece in sorted(pieces, key=lambda one: (one.start, -one.end)):
        length = piece.end - piece.start
        if done and piece.start < done[-1].end:
            last = done[-1]
            kind = piece.kind if length > longest else last.kind
            done[-1] = Redaction(last.start, max(last.end, piece.end), kind)
            longest = max(length, longest)
        elif length:
            done.append(piece)
            longest = length
    return tuple(done)


def redacted(text: str, redactions: Sequence[Redaction], end: int | None = None) -> str:
    """The text as far as `end`, with placeholders; at a piece that reaches beyond it the text ends."""
    pieces: list[str] = []
    done, end = 0, len(text) if end is None else end
    for one in redactions:
        if one.end > end:
            end = min(end, one.start)
            break
        pieces += (text[done : one.start], one.placeholder)
        done = one.end
    return "".join((*pieces, text[done:end]))


class Places:
    """Where the places of a text lie in the redacted one; inside a piece, at the edges of its placeholder."""

    def __init__(self, redactions: Sequence[Redaction]) -> None:
        self._redactions = redactions
        self._ends = [one.end for one in redactions]
        grown = (len(one.placeholder) - (one.end - one.start) for one in redactions)
        self._shifts = [0, *accumulate(grown)]

    def start(self, at: int) -> int:
        """Where a stretch begins that began at this place."""
        passed = bisect_right(self._ends, at)
        inside = passed < len(self._ends) and self._redactions[passed].start < at
        return (self._redactions[passed].start if inside else at) + self._shifts[passed]

    def end(self, at: int) -> int:
        """Where a stretch ends that ended before this place."""
        passed = bisect_left(self._ends, at)
        if passed < len(self._ends) and self._redactions[passed].start < at:
            return self._ends[passed] + self._shifts[passed + 1]
        return at + self._shifts[passed]

    def moved(self, redaction: Redaction) -> Redaction:
        """Where its placeholder lies."""
        return replace(redaction, start=self.start(redaction.start), end=self.end(redaction.end))
