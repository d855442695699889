"""Whether a stretch of text looks like language: how usual its pairs of letters and its English words are."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

from safety.types import SafetyError
from safety.weights import WEIGHTS, read_manifest

FILE = "letters.safetensors"
BITS = 17
SCALE = 16.0
"""What was seen n times in training is stored as log(1 + n) times this, in one byte."""
FEWEST = 10
"""How often a word must have been seen to be stored, by its CRC-32."""

Codes = NDArray[np.uint32]
Floats = NDArray[np.float32]

_A, _Z, _BLANK = ord("a"), ord("z"), 32
_ALPHABET = 26
_HALF = 13
_WORD = re.compile(r"(?<![^\W_])[a-z]{1,20}(?![^\W_])")
_SCRIPTS = ((0xC0, 0x24F), (0x3041, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3))
"""Letters with accents, kana, Chinese characters, Hangul; other scripts were not counted."""

_NOTHING = np.zeros(0, dtype=np.uint8)
_PRIME = np.uint32(0x9E3779B1)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, and how usual each one's pairs of letters are, summed, in each way to read it."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    plain: Floats
    backwards: Floats
    rotated: Floats
    """As ROT13; like `plain` where a word has no ASCII letters."""


@dataclass(frozen=True, slots=True)
class _Tables:
    pairs: Floats
    words: dict[int, float]


@cache
def _tables() -> _Tables:
    """Raises SafetyError where the weights are missing or are not those that were trained."""
    tensors = read_manifest(WEIGHTS).tensors(FILE)
    pairs, words, counts = (tensors.get(name, _NOTHING) for name in ("pairs", "words", "counts"))
    if pairs.shape != (1 << BITS,) or not len(words) or words.shape != counts.shape:
        raise SafetyError(f"The weights {FILE} do not fit; train them anew.")
    return _Tables(
        pairs.astype(np.float32) / np.float32(SCALE),
        dict(zip(words.tolist(), (counts / SCALE).tolist(), strict=True)),
    )


def load_letters() -> None:
    """Read the table now rather than with the first text."""
    _alphabet_table()


def known(word: str) -> float:
    """How often this word of ASCII letters in lower case was seen, as a logarithm; 0 for an unknown one."""
    return _tables().words.get(zlib.crc32(word.encode()), 0.0)


def usual(text: str) -> float:
    """How usual the text's pairs of letters are on average, forwards, backwards or as ROT13."""
    words = words_of(text)
    count = float((words.ends - words.starts + 1).sum())
    ways = (words.plain, words.backwards, words.rotated)
    return max(float(way.sum()) for way in ways) / count if count else 0.0


def usual_word(word: str) -> float:
    """The same for one word of ASCII letters in lower case, read forwards; quicker."""
    table = _alphabet_table()
    return sum(table[pair] for pair in zip(f" {word}", f"{word} ", strict=True)) / (len(word) + 1)


def words_of(text: str) -> Words:
    """Every run of letters of a text, with its sums."""
    codes = _codes(text)
    is_letter = codes != _BLANK
    edges = np.flatnonzero(is_letter[1:] != is_letter[:-1])
    starts, ends = edges[0::2], edges[1::2]
    table = _tables().pairs
    return Words(
        starts=starts,
        ends=ends,
        plain=_sums(table[_buckets(codes[:-1], codes[1:])], starts, ends),
        backwards=_sums(table[_buckets(codes[1:], codes[:-1])], starts, ends),
        rotated=_sums(table[_buckets(*_rotated(codes))], starts, ends),
    )


@cache
def _alphabet_table() -> dict[tuple[str, str], float]:
    signs = [" ", *map(chr, range(_A, _Z + 1))]
    codes = np.array([ord(sign) for sign in signs], dtype=np.uint32)
    rows = _tables().pairs[_buckets(codes[:, None], codes[None, :])].tolist()
    return dict(zip(product(signs, signs), chain.from_iterable(rows), strict=True))


def counted(texts: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """The tables that these texts give."""
    pairs = np.zeros(1 << BITS, dtype=np.int64)
    words: Counter[str] = Counter()
    for text in texts:
        codes = _codes(text)
        pairs += np.bincount(_buckets(codes[:-1], codes[1:]), minlength=1 << BITS)
        words.update(_WORD.findall(text.lower()))
    kept = sorted((zlib.crc32(word.encode()), count) for word, count in words.items() if count >= FEWEST)
    return {
        "pairs": _bytes(pairs),
        "words": np.array([checksum for checksum, _ in kept], dtype=np.uint32),
        "counts": _bytes(np.array([count for _, count in kept], dtype=np.int64)),
    }


def _bytes(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.minimum(np.round(np.log1p(counts) * SCALE), 255).astype(np.uint8)


def _codes(text: str) -> Codes:
    """The code points in lower case between blanks; all but letters of the counted scripts is blank."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    codes = np.frombuffer(f" {lowered} ".encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
    is_ascii_letter = (codes >= _A) & (codes <= _Z)
    is_other_letter = np.logical_or.reduce([(codes >= first) & (codes <= last) for first, last in _SCRIPTS])
    codes[~(is_ascii_letter | is_other_letter)] = _BLANK
    return codes


def _buckets(first: Codes, second: Codes) -> NDArray[np.int64]:
    mixed = (first * _PRIME ^ second) * _PRIME
    return ((mixed ^ (mixed >> np.uint32(15))) >> np.uint32(32 - BITS)).astype(np.int64)


def _rotated(codes: Codes) -> tuple[Codes, Codes]:
    is_ascii = (codes >= _A) & (codes <= _Z)
    turned = np.where(is_ascii, (codes - _A + _HALF) % _ALPHABET + _A, codes).astype(np.uint32)
    return turned[:-1], turned[1:]


def _sums(scores: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """For each word the sum over its pairs, the blanks at both of its ends included."""
    total = np.concatenate([[0.0], np.cumsum(scores, dtype=np.float64)])
    sums: Floats = (total[ends + 1] - total[starts]).astype(np.float32)
    return sums
