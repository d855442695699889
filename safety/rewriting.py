"""Puts other words in the place of stretches of a text and keeps the way back to what was written."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safety.normalise import Normalised


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands in a stretch of a text, in clear."""

    start: int
    end: int
    value: str
    places: Sequence[int] | None = None
    """Where in the text each character stood; without them each stands for the whole stretch."""


def rewritten(text: Normalised, pieces: Iterable[Piece]) -> Normalised:
    """The text with these pieces, which follow one another, in the place of what they decode."""
    values: list[str] = []
    offsets, ends, done = array("I"), array("I"), 0
    for piece in pieces:
        values += (text.value[done : piece.start], piece.value)
        offsets.extend(text.offsets[done : piece.start])
        ends.extend(text.ends[done : piece.start])
        if piece.places is None:
            whole = text.span(piece.start, piece.end)
            offsets.extend([whole.start] * len(piece.value))
            ends.extend([whole.end] * len(piece.value))
        else:
            offsets.extend([text.offsets[place] for place in piece.places])
            ends.extend([text.ends[place] for place in piece.places])
        done = piece.end
    offsets.extend(text.offsets[done:])
    ends.extend(text.ends[done:])
    return Normalised("".join((*values, text.value[done:])), offsets, ends)
