"""Text that hides in characters nobody sees: tag characters, variation selectors, invisible bits."""

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain

from safety.normalise import Normalised
from safety.rewriting import Piece

_FLAG = re.compile(r"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
"""The flags of England, Scotland and Wales are the rightful use of tags."""

_TAGS = re.compile(r"[\U000e0020-\U000e007e]")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BITS = (re.compile(r"[\u2062\u2064]"), re.compile(r"[\u200b\u200c]"), re.compile(r"[\u200b\u200d]"))
_ONE = "\u2064\u200c\u200d"
_ANY = re.compile(r"[\U000e0020-\U000e007e\ufe00-\ufe0f\U000e0100-\U000e01ef\u2062\u2064\u200b]")
_FEWEST = 3
"""Letters that hidden text must have: fewer are an emoji's selector or a stray joiner."""

_TEXT = re.compile(r"[^\W\d_]{2}")


def revealed(text: str, plain: Normalised) -> Normalised:
    """What is seen and, after it, what is hidden; `plain` itself where nothing readable is."""
    if not _ANY.search(text):
        return plain
    hidden = [piece for find in (_tags, _selected, *map(_from_bits, _BITS)) for piece in find(text)]
    if not hidden:
        return plain
    offsets, ends = array("I", plain.offsets), array("I", plain.ends)
    for piece in hidden:
        places = piece.places or ()
        offsets.extend([piece.start, *places])
        ends.extend([piece.start + 1, *(place + 1 for place in places)])
    return Normalised("\n".join((plain.value, *(piece.value for piece in hidden))), offsets, ends)


def _tags(text: str) -> Iterator[Piece]:
    flags = [range(*match.span()) for match in _FLAG.finditer(text)]
    in_flags = set(chain.from_iterable(flags))
    places = [match.start() for match in _TAGS.finditer(text) if match.start() not in in_flags]
    value = "".join(chr(ord(text[place]) - 0xE0000) for place in places)
    yield from _hidden(value, places)


def _selected(text: str) -> Iterator[Piece]:
    """Bytes as variation selectors, 1 to 16 in the first block and 17 to 256 in the second."""
    places = [match.start() for match in _SELECTORS.finditer(text)]
    yield from _from_bytes([_selected_byte(ord(text[place])) for place in places], [[at] for at in places])


def _selected_byte(code: int) -> int:
    return code - 0xFE00 if code < 0xE0000 else code - 0xE0100 + 16


def _from_bits(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Piece]]:
    def find(text: str) -> Iterator[Piece]:
        """Bits as two invisible characters, eight a byte."""
        places = [match.start() for match in pattern.finditer(text)]
        eights = [places[at : at + 8] for at in range(0, len(places) - 7, 8)]
        values = [int("".join("1" if text[place] in _ONE else "0" for place in eight), 2) for eight in eights]
        yield from _from_bytes(values, eights)

    return find


def _from_bytes(values: Sequence[int], places: Sequence[Sequence[int]]) -> Iterator[Piece]:
    """UTF-8 in these bytes; emoji's own selectors (a byte 14 or 15 alone) are left out."""
    kept = [at for at, value in enumerate(values) if value > 15 or value in (9, 10, 13)]
    try:
        value = bytes(values[at] for at in kept).decode()
    except UnicodeDecodeError:
        return
    if not value:
        return
    firsts = accumulate((len(char.encode()) for char in value[:-1]), initial=0)
    yield from _hidden(value, [places[kept[first]][0] for first in firsts])


def _hidden(value: str, places: Sequence[int]) -> Iterator[Piece]:
    if len(value) >= _FEWEST and _TEXT.search(value):
        yield Piece(places[0], places[-1] + 1, value, places)
