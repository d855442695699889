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
_HAIKU = {
    "en": "Thinking of {x},\nquietly the day goes by,\nquietly I smile.",
    "ko": "{x} 생각에\n조용히 하루 가고\n조용히 웃네",
    "zh": "想着{x}时，\n一天静静过去了，\n我静静微笑。",
    "ja": "{x}を思い\n静かに過ぎる\n日の長さ",
}
_KINDS = {
    "en": (
        "a poem about {x}",
        "a short poem about {x}",
        "some verses about {x}",
        "a little poem about {x}",
        "a poem on {x}",
        "a few verses on {x}",
        "a rhyme about {x}",
        "four lines of verse about {x}",
        "a poem that is about {x}",
        "a poem with {x} in it",
        "a poem whose subject is {x}",
        "a small verse for {x}",
    ),
    "ko": (
        "{x}에 대한 시",
        "{x}에 관한 시",
        "{x}{을/를} 주제로 한 시",
        "{x}에 대한 짧은 시",
        "{x} 시 한 편",
        "{x}{이/가} 나오는 시",
        "{x}{을/를} 노래하는 시",
        "{x}{을/를} 소재로 한 짧은 시",
    ),
    "zh": (
        "一首关于{x}的诗",
        "一首{x}的诗",
        "一首以{x}为题的诗",
        "一首关于{x}的短诗",
        "一首{x}的小诗",
        "一首写{x}的诗",
        "几句关于{x}的诗",
        "一首以{x}为主题的诗",
    ),
    "ja": (
        "{x}についての詩",
        "{x}の詩",
        "{x}をテーマにした詩",
        "{x}についての短い詩",
        "{x}に関する詩",
        "{x}を題材にした詩",
        "{x}が出てくる詩",
        "{x}を歌った詩",
    ),
}
_HAIKUS = {
    "en": (
        "a haiku about {x}",
        "a haiku on {x}",
        "a short haiku about {x}",
        "one haiku about {x}",
        "a haiku with {x} in it",
        "a haiku whose subject is {x}",
        "a little haiku on {x}",
    ),
    "ko": ("{x}에 대한 하이쿠", "{x} 하이쿠", "{x}{을/를} 주제로 한 하이쿠", "{x}에 관한 하이쿠 한 수"),
    "zh": ("一首关于{x}的俳句", "一首{x}的俳句", "一首以{x}为题的俳句", "一首写{x}的俳句"),
    "ja": ("{x}の俳句", "{x}についての俳句", "{x}を詠んだ俳句", "{x}を題材にした一句"),
}


def draw(rng: random.Random, split: Split) -> Conversation:
    """One poem on a subject; the subjects of the test split are held out."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (58, 14, 14, 14))[0]
    subjects = [name for name in table("unknown")[lang]["things"] if is_held_out(name) == (split == "test")]
    x = made_up_name(rng, split, lang) if rng.random() < 0.4 else rng.choice(subjects)
    kinds, verses = (_HAIKUS, _HAIKU) if rng.random() < 0.3 else (_KINDS, _VERSES)
    kind, verse = rng.choice(kinds[lang]), verses[lang]
    wordings = forms.formed("verse", lang, [[fill(kind, x=x)]])
    prompt = rng.choice(wordings.asks if split == "train" or rng.random() < 0.5 else wordings.held)
    dressed = wording.varied(rng, prompt) if split == "train" else prompt
    said = dressed if x in dressed else prompt
    return Conversation("verse", lang, (Turn(said, fill(verse, x=x)),))
