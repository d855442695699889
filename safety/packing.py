"""Text in other signs: URL, HTML and backslash escapes, Base64, hex, binary, Morse, words cut by markup."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from safety.letters import usual
from safety.rewriting import Piece

USUAL = 9.6
"""From this mean on, pairs of ASCII letters look like words: English has 11, random letters 8."""

_FEWEST_LETTERS = 3
_FOREIGN = 0x370
_ALPHABET = 0x100

_ESCAPES = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|(?:\\x[0-9A-Fa-f]{2})+|(?:\\u[0-9A-Fa-f]{4})+|\\u\{[0-9A-Fa-f]{1,6}\}"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
_HEX = re.compile(r"\b(?:0x)?(?:[0-9A-Fa-f]{2}[ :,]?(?:0x)?){3,}[0-9A-Fa-f]{2}\b")
_PREFIX = re.compile(r"0x|[ :,]")
_NO_DIGIT = re.compile(r"[ ,]")
_BINARY = re.compile(r"\b(?:[01]{8}[ ,]?){2,}[01]{8}\b")
_MORSE = re.compile(r"(?<![.\-\w])[.\-]{1,6}(?:(?: {1,3}| ?[/|] ?|\n)[.\-]{1,6}){3,}(?![.\-\w])")
_MORSE_SIGNS = str.maketrans("·•∙−–—", "...---")
_LETTERS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- "
    "--.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.. .----. -.-.-- "
    "-..-. -....- ---..."
)
MORSE_CODE = dict(zip(_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz0123456789.,?'!/-:", strict=True))
_FEWEST_SIGNS = 3
"""Morse says something only with so many different signs: a table's lines have one."""

_LINKED = re.compile(r"(?<![^\W_])[^\W\d_]+(?:([_+])[^\W\d_]+)(?:\1[^\W\d_]+){2,}(?![^\W_])")
_CUT_OR_FENCE = re.compile(
    r"(?<=[^\W\d_])(?:[`*]{1,3}|[\"'] ?[+.&] ?[\"'])(?=[^\W\d_])"
    r"|^[ \t]*(?:```|~~~)[\w+-]{0,20}[ \t]*\n|\n[ \t]*(?:```|~~~)[ \t]*$",
    re.MULTILINE,
)


def escaped(text: str) -> Iterator[Piece]:
    """`%41`, `&#65;`, `\\x41` and `\\u0041`."""
    for match in _ESCAPES.finditer(text):
        if (value := _unescaped(match[0])) is not None and value != match[0]:
            yield Piece(*match.span(), value)


def _unescaped(found: str) -> str | None:
    try:
        if found.startswith("%"):
            return unquote(found, errors="strict")
        if found.startswith("&"):
            return html.unescape(found)
        if found.startswith("\\x"):
            return bytes.fromhex(found.replace("\\x", "")).decode()
        return re.sub(r"\\u\{?([0-9A-Fa-f]+)\}?", lambda match: chr(int(match[1], 16)), found)
    except ValueError:
        return None


def packed(text: str) -> Iterator[Piece]:
    """Base64, over line ends too, also where it was turned by ROT13 or written backwards."""
    for match in _BASE64.finditer(text):
        if value := _from_base64(match[0]):
            yield Piece(*match.span(), value)
        elif "\n" in match[0]:
            yield from _line_by_line(match)


def _line_by_line(match: re.Match[str]) -> Iterator[Piece]:
    at = match.start()
    for line in match[0].split("\n"):
        if value := _from_base64(line):
            yield Piece(at, at + len(line), value)
        at += len(line) + 1


def _from_base64(token: str) -> str | None:
    if token.isalpha() and (token.islower() or token.isupper() or token.istitle()):
        return None  # a word: packed text mixes cases and digits
    plain = "".join(token.split()).rstrip("=").replace("-", "+").replace("_", "/")
    for turned in (plain, codecs.encode(plain, "rot13"), plain[::-1]):
        # One sign more than a multiple of four decodes to nothing: a stray letter in front or behind.
        cut = turned[: len(turned) - (len(turned) % 4 == 1)]
        try:
            value = _readable(base64.b64decode(cut + "=" * (-len(cut) % 4), validate=True))
        except binascii.Error:
            continue
        if value:
            return value
    return None


def spelled_bytes(text: str) -> Iterator[Piece]:
    """Bytes as binary or hex digits."""
    found = list(_spelled_bytes(_BINARY, text, 2, 8))
    yield from found or _spelled_bytes(_HEX, text, 16, 2)


def _spelled_bytes(pattern: re.Pattern[str], text: str, base: int, size: int) -> Iterator[Piece]:
    for match in pattern.finditer(text):
        digits = _PREFIX.sub("", match[0]) if base == 16 else _NO_DIGIT.sub("", match[0])
        content = bytes(int(digits[at : at + size], base) for at in range(0, len(digits), size))
        if value := _readable(content):
            yield Piece(*match.span(), value)


def morse(text: str) -> Iterator[Piece]:
    """Morse, its letters apart by blanks and its words by `/`, `|` or wider blanks."""
    for match in _MORSE.finditer(text.translate(_MORSE_SIGNS)):
        words = [word.split() for word in re.split(r" ?[/|] ?| {2,}|\n", match[0])]
        signs = {sign for word in words for sign in word}
        if len(signs) < _FEWEST_SIGNS or not signs <= MORSE_CODE.keys():
            continue
        value = " ".join("".join(MORSE_CODE[sign] for sign in word) for word in words)
        if usual(value) >= USUAL:
            yield Piece(*match.span(), value)


def joined(text: str) -> Iterator[Piece]:
    """Words that markup or quotation marks cut in two or fence in, and words linked where blanks belong."""
    found = [Piece(*match.span(), "") for match in _CUT_OR_FENCE.finditer(text)]
    if found:
        yield from found
        return
    for match in _LINKED.finditer(text):
        yield Piece(*match.span(), match[0].replace(match[1], " "), range(*match.span()))


def _readable(content: bytes) -> str | None:
    """The text that these bytes are in UTF-8, where it looks like one or is itself packed."""
    try:
        value = content.decode()
    except UnicodeDecodeError:
        return None
    if not all(char.isprintable() or char in "\n\r\t" for char in value):
        return None
    if _is_language(value):
        return value
    return value if any(next(find(value), None) for find in (packed, spelled_bytes, escaped, morse)) else None


def _is_language(value: str) -> bool:
    """Whether these are words in some script, and not bytes that make letters by chance."""
    letters = [ord(char) for char in value if char.isalpha()]
    foreign = [code for code in letters if code >= _FOREIGN]
    if 2 * len(letters) < len(value) or (foreign and not _is_one_script(foreign)):
        return False
    if len(foreign) >= _FEWEST_LETTERS:
        return True
    return not foreign and len(letters) >= _FEWEST_LETTERS and usual(value) >= USUAL


def _is_one_script(codes: Sequence[int]) -> bool:
    """Letters of an alphabet lie close together; what East Asian writing mixes, from kana to Hangul, far."""
    return max(codes) - min(codes) < _ALPHABET or (min(codes) >= 0x3041 and max(codes) <= 0xFFEF)
