"""Text without disguise: one plain form of what a person sees, with the way back to what was written.

It undoes compatibility forms, invisible characters, look-alike letters and spelled-out words.
safety/decoding.py says what is in code. It does not fold case.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from safety.types import Span

VERSION = "n2"

_LONGEST_EXPANSION = 4
"""A code point that would become more than this (U+FDFA gives 18) stays as it is."""

_MOST_MARKS = 8
"""Combining marks that one letter may carry; real writing needs at most five."""

_MOST_LATIN_MARKS = 3
"""Vietnamese needs two; a Latin letter under more than this is read without any."""

_EMOJI = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u2bff"
    r"\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = r"\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
"""Scripts that need joiners to be written rightly: Arabic and Persian, the Indic ones, Khmer, Mongolian."""

_KEPT = re.compile(
    rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    rf"|(?<=[{_EMOJI}])[\ufe0e\ufe0f]"
    rf"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    r"|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
)
"""Invisible characters in their rightful place: emoji sequences and flags, Persian and Indic joiners."""

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)

_LATIN = r"A-Za-z\u00c0-\u024f"
_GREEK_OR_CYRILLIC = r"\u0370-\u052f"
_OTHER = rf"{_GREEK_OR_CYRILLIC}\u0531-\u0587\u13a0-\u13f5\ua4d0-\ua4f7"
"""Alphabets with letters that look Latin: Greek, Cyrillic, Armenian, Cherokee and Lisu."""
_WORD = re.compile(rf"[{_LATIN}{_OTHER}]+")
_HAS_LATIN = re.compile(rf"[{_LATIN}]")
_HAS_OTHER = re.compile(rf"[{_OTHER}]")

_LOOK_ALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТХҮԚԜаеіјорсухѕһԁԛԝѵүкмнвтпгьёїӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεηικνορτυχγωϲϳ"
    "ՕՍՏԼօհոսգզցքյռᎪᏴᏟᎠᎬᎶᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ",
    "ABCEHIJKMOPSTXYQWaeijopcyxshdqwvykmhbtnrbeilABEZHIKMNOPTYXabenikvoptuxywcj"
    "OUSLohnuqqgpjnABCDEGHJKLMPRSTVWZBPDTGKJCZFMNLSRVHWXYAEIOU",
)
_BOXED = re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]{2,}")
"""White letters on black, which have no compatibility form; a single one is a blood group or a car park."""
_SHORTEST_ALONE = 3
"""Letters that a word of look-alikes alone must have to be read as Latin; one Greek letter is a symbol."""

_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢɑɡı", "abcdefghijklmnopqrstuvwyzagi", strict=True))

_LETTER = rf"[{_LATIN}{_OTHER}\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_UNSPACED = r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_LINK = r"[._\-*|/~]"
_LETTERS_APART = (
    rf"{_LETTER}(?: {_LETTER}){{2,}}|{_LETTER}(?:{_LINK}{_LETTER}){{2,}}|{_UNSPACED}{_LINK}{_UNSPACED}"
)
_SPELLED = re.compile(rf"(?<![^\W_])(?:{_LETTERS_APART})(?![^\W_])")
_SPELLED_WITH_PAIRS = {
    is_spaced: re.compile(rf"(?<![^\W_])(?:{_LETTERS_APART}|{_LETTER}{link}{_LETTER})(?![^\W_])")
    for is_spaced, link in ((True, " "), (False, _LINK))
}
_SPELLED_WORDS = 2
"""From so many words in letters that stand apart on, those of two letters are taken to be spelled as well."""
_LATIN_MARKS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]")
_MARKED_PLANES = range(0x0300, 0x1F000)


@dataclass(frozen=True, slots=True)
class Normalised:
    """Plain text; character i of `value` stood at code points `offsets[i]` to `ends[i]` of the original."""

    value: str
    offsets: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Where a stretch of `value` (end exclusive, at least one character) stood in the original."""
        return Span(min(self.offsets[start:end]), max(self.ends[start:end]))


def normalise(text: str) -> Normalised:
    """The text without disguise, in time linear in its length; nothing in a text makes it fail."""
    if text.isascii() and not _INVISIBLE.search(text):
        return _spelled_together(Normalised(text, range(len(text)), range(1, len(text) + 1)))
    composed = _composed(_folded(text))
    return _spelled_together(Normalised(_one_script(composed.value), composed.offsets, composed.ends))


class _Folds(dict[str, str]):
    """What each code point becomes by itself: its compatibility form, or nothing where it is invisible."""

    def __missing__(self, char: str) -> str:
        compatible = unicodedata.normalize("NFKC", char)
        plain = compatible if len(compatible) <= _LONGEST_EXPANSION else char
        self[char] = "" if _INVISIBLE.match(char) else _SMALL_CAPITALS.get(char, plain)
        return self[char]


_FOLDS = _Folds()


def _folded(text: str) -> Normalised:
    folds = list(map(_FOLDS.__getitem__, text))
    if set(map(len, folds)) <= {1}:
        return Normalised("".join(folds), range(len(text)), range(1, len(text) + 1))
    kept = {at for match in _KEPT.finditer(text) for at in range(*match.span())}
    offsets = array("I")
    for index, fold in enumerate(folds):
        if len(fold) == 1:
            offsets.append(index)
        elif fold:
            offsets.extend([index] * len(fold))
        elif index in kept:
            folds[index] = text[index]
            offsets.append(index)
    return Normalised("".join(folds), offsets, array("I", [offset + 1 for offset in offsets]))


@cache
def _clusters() -> re.Pattern[str]:
    """A character and the marks after it that may melt into it or change places among themselves."""
    marks = {chr(code) for code in _MARKED_PLANES if unicodedata.combining(chr(code))}
    for code in _MARKED_PLANES:
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            marks.add(chr(int(parts[1], 16)))
    marks |= {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    return re.compile(rf"[\s\S]([{''.join(sorted(marks))}]+)")


def _composed(text: Normalised) -> Normalised:
    """Letters and their marks as one character where there is one; a heap of marks is cut short."""
    values: list[str] = []
    offsets, ends, done = array("I"), array("I"), 0
    for match in _clusters().finditer(text.value):
        start, end = match.span()
        letter = _one_letter(match[0][: _MOST_MARKS + 1])
        if letter == match[0]:
            continue
        values += (text.value[done:start], letter)
        offsets.extend(text.offsets[done:start])
        offsets.extend([text.offsets[start]] * len(letter))
        ends.extend(text.ends[done:start])
        ends.extend([text.ends[end - 1]] * len(letter))
        done = end
    if not done:
        return text
    offsets.extend(text.offsets[done:])
    ends.extend(text.ends[done:])
    return Normalised("".join((*values, text.value[done:])), offsets, ends)


@lru_cache(maxsize=4096)
def _one_letter(cluster: str) -> str:
    if not _HAS_LATIN.match(cluster):
        return unicodedata.normalize("NFC", cluster)
    if len(cluster) > 1 + _MOST_LATIN_MARKS:
        return unicodedata.normalize("NFD", cluster)[0]
    return _LATIN_MARKS.sub("", unicodedata.normalize("NFC", cluster))


def _one_script(value: str) -> str:
    """Latin letters for look-alikes of other scripts that stand among Latin ones; the length stays."""
    value = _BOXED.sub(lambda match: "".join(map(_unboxed, match[0])), value)
    if not (_HAS_LATIN.search(value) and _HAS_OTHER.search(value)):
        return value
    words = {match[0] for match in _WORD.finditer(value)}
    if any(_is_foreign(word) for word in words):
        return _WORD.sub(
            lambda match: match[0].translate(_LOOK_ALIKES) if _is_mixed(match[0]) else match[0], value
        )
    shortest = 1 if any(_is_mixed(word) for word in words) else _SHORTEST_ALONE
    return _WORD.sub(
        lambda match: match[0].translate(_LOOK_ALIKES) if len(match[0]) >= shortest else match[0], value
    )


def _unboxed(char: str) -> str:
    return chr(ord("A") + (ord(char) - 0x1F150) % 32)


def _is_foreign(word: str) -> bool:
    """Whether a word cannot be Latin in disguise: none of its letters is Latin, and not all look so."""
    return not _HAS_LATIN.search(word) and not word.translate(_LOOK_ALIKES).isascii()


def _is_mixed(word: str) -> bool:
    return bool(_HAS_LATIN.search(word) and _HAS_OTHER.search(word))


def _spelled_together(text: Normalised) -> Normalised:
    """Words for letters that stand apart, as in `w o r d` and `w.o.r.d`."""
    values: list[str] = []
    kept: list[slice] = []
    done = 0
    spelled = list(islice(_SPELLED.finditer(text.value), _SPELLED_WORDS))
    if len(spelled) == _SPELLED_WORDS:
        spelled = list(_SPELLED_WITH_PAIRS[" " in spelled[0][0]].finditer(text.value))
    for match in spelled:
        kept += (slice(done, match.start()), slice(match.start(), match.end(), 2))
        done = match.end()
    if not kept:
        return text
    kept.append(slice(done, None))
    offsets, ends = array("I"), array("I")
    for piece in kept:
        values.append(text.value[piece])
        offsets.extend(text.offsets[piece])
        ends.extend(text.ends[piece])
    return Normalised("".join(values), offsets, ends)
