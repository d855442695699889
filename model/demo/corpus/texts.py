"""Sentences of small events, put together from a table: a subject, a deed, an occasion. Held out whole, by a hash."""

import random

from model.demo.corpus.conversations import Split, is_held_out
from model.demo.corpus.names import made_up_name
from model.demo.corpus.tables import fill, table

GLUE = {"en": " ", "ko": " ", "zh": "", "ja": ""}
"""What stands between two sentences."""


def _named(rng: random.Random, lang: str, listed: str, split: Split, made_up: float) -> str:
    """A name of this list, or with this chance one that nobody bears: what is copied is to be read, not known."""
    if rng.random() < made_up:
        return made_up_name(rng, split, lang)
    return str(rng.choice(table("recall")["lists"][lang][listed]))


def slots(rng: random.Random, lang: str, split: Split) -> dict[str, str]:
    """Two names, a place and a number for the slots of a text."""
    return {
        "m": _named(rng, lang, "name", split, 0.5),
        "o": _named(rng, lang, "name", split, 0.5),
        "p": _named(rng, lang, "city", split, 0.75),
        "n": str(rng.randint(2, 900)),
    }


def joined(lang: str, subject: str, deed: str, occasion: str) -> str:
    """The three parts in the order of the language."""
    if lang == "en":
        return f"{subject} {deed} {occasion}."
    return GLUE[lang].join((subject, occasion, deed))


def topic(rng: random.Random, lang: str, split: Split) -> tuple[str, str]:
    """A topic sentence of this split, and the sentence that makes it longer."""
    part = table("paste")[lang]
    while True:
        deed, longer = rng.choice(part["deeds"])
        names = slots(rng, lang, split)
        chosen = joined(lang, rng.choice(part["subjects"]), deed, rng.choice(part["occasions"]))
        sentence = fill(chosen, **names)
        if is_held_out(sentence) == (split == "test"):
            return sentence, longer


def sentence(rng: random.Random, lang: str, split: Split) -> str:
    """One sentence of this split."""
    return topic(rng, lang, split)[0]
