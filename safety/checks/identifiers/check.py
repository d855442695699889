"""The check: identifiers and secrets by kind, with where they stand in the original text."""

import re
from collections import defaultdict
from importlib.metadata import version

from safety.checks.identifiers.finding import find
from safety.checks.identifiers.nobody import is_nobodys
from safety.checks.identifiers.reading import Found, Reading, read
from safety.redaction import IdentifierKind
from safety.types import CheckedText, Signal, Text

_CLAUSE = "PUP-2.e.v"


class Identifiers:
    """Finds identifiers and secrets in any language; in a response, not those that the person wrote first."""

    name = "identifiers"
    redacts = True
    version = f"1+stdnum{version('python-stdnum')}+phonenumbers{version('phonenumbers')}"

    def check(self, text: Text) -> CheckedText:
        """A signal for each kind, as sure as the surest of its finds."""
        reading = read(text.value)
        found = find(reading)
        if text.side == "response" and found:
            found = _of_others(found, reading, text)
        by_kind = defaultdict[IdentifierKind, list[Found]](list)
        for one in found:
            by_kind[one.kind].append(one)
        return CheckedText(tuple(_signal(kind, finds, reading) for kind, finds in by_kind.items()))


def _signal(kind: IdentifierKind, finds: list[Found], reading: Reading) -> Signal:
    spans = tuple(reading.span(one.start, one.end) for one in finds)
    return Signal("privacy", max(one.score for one in finds), _CLAUSE, spans, kind)


def _of_others(found: tuple[Found, ...], reading: Reading, text: Text) -> tuple[Found, ...]:
    """Those that somebody has, and that the person did not write in this conversation."""
    written = _bare("\n".join((*text.history, text.prompt or "")))
    return tuple(
        one
        for one in found
        if not is_nobodys(one, value := reading.plain[one.start : one.end]) and _bare(value) not in written
    )


def _bare(text: str) -> str:
    return re.sub("[^a-z0-9\n]", "", read(text).lower)
