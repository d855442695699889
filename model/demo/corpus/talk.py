"""Rows of talk and of writing: small talk, who the model is, what Bezel does, poems, emails, lists, programs."""

import random
from collections.abc import Iterator
from typing import Any

from model.demo.corpus import forms, texts
from model.demo.corpus.conversations import LANGUAGES, Conversation, Row, Split, Turn, is_held_out
from model.demo.corpus.tables import table

_NEVER_WRAPPED = ("small talk", "pirate")


def part_rows(topic: str, part: dict[str, Any]) -> Iterator[Row]:
    """Rows of one part of a table: `reply, wording, wording, ...`, or with a form `reply, slots`."""
    for lang in LANGUAGES:
        phrases = part.get("phrases", {}).get(lang, ["{s}"])
        for says, *rest in part.get(lang, []):
            if "form" in part:
                values = [phrase.replace("{s}", name) for phrase in phrases for name in rest[0].split("|")]
                wordings = forms.formed(part["form"], lang, [values])
            else:
                wordings = forms.written(lang, rest)
            yield Row(
                topic,
                lang,
                (says,) if isinstance(says, str) else tuple(says),
                wordings.asks,
                wordings.held,
                wordings.framed,
                wraps=topic not in _NEVER_WRAPPED,
            )


_FIRST_PERSONS = ("I", "We", "My sister", "My friend", "My father", "My boss", "My son", "Our team")
_HEARD = {
    "en": "I see. Would you like to ask me something about it?",
    "ko": "그렇군요. 그것에 대해 궁금한 것이 있으세요?",
    "zh": "这样啊。你想问我什么吗？",
    "ja": "そうですか。何か聞きたいことはありますか？",
}
_STOPS = {"ko": (".", ".", ""), "zh": ("。", "。", ""), "ja": ("。", "。", "")}


def _day(rng: random.Random, lang: str) -> str:
    """What a person tells of a day in Korean, Chinese or Japanese: when, with whom, and what they did."""
    part = table("talk")["told"][lang]
    told = [rng.choice(part[name]) for name in ("openings", "company", "deeds")]
    return texts.GLUE[lang].join(filter(None, told))


def _event(rng: random.Random, lang: str, split: Split) -> str:
    """A sentence of an event, in English often told in the first person."""
    told = texts.sentence(rng, lang, split)
    for subject in table("paste")["en"]["subjects"]:
        if told.startswith(f"{subject} ") and rng.random() < 0.7:
            return rng.choice(_FIRST_PERSONS) + told[len(subject) :]
    return told


def draw_news(rng: random.Random, split: Split) -> Conversation:
    """A person tells of a small event, without asking anything."""
    lang = rng.choices(LANGUAGES, (40, 20, 20, 20))[0]
    while True:
        of_a_day = lang != "en" and rng.random() < 0.7
        told = _day(rng, lang) if of_a_day else _event(rng, lang, split)
        if is_held_out(told) == (split == "test"):
            stop = rng.choice(_STOPS[lang]) if of_a_day else ""
            return Conversation("small talk", lang, (Turn(told + stop, _HEARD[lang]),))


def rows() -> Iterator[Row]:
    """Every row of the two tables, named by its topic."""
    for name in ("talk", "writing"):
        for part in table(name)["part"]:
            yield from part_rows(part["topic"], part)
