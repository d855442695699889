"""Words that name nothing, for what nobody taught the model; the splits share none."""

import random

from model.demo.corpus.conversations import Split, is_held_out

_STARTS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "qu",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "x",
    "z",
)
_MIDDLES = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "ou", "y")
_ENDS = ("", "", "", "n", "r", "l", "s", "m", "k", "x", "th", "nd", "rk")
_LETTERS = {
    "ko": "가나다라마바사아자카타파하고노도로모보소오조코토포호구누두루무부수우주기니디리미비시이지키티피히란센빈돌콜벨",
    "zh": "阿巴卡达法加哈卡拉马纳帕拉萨塔瓦伊比蒂莉米尼皮里西维奥波科多戈洛莫诺托伦森顿克斯尔特",
    "ja": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロワンガギグゲゴダデドバビブベボ",
}  # fmt: skip


def made_up_name(rng: random.Random, split: Split, lang: str = "en") -> str:
    """A word in the letters of the language."""
    while True:
        if lang == "en":
            parts = (
                rng.choice(_STARTS) + rng.choice(_MIDDLES) + rng.choice(_ENDS)
                for _ in range(rng.randint(2, 3))
            )
            name = "".join(parts).capitalize()
        else:
            name = "".join(rng.choice(_LETTERS[lang]) for _ in range(rng.randint(2, 5)))
        if is_held_out(name) == (split == "test"):
            return name
