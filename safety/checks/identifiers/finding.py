"""Every identifier in a reading, each once."""

import re
from collections.abc import Iterable
from itertools import chain

from safety.checks.identifiers.keys import keys, passwords
from safety.checks.identifiers.money import money
from safety.checks.identifiers.national import national
from safety.checks.identifiers.network import network, wallets
from safety.checks.identifiers.phones import phones
from safety.checks.identifiers.reading import Found, Reading

LEAST_SCORE = 0.5
_MAY_HOLD = re.compile("[0-9@]")
_FINDERS = (money, national, phones, network, wallets)
_NEAR = 8
"""How many finds before one are asked whether they hold it; so many do not overlap in one place."""


def find(reading: Reading) -> tuple[Found, ...]:
    """The finds of at least LEAST_SCORE, by their start; none within a surer one, or one of its kind."""
    found: Iterable[Found] = chain(passwords(reading), keys(reading))
    if _MAY_HOLD.search(reading.plain):
        found = chain(found, *(finder(reading) for finder in _FINDERS))
    kept: list[Found] = []
    for one in sorted(set(found), key=lambda one: (one.start, -one.end, -one.score, one.name)):
        if one.score >= LEAST_SCORE and not any(_holds(other, one) for other in kept[-_NEAR:]):
            kept.append(one)
    return tuple(kept)


def _holds(other: Found, one: Found) -> bool:
    is_surer = other.score > one.score or (other.kind == one.kind and other.score == one.score)
    return is_surer and other.start <= one.start and one.end <= other.end
