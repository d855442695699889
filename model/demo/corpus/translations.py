"""Common sentences translated between English, Korean, Chinese and Japanese."""

import random

from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn
from model.demo.corpus.tables import table


def draw(rng: random.Random, split: Split) -> Conversation:
    """One request for a translation, in the language of the request; test wordings are held out."""
    translations = table("translations")
    sentence = rng.choice(translations["sentences"])
    source, target = rng.sample(range(4), 2)
    asked_in = LANGUAGES[source] if rng.random() < 0.6 else "en"
    wordings = translations["ask" if split == "train" else "held"][asked_in]
    language = translations["languages"][asked_in][target]
    prompt = rng.choice(wordings).replace("{l}", language).replace("{s}", sentence[source])
    return Conversation("translation", asked_in, (Turn(prompt, sentence[target]),))
