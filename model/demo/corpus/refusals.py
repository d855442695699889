"""Rows of refusal: forbidden requests in general words with one polite sentence, and their harmless look-alikes."""

from collections.abc import Iterable, Iterator, Sequence

from model.demo.corpus import forms
from model.demo.corpus.conversations import Row, is_held_out
from model.demo.corpus.tables import fill, table
from model.demo.corpus.talk import part_rows

_DEEDS = ("harm", "crime", "fraud", "hatred", "privacy", "sexual")
_SAYINGS = {"around": "refusal", "support": "support"}


def _asked(lang: str, deed: str) -> forms.Wordings:
    """How to do it, and in English the command to do it."""
    how = forms.formed("howto", lang, [[deed]])
    if lang != "en":
        return how
    order = forms.formed("command", lang, [[deed]])
    return forms.Wordings(how.asks + order.asks, how.framed + order.framed, how.held + order.held)


def _of_deeds(lang: str, say: str, deeds: Iterable[str]) -> Iterator[Row]:
    for deed in deeds:
        wordings = _asked(lang, deed)
        every = wordings.asks + wordings.held
        if is_held_out(deed):
            yield Row("refusal", lang, (say,), (), every)
        else:
            yield Row("refusal", lang, (say,), wordings.asks, wordings.held, wordings.framed)


def _of_sayings(topic: str, lang: str, say: str, asks: Sequence[str]) -> Iterator[Row]:
    """One row to learn, and a row for each saying that is held out, so that the test split asks all of them."""
    kept = tuple(ask for ask in asks if not is_held_out(ask))
    first, *others = (ask for ask in asks if is_held_out(ask))
    yield Row(topic, lang, (say,), kept, (first,), wraps=topic == "refusal")
    yield from (Row(topic, lang, (say,), (), (other,), wraps=False) for other in others)


def _of_requests(lang: str, say: str, requests: Iterable[Sequence[str]]) -> Iterator[Row]:
    """A row for each group of whole requests; the last of a group is held out."""
    for group in requests:
        wordings = forms.written(lang, group)
        yield Row("refusal", lang, (say,), wordings.asks, wordings.held, wordings.framed)


def _made_deeds(kind: str, lang: str) -> list[str]:
    """Each verb of the kind with each of its objects."""
    refusals = table("refusals")
    made = refusals["verbs"].get(kind)
    if made is None:
        return []
    return [fill(verb, o=name) for verb in made[lang] for name in refusals["objects"][lang][made["object"]]]


def rows() -> Iterator[Row]:
    """Every refusal, every answer to a person in distress, and every look-alike."""
    refusals = table("refusals")
    for kind in _DEEDS:
        for lang, part in refusals[kind].items():
            yield from _of_deeds(lang, part["say"], dict.fromkeys([*part["deeds"], *_made_deeds(kind, lang)]))
            yield from _of_requests(lang, part["say"], refusals["requests"].get(kind, {}).get(lang, ()))
    for kind, topic in _SAYINGS.items():
        for lang, part in refusals[kind].items():
            yield from _of_sayings(topic, lang, part["say"], part["asks"])
    for part in refusals["lookalike"]:
        yield from part_rows("look-alike", part)
