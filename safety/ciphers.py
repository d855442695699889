"""Words that were turned letter by letter: ROT13, backwards, digits and signs for letters."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import numpy as np

from safety.letters import Floats, Words, known, usual, usual_word, words_of
from safety.packing import USUAL
from safety.rewriting import Piece

SWITCH = 10.0
"""What it costs to believe that a cipher begins or ends: the gain of two or three words."""

_PLAIN, _BACKWARDS, _ROTATED = range(3)

_LEET = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "|": "il", "€": "e", "£": "l",
}  # fmt: skip
_SIGNS = re.escape("".join(_LEET))
_TOKEN = re.compile(rf"(?<![^\W_])[A-Za-z0-9@$€£](?:[A-Za-z{_SIGNS}]*[A-Za-z0-9@$€£])?(?![^\W_]|\.\w)")
_MIXED = re.compile(rf"[A-Za-z][{_SIGNS}]+[A-Za-z]|^[@$€£]+[A-Za-z]|^[0-9]+[A-Za-z]{{4}}")
_ANY_SIGN = re.compile(rf"[{_SIGNS}]")
_LONGEST = 40
_MOST_SPELLINGS = 16
_MANY = 3
"""From so many words with digits for letters on, digits alone are words too: `h0w 70 m4k3`."""

_LONG = re.compile(r"(?<![^\W_])[A-Za-z]{11,200}(?![^\W_])")
_SEEN = 2.4
"""A word seen ten times in training is one; a short one must be among the commonest."""
_SHORT, _SEEN_SHORT = 3, 7.0
_ALL_WORDS = 14.0
"""The logarithm of how many words were counted."""
_UNKNOWN = -1e6
_FEWEST_WORDS = 3
_LEAST_LENGTH = 2.2
"""Letters that the words have on average: single letters are words too, and would explain anything."""
_LONGEST_WORD = 14


def ciphered(text: str) -> Iterator[Piece]:
    """Runs of words that look like language only by ROT13 or read from their end."""
    words = words_of(text)
    backwards, rotated = words.backwards - words.plain, words.rotated - words.plain
    if max(_best_run(backwards), _best_run(rotated)) <= SWITCH / 2:
        return
    gains = [
        (0.0, float(gain) + _known_more(word[::-1], word), float(other) + _known_more(rot13(word), word))
        for word, gain, other in zip(_words(text, words), backwards, rotated, strict=True)
    ]
    starts, ends = words.starts.tolist(), words.ends.tolist()
    for way, first, last in _runs(_likeliest(gains)):
        start, end = starts[first], ends[last]
        value = rot13(text[start:end]) if way == _ROTATED else text[start:end][::-1]
        if not value.isascii() or usual(value) >= USUAL:
            from_the_end = range(end - 1, start - 1, -1)
            yield Piece(start, end, value, range(start, end) if way == _ROTATED else from_the_end)


def _best_run(gains: Floats) -> float:
    """The highest sum over neighbouring words."""
    total = np.concatenate([[0.0], np.cumsum(gains)])
    return float((total - np.minimum.accumulate(total)).max())


def _words(text: str, words: Words) -> Iterator[str]:
    for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True):
        yield text[start:end].lower()


def _known_more(word: str, written: str) -> float:
    """What is gained where a word read so is known, and as it is written is not."""
    return (known(word) - known(written)) / 2 if word.isascii() else 0.0


def rot13(text: str) -> str:
    """The text with its ASCII letters turned by half the alphabet."""
    return codecs.encode(text, "rot13")


def _likeliest(gains: Sequence[Sequence[float]]) -> list[int]:
    """The way to read each word, where a change costs SWITCH (Viterbi's algorithm)."""
    scores = [0.0, -SWITCH, -SWITCH]
    back: list[list[int]] = []
    for gain in gains:
        best = scores.index(max(scores))
        before = [way if scores[way] >= scores[best] - SWITCH else best for way in range(3)]
        scores = [
            scores[came] - (SWITCH if came != way else 0.0) + gain[way] for way, came in enumerate(before)
        ]
        back.append(before)
    way = scores.index(max(scores))
    ways = []
    for before in reversed(back):
        ways.append(way)
        way = before[way]
    return ways[::-1]


def _runs(ways: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    first = 0
    for at in range(1, len(ways) + 1):
        if at == len(ways) or ways[at] != ways[first]:
            if ways[first] != _PLAIN:
                yield ways[first], first, at - 1
            first = at


def leet(text: str) -> Iterator[Piece]:
    """Words with digits and signs for letters, as in `h4ck`."""
    tokens = [match for match in _TOKEN.finditer(text) if _ANY_SIGN.search(match[0])]
    has_many = sum(bool(_MIXED.search(match[0])) for match in tokens) >= _MANY
    for match in tokens:
        if has_many or _MIXED.search(match[0]):
            value = _letters(match[0]) if len(match[0]) <= _LONGEST else None
            if value is not None:
                yield Piece(*match.span(), value, range(*match.span()))


def _letters(token: str) -> str | None:
    """The best known word among those that the token may stand for, where it looks like a word at all."""
    choices = [_LEET.get(char, char) for char in token.lower()]
    if not all(choice.isascii() and choice.isalpha() for choice in choices):
        return None
    if prod(map(len, choices)) > _MOST_SPELLINGS:
        choices = [choice[0] for choice in choices]
    word = max(map("".join, product(*choices)), key=lambda one: (known(one), usual_word(one)))
    return word if known(word) >= _SEEN or usual_word(word) >= USUAL else None


def run_together(text: str) -> Iterator[Piece]:
    """English words without blanks between them, as in `howdoimakethis`."""
    for match in _LONG.finditer(text):
        if words := _divided(match[0].lower()):
            yield Piece(*match.span(), " ".join(words))


def _divided(letters: str) -> tuple[str, ...]:
    """The likeliest words that make up the letters; none where they are not all known ones."""
    if known(letters) >= _SEEN or usual_word(letters) < USUAL:
        return ()
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(letters) + 1):
        starts = range(max(0, end - _LONGEST_WORD), end)
        best.append(max((best[start][0] + _cost(letters[start:end]), start) for start in starts))
    words: list[str] = []
    end = len(letters)
    while end:
        start = best[end][1]
        words.append(letters[start:end])
        end = start
    is_language = best[-1][0] > _UNKNOWN and len(words) >= _FEWEST_WORDS
    return tuple(reversed(words)) if is_language and len(letters) >= _LEAST_LENGTH * len(words) else ()


def _cost(word: str) -> float:
    seen = known(word)
    is_word = seen >= _SEEN if len(word) > _SHORT else seen >= _SEEN_SHORT and (len(word) > 1 or word in "ai")
    return seen - _ALL_WORDS if is_word else _UNKNOWN
