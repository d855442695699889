"""Common sentences translated between English, Korean, Chinese and Japanese."""

import random
import re
from collections.abc import Sequence

from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn, is_held_out
from model.demo.corpus.tables import fill, table

_BEFORE_VOWEL = re.compile(r"\ba(?= [aeiou])")


def _made(rng: random.Random, split: Split) -> Sequence[str]:
    """A sentence made of a pattern and a thing; pairs are held out whole."""
    translations = table("translations")
    while True:
        pattern, thing = rng.choice(translations["patterns"]), rng.choice(translations["things"])
        made = [fill(part, x=name) for part, name in zip(pattern, thing, strict=True)]
        if is_held_out(made[0]) == (split == "test"):
            return [_BEFORE_VOWEL.sub("an", made[0]), *made[1:]]


def _sentence(rng: random.Random, split: Split) -> Sequence[str]:
    """The same in four languages: a sentence of the table, one made of a pattern, or the name of a thing."""
    translations = table("translations")
    chance = rng.random()
    if chance < 0.35:
        return _made(rng, split)
    listed: Sequence[Sequence[str]] = translations["things" if chance < 0.45 else "sentences"]
    return rng.choice(listed)


def _asked(rng: random.Random, template: str, language: str, sentence: str) -> str:
    """A prompt for training: the sentence with or without its full stop, the whole now and then as typed in a hurry."""
    if rng.random() < (0.2 if template.endswith("{s}") else 0.5):
        sentence = sentence.rstrip(".。")
    prompt = template.replace("{l}", language).replace("{s}", sentence)
    return prompt.lower().rstrip("?.!？。！") if rng.random() < 0.12 else prompt


def draw(rng: random.Random, split: Split) -> Conversation:
    """One request for a translation, in one of the two languages or in English; test wordings are held out."""
    translations = table("translations")
    sentence = _sentence(rng, split)
    source, target = rng.sample(range(4), 2)
    asked_in = rng.choices((LANGUAGES[source], LANGUAGES[target], "en"), (50, 20, 30))[0]
    template = rng.choice(translations["ask" if split == "train" else "held"][asked_in])
    language = translations["languages"][asked_in][target]
    if split == "test":
        prompt = template.replace("{l}", language).replace("{s}", sentence[source])
    else:
        others = translations["also"][asked_in][target]
        named = rng.choice(others) if others and rng.random() < 0.15 else language
        prompt = _asked(rng, template, named, sentence[source])
    return Conversation("translation", asked_in, (Turn(prompt, sentence[target]),))
