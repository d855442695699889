"""How much of a growing text no identifier can reach any more, so that none is shown in part."""

import re

from safety.checks.identifiers.keys import OPEN_PRIVATE_KEY
from safety.checks.identifiers.reading import REACH, read

LONGEST = 8192
"""Characters that a private key, or a run of letters and digits without a space, is waited for."""

_STARTS = re.compile(r"[0-9@]|-----")
"""Some of these stand in every identifier that takes several words."""

_PREFIX = re.compile(r"(?<![A-Za-z])[A-Z]{2} ?\Z")
"""Letters that the first digits of a British number follow."""


def settled(text: str) -> int:
    """How many characters of a text that is still growing are sure to be no part of an identifier to come.

    What was found already may begin before this place and end behind it.
    """
    start = max(0, len(text) - LONGEST)
    reading = read(text[start:])
    plain = reading.plain
    edge = _run_start(plain)
    reach = max(0, len(plain) - REACH)
    if _STARTS.search(plain, reach) or _PREFIX.search(plain, reach):
        edge = min(edge, reach)
    if "-----BEGIN" in plain and (open_key := OPEN_PRIVATE_KEY.search(plain)):
        edge = min(edge, open_key.start())
    return start + (edge if reading.offsets is None or edge == 0 else reading.offsets[edge - 1] + 1)


def _run_start(plain: str) -> int:
    at = len(plain)
    while at and "!" <= plain[at - 1] <= "~":
        at -= 1
    return at
