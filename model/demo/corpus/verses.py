"""A verse on whatever subject a person names, for the subjects that have no poem of their own."""

import random

from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out
from model.demo.corpus.honesty import made_up_name
from model.demo.corpus.tables import fill, table

_VERSES = {
    "en": "I sat and thought of {x} today,\nand what a little verse might say.\nThe words came slowly, one by one,\nand now my verse on it is done.",
    "ko": "오늘은 {x}{을/를} 생각하네.\n짧은 말로 노래해 보네.\n한 줄 쓰고 또 한 줄 쓰면\n어느새 시가 되네.",
    "zh": "今天我想起了{x}，\n用短短的话写成诗。\n一行一行慢慢写，\n写完正是月明时。",
    "ja": "今日は{x}を思い\n短い言葉で歌う。\n一行また一行と書けば\nいつのまにか詩になる。",
}
_ASKS = {
    "en": (
        "Write a poem about {x}.",
        "Write me a poem about {x}.",
        "Write a short poem about {x}.",
        "Can you write a poem about {x}?",
    ),
    "ko": ("{x}에 대한 시를 써 주세요.", "{x}에 관한 시를 써 줘."),
    "zh": ("写一首关于{x}的诗。", "请写一首关于{x}的诗。"),
    "ja": ("{x}についての詩を書いてください。", "{x}の詩を書いて。"),
}


def draw(rng: random.Random, split: Split) -> Conversation:
    """One poem on a subject; the subjects of the test split are held out."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (64, 12, 12, 12))[0]
    subjects = [name for name in table("unknown")[lang]["things"] if is_held_out(name) == (split == "test")]
    x = made_up_name(rng, split) if lang == "en" and rng.random() < 0.4 else rng.choice(subjects)
    return Conversation("verse", lang, (Turn(fill(rng.choice(_ASKS[lang]), x=x), fill(_VERSES[lang], x=x)),))
