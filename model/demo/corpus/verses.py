"""A verse or a haiku on whatever subject a person names, for the subjects that have no piece of their own."""

import random

from model.demo.corpus import forms, wording
from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out
from model.demo.corpus.names import made_up_name
from model.demo.corpus.tables import fill, table

_VERSES = {
    "en": "I sat and thought of {x} today,\nand what a little verse might say.\nThe words came slowly, one by one,\nand now my verse on it is done.",
    "ko": "오늘은 {x}{을/를} 생각하네.\n짧은 말로 노래해 보네.\n한 줄 쓰고 또 한 줄 쓰면\n어느새 시가 되네.",
    "zh": "今天我想起了{x}，\n用短短的话写成诗。\n一行一行慢慢写，\n写完正是月明时。",
    "ja": "今日は{x}を思い\n短い言葉で歌う。\n一行また一行と書けば\nいつのまにか詩になる。",
}
_HAIKU = "Thinking of {x},\nquietly the day goes by,\nquietly I smile."
_KINDS = {
    "en": (
        "a poem about {x}",
        "a short poem about {x}",
        "some verses about {x}",
        "a little poem about {x}",
        "a poem on {x}",
    ),
    "ko": ("{x}에 대한 시", "{x}에 관한 시"),
    "zh": ("一首关于{x}的诗", "一首{x}的诗"),
    "ja": ("{x}についての詩", "{x}の詩"),
}
_HAIKUS = ("a haiku about {x}", "a haiku on {x}", "a short haiku about {x}")


def draw(rng: random.Random, split: Split) -> Conversation:
    """One poem on a subject; the subjects of the test split are held out."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (58, 14, 14, 14))[0]
    subjects = [name for name in table("unknown")[lang]["things"] if is_held_out(name) == (split == "test")]
    x = made_up_name(rng, split, lang) if rng.random() < 0.4 else rng.choice(subjects)
    is_haiku = lang == "en" and rng.random() < 0.3
    kind, verse = (rng.choice(_HAIKUS), _HAIKU) if is_haiku else (rng.choice(_KINDS[lang]), _VERSES[lang])
    wordings = forms.formed("write", lang, [[fill(kind, x=x)]])
    prompt = rng.choice(wordings.asks if split == "train" or rng.random() < 0.5 else wordings.held)
    dressed = wording.varied(rng, prompt) if split == "train" else prompt
    said = dressed if x in dressed else prompt
    return Conversation("verse", lang, (Turn(said, fill(verse, x=x)),))
