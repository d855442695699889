"""Rows of refusal: forbidden requests in general words with one polite sentence, and their harmless look-alikes."""

from collections.abc import Iterator
from typing import Any

from model.demo.corpus.conversations import Row, is_held_out
from model.demo.corpus.knowledge import written_rows
from model.demo.corpus.tables import fill, table

_DEEDS = ("harm", "crime", "fraud", "hatred", "privacy", "sexual")
_SAYINGS = ("around", "support")


def _of_deeds(lang: str, part: dict[str, Any]) -> Iterator[Row]:
    wordings = table("refusals")["wordings"][lang]
    for deed in part["deeds"]:
        asks = tuple(fill(ask, x=deed) for ask in wordings["ask"])
        held = tuple(fill(ask, x=deed) for ask in wordings["held"])
        if is_held_out(deed):
            yield Row("refusal", lang, (part["say"],), (), asks + held)
        else:
            yield Row("refusal", lang, (part["say"],), asks, held)


def rows() -> Iterator[Row]:
    """Every refusal and every look-alike."""
    refusals = table("refusals")
    for name in _DEEDS:
        for lang, part in refusals[name].items():
            yield from _of_deeds(lang, part)
    for name in _SAYINGS:
        for lang, part in refusals[name].items():
            topic = "refusal" if name == "around" else "support"
            yield from written_rows(topic, lang, [[part["say"], *part["asks"]]], wraps=name == "around")
    for lang, entries in refusals["lookalike"].items():
        yield from written_rows("look-alike", lang, entries)
