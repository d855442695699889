"""Rows of talk and of writing: small talk, who the model is, what Bezel does, poems, emails, lists, programs."""

from collections.abc import Iterator

from model.demo.corpus.conversations import LANGUAGES, Row
from model.demo.corpus.knowledge import written_rows
from model.demo.corpus.tables import table

_NEVER_WRAPPED = ("small talk", "pirate")


def rows() -> Iterator[Row]:
    """Every row of the two tables, named by its topic."""
    for name in ("talk", "writing"):
        for part in table(name)["part"]:
            wraps = part["topic"] not in _NEVER_WRAPPED
            for lang in LANGUAGES:
                yield from written_rows(part["topic"], lang, part.get(lang, []), wraps=wraps)
