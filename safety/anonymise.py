"""A text without identifiers and secrets of any kind, whatever the policy says of them: for others' eyes."""

from safety.checks.identifiers import Identifiers
from safety.redaction import Redaction, merged, redacted
from safety.types import Text

_IDENTIFIERS = Identifiers()


def anonymised(text: str) -> str:
    """The text with a placeholder for each identifier that the check finds; people's names stay in it."""
    signals = _IDENTIFIERS.check(Text(text, "prompt")).signals
    pieces = (Redaction(span.start, span.end, one.kind) for one in signals for span in one.spans)
    return redacted(text, merged(pieces))
