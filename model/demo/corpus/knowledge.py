"""Rows of knowledge: facts and definitions as written, and tables of pairs put into sentences by templates."""

from collections.abc import Iterator, Sequence
from typing import Any

from model.demo.corpus.conversations import LANGUAGES, Row, upper_first
from model.demo.corpus.tables import fill, table


def written_rows(
    topic: str, lang: str, entries: Sequence[Sequence[Any]], *, wraps: bool = True
) -> Iterator[Row]:
    """Rows of a table `reply, wording, wording, ...`; of three wordings or more the last is held out."""
    for says, *asks in entries:
        held = asks[-1:] if len(asks) >= 3 else []
        kept = asks[: len(asks) - len(held)]
        replies = (says,) if isinstance(says, str) else tuple(says)
        yield Row(topic, lang, replies, tuple(kept), tuple(held), wraps)


def _templated(template: str, lang: str, slots: dict[str, str]) -> Row:
    wordings = table("templates")[template][lang]

    def filled(kind: str) -> tuple[str, ...]:
        return tuple(upper_first(fill(wording, **slots)) for wording in wordings[kind])

    return Row("knowledge", lang, filled("say"), filled("ask"), filled("held"))


def _countries() -> Iterator[Row]:
    countries = table("countries")
    for entry in countries["rows"]:
        continent = countries["continents"][entry[8]]
        for at, lang in enumerate(LANGUAGES):
            slots = {"x": entry[2 * at], "y": entry[2 * at + 1], "z": continent[at]}
            yield _templated("capital", lang, slots)
            yield _templated("continent", lang, slots)
        yield _templated("capital_of", "en", {"x": entry[0], "y": entry[1]})


def _pairs() -> Iterator[Row]:
    for template, entries in table("pairs").items():
        for entry in entries:
            slots = dict(zip(("x", "y", "z"), entry, strict=False))
            yield _templated(template, "en", slots)
            if template == "symbol":
                yield _templated("atomic", "en", slots)


def _definitions() -> Iterator[Row]:
    for lang, entries in table("definitions").items():
        wordings = table("templates")["define"][lang]
        for names, say in entries:
            asks = tuple(fill(ask, x=name) for ask in wordings["ask"] for name in names)
            held = tuple(fill(ask, x=names[0]) for ask in wordings["held"])
            yield Row("knowledge", lang, (say,), asks, held)


def rows() -> Iterator[Row]:
    """Every row of knowledge, in all languages."""
    yield from _countries()
    yield from _pairs()
    yield from _definitions()
    for lang, entries in table("facts").items():
        yield from written_rows("knowledge", lang, entries)
