"""What a text says in code: the whole text once more, with what is packed, ciphered or spelt oddly in clear.

It knows smuggled characters, URL and other escapes, Base64, hex, binary, Morse, ROT13, reversed words, digits
for letters and words cut by markup. It knows no encryption, and no cipher with a key.
"""

from collections.abc import Callable, Iterator

from safety.ciphers import ciphered, leet, run_together
from safety.normalise import Normalised, normalise
from safety.packing import escaped, joined, morse, packed, spelled_bytes
from safety.rewriting import Piece, rewritten
from safety.smuggling import revealed
from safety.types import SafetyError

LAYERS = 5
"""How deep a text may be packed; nothing honest is packed deeper."""

_UNPACKING: tuple[Callable[[str], Iterator[Piece]], ...] = (escaped, packed, spelled_bytes, morse, joined)
_SPELLING: tuple[Callable[[str], Iterator[Piece]], ...] = (leet, ciphered, run_together)


def readings(text: str) -> tuple[Normalised, ...]:
    """The text as it reads when each layer of code is taken off, outermost first; empty where there is none.

    No reading is much longer than the text. SafetyError where the text is packed deeper than LAYERS.
    """
    plain = normalise(text)
    shown = revealed(text, plain)
    found = [] if shown is plain else [shown]
    for _ in range(LAYERS):
        unpacked = _all(shown, _UNPACKING)
        layer = _all(shown, _SPELLING) if unpacked is shown else unpacked
        if layer is shown:
            return tuple(found)
        found.append(layer)
        if unpacked is shown and _all(layer, _UNPACKING) is layer:
            return tuple(found)
        shown = layer
    if _all(shown, _UNPACKING) is not shown:
        raise SafetyError(f"A text is packed deeper than {LAYERS} layers; it must be sent as it is.")
    return tuple(found)


def _all(text: Normalised, decoders: tuple[Callable[[str], Iterator[Piece]], ...]) -> Normalised:
    """The text after each of these decoders; the very same object where none finds anything."""
    for decode in decoders:
        if pieces := list(decode(text.value)):
            text = rewritten(text, pieces)
    return text
