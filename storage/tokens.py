"""How text becomes the tokens of full-text search: the same way for what is kept and for what is asked."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import islice, pairwise

from safety.types import Span

LONGEST_WORD = 40
MOST_TOKENS = 20_000
"""Of one text; PostgreSQL keeps at most a megabyte of them."""

# Scripts written without spaces between words, or whose words take endings that nobody searches with:
# Thai, Lao; Myanmar; Hangul in letters; Khmer; radicals, Kana, Bopomofo; Han; Hangul; half-width forms.
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u31ff\u3400-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_MARKS = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.category(chr(code))[0] == "M")
"""Accents and vowel signs, which `\\w` does not take for letters."""
_DENSE_MARKS = "".join(re.findall(f"[{_DENSE}]", _MARKS))
_WORD_MARKS = re.sub(f"[{_DENSE}]", "", _MARKS)
_RUN = re.compile(
    rf"[^\W_{_DENSE}](?:[^\W_{_DENSE}]+|[{_WORD_MARKS}]+)*|((?:(?=[{_DENSE}])[^\W_]|[{_DENSE_MARKS}])+)"
)
_NO_LETTER = re.compile(rf"(?![{_MARKS}])[\W_]")


@dataclass(frozen=True)
class Run:
    """A stretch of letters of one kind, folded, and where it stands in its text.

    `is_dense`: any part of it can be looked for, as in 東京都; else it is a word, found by its start.
    """

    text: str
    span: Span
    is_dense: bool

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """What the index keeps of it: the word, or each letter and each two neighbours."""
        if not self.is_dense:
            return (self.text[:LONGEST_WORD],)
        return (*self.text, *(left + right for left, right in pairwise(self.text)))

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The tokens that a text must have to hold it: of a dense run, the fewest that do."""
        return self.tokens[len(self.text) :] if self.is_dense and len(self.text) > 1 else self.tokens

    def among(self, asked: "Run", *, by_its_start: bool) -> Iterator[Span]:
        """Where in the text this run holds the one asked for."""
        if asked.is_dense != self.is_dense:
            return
        if not self.is_dense:
            if self.text.startswith(asked.text) if by_its_start else self.text == asked.text:
                yield self.span
            return
        is_as_written = len(self.text) == self.span.end - self.span.start
        at = self.text.find(asked.text)
        while at >= 0:
            start = self.span.start + at
            yield Span(start, start + len(asked.text)) if is_as_written else self.span
            at = self.text.find(asked.text, at + len(asked.text))


def runs(text: str) -> Iterator[Run]:
    """The words and dense runs of a text, in order; what is neither letter nor digit is left out."""
    for found in _RUN.finditer(text):
        folded = _NO_LETTER.sub("", _folded(found[0]))
        if folded:
            yield Run(folded, Span(*found.span()), found[1] is not None)


def kept(owner: str, text: str) -> str:
    """The tokens of a text as the index keeps them: each once, under its owner, apart by spaces."""
    distinct = dict.fromkeys(token for run in runs(text) for token in run.tokens)
    mark = owner_mark(owner)
    return " ".join(mark + token for token in islice(distinct, MOST_TOKENS))


def question(owner: str, asked: Sequence[Run]) -> tuple[str, ...]:
    """The tokens that a text of this person's must have; of the last, something that begins so."""
    mark = owner_mark(owner)
    return tuple(mark + token for run in asked for token in run.wanted)


def need_a_look(asked: Sequence[Run]) -> bool:
    """Whether the tokens alone do not tell that a text holds these runs: 東京 and 京都 are no 東京都."""
    return any(run.is_dense and len(run.text) > 2 for run in asked)


def holds(text: str, asked: Sequence[Run]) -> bool:
    """Whether a text that has the tokens of these runs has the runs themselves."""
    if not need_a_look(asked):
        return True
    folded = _folded(text)
    return all(run.text in folded for run in asked if run.is_dense)


def hits(text: str, asked: Sequence[Run]) -> Iterator[Span]:
    """Where in a text the runs asked for stand, in order and apart; the last may be the start of a word."""
    last = len(asked) - 1
    end = 0
    for run in runs(text):
        found = [
            span
            for place, wanted in enumerate(asked)
            for span in run.among(wanted, by_its_start=place == last)
        ]
        for span in sorted(found, key=lambda span: (span.start, -span.end)):
            if span.start >= end:
                yield span
                end = span.end


def owner_mark(owner: str) -> str:
    """What stands before each token of a person, so that the index leads to nobody else's.

    Two people may share one: a question still has to name the owner of the rows.
    """
    return blake2b(owner.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _folded(text: str) -> str:
    """The text without what does not tell words apart: case, width, and how an accent is written down."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
