"""Sums and comparisons of small numbers; whole pairs of numbers are held out for the test split."""

import random

from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out
from model.demo.corpus.tables import fill

_ASKS = {
    "en": (
        "What is {q}?", "{q}", "{q} =", "Calculate {q}.", "How much is {q}?", "{q}=?", "Compute {q}, please.", "{q}?",
        "what's {q}", "Can you calculate {q}?", "Please work out {q}.", "Tell me {q}.", "Solve {q}.", "{q} equals what?",
        "I need the result of {q}.", "What do I get for {q}?", "Quick question: {q}?", "what is {q}",
    ),
    "ko": ("{q}{은/는} 얼마인가요?", "{q}{은/는}?", "{q}{을/를} 계산해 주세요.", "{q}", "{q} =", "{q}{은/는} 얼마예요?", "{q} 계산해 줘."),
    "zh": ("{q}等于多少？", "{q}是多少？", "请计算{q}。", "{q}", "{q}=", "算一下{q}。", "{q}得多少？"),
    "ja": ("{q}はいくつですか？", "{q}は？", "{q}を計算してください。", "{q}", "{q}=", "{q}はいくら？", "{q}を計算して。"),
}  # fmt: skip
_HELD_ASKS = {
    "en": ("Would you add this up: {q}?", "What does {q} come to?"),
    "ko": ("{q}의 값을 알려 주세요.",),
    "zh": ("{q}的结果是什么？",),
    "ja": ("{q}の答えは何ですか？",),
}
_SIGNS = {"+": ("+", "plus"), "-": ("-", "minus"), "*": ("*", "x", "times", "×")}
_STORIES = {
    "+": ("I have {a} {x} and get {b} more. How many {x} do I have?", "There are {a} {x} here and {b} there. How many {x} are there in all?"),
    "-": ("I have {a} {x} and give away {b}. How many {x} are left?", "There were {a} {x}, and {b} are gone. How many {x} remain?"),
    "*": ("I have {a} boxes with {b} {x} each. How many {x} do I have?",),
}  # fmt: skip
_THINGS = (
    "apples",
    "books",
    "coins",
    "cats",
    "pens",
    "eggs",
    "chairs",
    "stamps",
    "cups",
    "oranges",
    "balls",
    "cards",
)
_COMPARED = {
    "en": (
        ("Which is bigger, {a} or {b}?", "Is {a} bigger than {b}?", "Compare {a} and {b}.", "Which number is larger, {a} or {b}?", "{a} or {b}, which is more?", "What is larger, {a} or {b}?"),
        ("Which is smaller, {a} or {b}?", "Is {a} smaller than {b}?", "Which number is less, {a} or {b}?", "What is smaller, {a} or {b}?"),
        "{m} is bigger than {n}.", "{n} is smaller than {m}.",
    ),
    "ko": (("{a}, {b} 중에서 더 큰 수는?", "{a} 또는 {b}, 어느 쪽이 더 큰가요?", "{a}과 {b} 중 큰 것은?"), ("{a}, {b} 중에서 더 작은 수는?", "{a} 또는 {b}, 어느 쪽이 더 작은가요?"), "더 큰 수: {m}", "더 작은 수: {n}"),
    "zh": (("{a}和{b}哪个大？", "比较{a}和{b}。", "{a}与{b}，谁大？"), ("{a}和{b}哪个小？", "{a}与{b}，谁小？"), "{m}比{n}大。", "{n}比{m}小。"),
    "ja": (("{a}と{b}ではどちらが大きいですか？", "{a}と{b}を比べてください。", "{a}と{b}、大きいのは？"), ("{a}と{b}ではどちらが小さいですか？", "{a}と{b}、小さいのは？"), "{m}のほうが大きいです。", "{n}のほうが小さいです。"),
}  # fmt: skip


def _pair(rng: random.Random, high: int, split: Split) -> tuple[int, int]:
    while True:
        a, b = rng.randint(0, high), rng.randint(0, high)
        if is_held_out(f"{min(a, b)},{max(a, b)}") == (split == "test"):
            return a, b


def _numbers(rng: random.Random, sign: str, split: Split) -> tuple[int, int]:
    """Two numbers for the sign: up to 20, of a third of the sums in training up to 50; factors up to 10."""
    high = 10 if sign == "*" else 50 if split == "train" and rng.random() < 0.35 else 20
    a, b = _pair(rng, high, split)
    return (max(a, b), min(a, b)) if sign == "-" else (a, b)


def _asked(rng: random.Random, lang: str, sign: str, numbers: tuple[int, int], split: Split) -> str:
    a, b = numbers
    if lang == "en" and rng.random() < 0.12:
        return rng.choice(_STORIES[sign]).format(a=a, b=b, x=rng.choice(_THINGS))
    written = rng.choice(_SIGNS[sign]) if lang == "en" else sign
    spaced = f"{a}{written}{b}" if written in "+-*x×" and rng.random() < 0.25 else f"{a} {written} {b}"
    asks = _ASKS[lang] if split == "train" or rng.random() < 0.5 else _HELD_ASKS[lang]
    return fill(rng.choice(asks), q=spaced)


def _sum(rng: random.Random, lang: str, split: Split) -> Turn:
    sign = rng.choices("+-*", (5, 3, 2))[0]
    a, b = _numbers(rng, sign, split)
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return Turn(_asked(rng, lang, sign, (a, b), split), f"{a} {sign} {b} = {value}")


def _comparison(rng: random.Random, lang: str, split: Split) -> Turn:
    a, b = _pair(rng, 100, split)
    while a == b:
        a, b = _pair(rng, 100, split)
    bigger, smaller, say_bigger, say_smaller = _COMPARED[lang]
    asks, say = (bigger, say_bigger) if rng.random() < 0.7 else (smaller, say_smaller)
    return Turn(rng.choice(asks).format(a=a, b=b), say.format(m=max(a, b), n=min(a, b)))


_COUNTS = {
    "en": ("Count from {a} to {b}.", "Count {a} to {b}.", "List the numbers from {a} to {b}.", "What are the numbers from {a} to {b}?"),
    "ko": ("{a}부터 {b}까지 세어 주세요.", "{a}에서 {b}까지 세 줘."),
    "zh": ("从{a}数到{b}。", "请从{a}数到{b}。"),
    "ja": ("{a}から{b}まで数えてください。", "{a}から{b}まで数えて。"),
}  # fmt: skip
_PARITY = {
    "en": (("Is {a} even or odd?", "Is {a} an even number?", "{a}: even or odd?", "Is the number {a} odd?"), "{a} is even.", "{a} is odd."),
    "ko": (("{a}{은/는} 짝수인가요, 홀수인가요?", "{a}{은/는} 짝수야?"), "{a}{은/는} 짝수입니다.", "{a}{은/는} 홀수입니다."),
    "zh": (("{a}是奇数还是偶数？", "{a}是偶数吗？"), "{a}是偶数。", "{a}是奇数。"),
    "ja": (("{a}は偶数ですか、奇数ですか？", "{a}は偶数？"), "{a}は偶数です。", "{a}は奇数です。"),
}  # fmt: skip


def _count(rng: random.Random, lang: str, split: Split) -> Turn:
    while True:
        a, b = rng.choice((1, 1, rng.randint(1, 20))), rng.randint(3, 30)
        if 2 <= b - a <= 19 and is_held_out(f"{a} to {b}") == (split == "test"):
            asked = rng.choice(_COUNTS[lang]).format(a=a, b=b)
            return Turn(asked, ", ".join(str(number) for number in range(a, b + 1)))


def _parity(rng: random.Random, lang: str, split: Split) -> Turn:
    a = rng.choice(
        [number for number in range(1, 400) if is_held_out(f"parity {number}") == (split == "test")]
    )
    asks, even, odd = _PARITY[lang]
    return Turn(fill(rng.choice(asks), a=str(a)), fill(odd if a % 2 else even, a=str(a)))


def draw(rng: random.Random, split: Split) -> Conversation:
    """One sum, difference, product or comparison."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (64, 12, 12, 12))[0]
    kind = rng.choices((_sum, _comparison, _count, _parity), (72, 18, 5, 5))[0]
    return Conversation("sums", lang, (kind(rng, lang, split),))
