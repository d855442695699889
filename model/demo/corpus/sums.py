"""Sums and comparisons of small numbers; whole pairs of numbers are held out for the test split."""

import random

from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out

_ASKS = {
    "en": (
        "What is {q}?",
        "{q}",
        "{q} =",
        "Calculate {q}.",
        "How much is {q}?",
        "{q}=?",
        "Compute {q}, please.",
    ),
    "ko": ("{q}은 얼마인가요?", "{q}는?", "{q}을 계산해 주세요."),
    "zh": ("{q}等于多少？", "{q}是多少？", "请计算{q}。"),
    "ja": ("{q}はいくつですか？", "{q}は？", "{q}を計算してください。"),
}
_WORDS = {"+": "plus", "-": "minus", "*": "times"}
_BIGGER = {
    "en": (
        ("Which is bigger, {a} or {b}?", "Is {a} bigger than {b}?", "Compare {a} and {b}."),
        "{m} is bigger than {n}.",
    ),
    "ko": (("{a}, {b} 중에서 더 큰 수는?", "{a} 또는 {b}, 어느 쪽이 더 큰가요?"), "더 큰 수: {m}"),
    "zh": (("{a}和{b}哪个大？", "比较{a}和{b}。"), "{m}比{n}大。"),
    "ja": (("{a}と{b}ではどちらが大きいですか？", "{a}と{b}を比べてください。"), "{m}のほうが大きいです。"),
}


def _pair(rng: random.Random, high: int, split: Split) -> tuple[int, int]:
    while True:
        a, b = rng.randint(0, high), rng.randint(0, high)
        if is_held_out(f"{min(a, b)},{max(a, b)}") == (split == "test"):
            return a, b


def _sum(rng: random.Random, lang: str, split: Split) -> Turn:
    sign = rng.choices("+-*", (5, 3, 2))[0]
    a, b = _pair(rng, 10 if sign == "*" else 20, split)
    if sign == "-":
        a, b = max(a, b), min(a, b)
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    spaced = f"{a} {sign} {b}" if rng.random() < 0.8 else f"{a}{sign}{b}"
    asked = f"{a} {_WORDS[sign]} {b}" if lang == "en" and rng.random() < 0.3 else spaced
    return Turn(rng.choice(_ASKS[lang]).format(q=asked), f"{a} {sign} {b} = {value}")


def _comparison(rng: random.Random, lang: str, split: Split) -> Turn:
    a, b = _pair(rng, 100, split)
    while a == b:
        a, b = _pair(rng, 100, split)
    asks, say = _BIGGER[lang]
    return Turn(rng.choice(asks).format(a=a, b=b), say.format(m=max(a, b), n=min(a, b)))


def draw(rng: random.Random, split: Split) -> Conversation:
    """One sum, difference, product or comparison."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (70, 10, 10, 10))[0]
    turn = _sum(rng, lang, split) if rng.random() < 0.75 else _comparison(rng, lang, split)
    return Conversation("sums", lang, (turn,))
