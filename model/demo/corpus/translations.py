"""Common sentences translated between English, Korean, Chinese and Japanese."""

import random
from collections.abc import Sequence

from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn, is_held_out
from model.demo.corpus.tables import fill, table


def _made(rng: random.Random, split: Split) -> Sequence[str]:
    """A sentence made of a pattern and a thing; pairs are held out whole."""
    translations = table("translations")
    while True:
        pattern, thing = rng.choice(translations["patterns"]), rng.choice(translations["things"])
        made = [fill(part, x=name) for part, name in zip(pattern, thing, strict=True)]
        if is_held_out(made[0]) == (split == "test"):
            return made


def draw(rng: random.Random, split: Split) -> Conversation:
    """One request for a translation, in the language of the request; test wordings are held out."""
    translations = table("translations")
    sentence = _made(rng, split) if rng.random() < 0.3 else rng.choice(translations["sentences"])
    source, target = rng.sample(range(4), 2)
    asked_in = LANGUAGES[source] if rng.random() < 0.6 else "en"
    wordings = translations["ask" if split == "train" else "held"][asked_in]
    language = translations["languages"][asked_in][target]
    asked = sentence[source]
    if split == "train" and rng.random() < 0.2:
        asked = asked.rstrip(".。")
    prompt = rng.choice(wordings).replace("{l}", language).replace("{s}", asked)
    return Conversation("translation", asked_in, (Turn(prompt, sentence[target]),))
