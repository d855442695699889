"""Rows of knowledge: facts, definitions, and tables of pairs, put into sentences and wordings by forms."""

import re
from collections.abc import Iterator

from model.demo.corpus import forms
from model.demo.corpus.conversations import LANGUAGES, Row
from model.demo.corpus.tables import fill, table

_STARRED = re.compile(r"\*([^*]+)\*")


def _row(lang: str, say: str, wordings: forms.Wordings) -> Row:
    """The row of an answer whose exact facts stand in stars."""
    return Row(
        "knowledge",
        lang,
        (_STARRED.sub(r"\1", say),),
        wordings.asks,
        wordings.held,
        wordings.framed,
        keys=tuple(_STARRED.findall(say)),
    )


def _slots(values: list[str]) -> list[list[str]]:
    return [value.split("|") for value in values]


def _facts() -> Iterator[Row]:
    for form, part in table("facts").items():
        for lang, entries in part.items():
            for say, *rest in entries:
                wordings = (
                    forms.written(lang, rest) if form == "free" else forms.formed(form, lang, _slots(rest))
                )
                yield _row(lang, say, wordings)


def _paired(form: str, lang: str, x: str, y: str, z: str) -> Row:
    part = table("forms")[form][lang]

    def filled(template: str) -> str:
        return fill(template, x=x, y=y, z=z)

    wordings = forms.wordings(
        lang, [filled(core) for core in part["cores"]], [filled(core) for core in part["held"]]
    )
    say = filled(part["say"])
    return _row(lang, say[0].upper() + say[1:], wordings)


def _countries() -> Iterator[Row]:
    countries = table("countries")
    for entry in countries["rows"]:
        continent = countries["continents"][entry[8]]
        for at, lang in enumerate(LANGUAGES):
            names = entry[2 * at], entry[2 * at + 1], continent[at]
            yield _paired("capital", lang, *names)
            yield _paired("continent", lang, *names)
            yield _paired("capital_of", lang, *names)


def _pairs() -> Iterator[Row]:
    for form, entries in table("pairs").items():
        for entry in entries:
            x, y, z = (*entry, "")[:3]
            yield _paired(form, "en", x, y, z)
            if form == "symbol":
                yield _paired("atomic", "en", x, y, z)


def _definitions() -> Iterator[Row]:
    for lang, entries in table("definitions").items():
        part = table("forms")["define"][lang]
        for names, say in entries:
            cores = [core.replace("{x}", name) for name in names for core in part["cores"]]
            held = [core.replace("{x}", name) for name in names for core in part["held"]]
            yield _row(lang, say, forms.wordings(lang, cores, held))


def rows() -> Iterator[Row]:
    """Every row of knowledge, in all languages."""
    yield from _countries()
    yield from _pairs()
    yield from _definitions()
    yield from _facts()
