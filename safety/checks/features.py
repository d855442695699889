"""Text to hashed word and character n-grams in overlapping windows, the same for training and for judging."""

import re
import zlib

import numpy as np
from numpy.typing import NDArray

from safety.normalise import normalise

Buckets = NDArray[np.int32]

VERSION = "f2"
BUCKET_BITS = 18
LONGEST_GRAM = 5
SMALL, LARGE = 240, 960
"""Windows in characters, each half overlapped by the next: a sentence or two, and a page of chat."""

_WORD = re.compile(r"\w+")
_PRIME = np.uint32(0x01000193)
_MIX = np.uint32(0x85EBCA6B)


def fold(text: str) -> str:
    """The text as the classifier reads it: without disguise, casefolded, every run of space as one blank."""
    return " ".join(normalise(text).value.casefold().split())


def windows(length: int) -> list[tuple[int, int]]:
    """Start and end of each window, the large ones first; the last of each size ends where the text ends."""
    if length <= SMALL:
        return [(0, length)]
    return cover(length, LARGE) + cover(length, SMALL)


def large_windows(length: int) -> int:
    """How many of `windows(length)` are large ones."""
    return 1 if length <= SMALL else len(cover(length, LARGE))


def bags(folded: str) -> list[Buckets]:
    """For each window of a folded text, the buckets of its n-grams, each once, in ascending order."""
    chars = _char_grams(folded)
    words, word_starts = _word_grams(folded)
    edges = np.array(windows(len(folded)))
    word_edges = np.searchsorted(word_starts, edges)
    return [
        _distinct(np.concatenate([*(grams[start : end + 1] for grams in chars), words[first:last]]))
        for (start, end), (first, last) in zip(edges, word_edges, strict=True)
    ]


def _distinct(buckets: Buckets) -> Buckets:
    """Like np.unique, at half its cost on so few."""
    buckets.sort()
    is_new = np.ones(len(buckets), dtype=bool)
    np.not_equal(buckets[1:], buckets[:-1], out=is_new[1:])
    return buckets[is_new]


def cover(length: int, size: int) -> list[tuple[int, int]]:
    """Windows of this size, each half overlapped by the next; the last ends where the text ends."""
    if length <= size:
        return [(0, length)]
    starts = [*range(0, length - size, size // 2), length - size]
    return [(start, start + size) for start in starts]


def _char_grams(folded: str) -> list[Buckets]:
    """The grams of 2, 3, 4 and 5 characters, each kind in the order of the text, which blanks enclose."""
    codes = np.frombuffer(f" {folded} ".encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    hashed = codes * _PRIME
    found = []
    for size in range(2, min(LONGEST_GRAM, len(codes)) + 1):
        hashed = (hashed[:-1] * _PRIME) ^ codes[size - 1 :]
        found.append(_bucket(hashed, size))
    return found


def _word_grams(folded: str) -> tuple[Buckets, NDArray[np.int64]]:
    """The words and the pairs of neighbours in the order of the text, and the character each starts at."""
    matches = list(_WORD.finditer(folded))
    starts = np.array([match.start() for match in matches], dtype=np.int64)
    checksums = [zlib.crc32(match[0].encode("utf-8", "replace")) for match in matches]
    hashed = np.array(checksums, dtype=np.uint32)
    grams = np.zeros(2 * len(matches), dtype=np.int32)
    grams[0::2] = _bucket(hashed, 11)
    grams[1:-1:2] = _bucket((hashed[:-1] * _PRIME) ^ hashed[1:], 12)
    return grams[:-1], np.repeat(starts, 2)[:-1]


def _bucket(hashed: NDArray[np.uint32], kind: int) -> Buckets:
    mixed = (hashed ^ (hashed >> np.uint32(15)) ^ np.uint32(kind * 0x9E3779B1 & 0xFFFFFFFF)) * _MIX
    return ((mixed ^ (mixed >> np.uint32(13))) >> np.uint32(32 - BUCKET_BITS)).astype(np.int32)
