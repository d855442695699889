"""Sums and comparisons of small numbers; whole pairs of numbers are held out for the test split."""

import random

from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn, is_held_out
from model.demo.corpus.tables import fill, table

_WITHOUT_SPACES = {"en": 0.0, "ko": 0.15, "zh": 0.7, "ja": 0.7}
"""How often a sign that is a word stands without spaces between its numbers."""


def _pair(rng: random.Random, high: int, split: Split) -> tuple[int, int]:
    while True:
        a, b = rng.randint(0, high), rng.randint(0, high)
        if is_held_out(f"{min(a, b)},{max(a, b)}") == (split == "test"):
            return a, b


def _numbers(rng: random.Random, sign: str, split: Split) -> tuple[int, int]:
    """Two numbers for the sign: factors up to 10, else up to 20, and in training half up to 99 and a sixth up to 50."""
    chance = rng.random()
    high = 20
    if sign == "*":
        high = 10
    elif split == "train" and chance < 2 / 3:
        high = 99 if chance < 0.5 else 50
    a, b = _pair(rng, high, split)
    return (max(a, b), min(a, b)) if sign == "-" else (a, b)


def _written(rng: random.Random, lang: str, sign: str, numbers: tuple[int, int]) -> str:
    """The sum as people write it, such as "3 + 4", "3+4" or "3 plus 4"."""
    a, b = numbers
    word = rng.choice(table("sums")[lang]["signs"][sign])
    is_tight = rng.random() < (0.25 if word in "+-*x×＋" else _WITHOUT_SPACES[lang])
    return f"{a}{word}{b}" if is_tight else f"{a} {word} {b}"


def _asked(rng: random.Random, lang: str, sign: str, numbers: tuple[int, int], split: Split) -> str:
    part, chance = table("sums")[lang], rng.random()
    if chance < 0.24:
        is_story = chance < 0.12 and min(numbers) > 1
        asked = rng.choice(part["stories" if is_story else "named"][sign])
        return fill(asked, a=str(numbers[0]), b=str(numbers[1]), x=rng.choice(part["things"]))
    asks = part["asks" if split == "train" or rng.random() < 0.5 else "held"]
    return fill(rng.choice(asks), q=_written(rng, lang, sign, numbers))


def _sum(rng: random.Random, lang: str, split: Split) -> Turn:
    sign = rng.choices("+-*", (5, 3, 2))[0]
    a, b = _numbers(rng, sign, split)
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return Turn(_asked(rng, lang, sign, (a, b), split), f"{a} {sign} {b} = {value}")


def _comparison(rng: random.Random, lang: str, split: Split) -> Turn:
    part = table("sums")[lang]
    a, b = _pair(rng, 100, split)
    while a == b:
        a, b = _pair(rng, 100, split)
    kind = "bigger" if rng.random() < 0.7 else "smaller"
    asked = fill(rng.choice(part[kind]), a=str(a), b=str(b))
    return Turn(asked, fill(part[f"say_{kind}"], m=str(max(a, b)), n=str(min(a, b))))


def _count(rng: random.Random, lang: str, split: Split) -> Turn:
    while True:
        a, b = rng.choice((1, 1, rng.randint(1, 20))), rng.randint(3, 30)
        if 2 <= b - a <= 19 and is_held_out(f"{a} to {b}") == (split == "test"):
            asked = fill(rng.choice(table("sums")[lang]["counts"]), a=str(a), b=str(b))
            return Turn(asked, ", ".join(str(number) for number in range(a, b + 1)))


def _parity(rng: random.Random, lang: str, split: Split) -> Turn:
    a = rng.choice(
        [number for number in range(1, 400) if is_held_out(f"parity {number}") == (split == "test")]
    )
    part = table("sums")[lang]
    return Turn(fill(rng.choice(part["parity"]), a=str(a)), fill(part["odd" if a % 2 else "even"], a=str(a)))


def draw(rng: random.Random, split: Split) -> Conversation:
    """One sum, difference, product or comparison."""
    lang = rng.choices(LANGUAGES, (64, 12, 12, 12))[0]
    kind = rng.choices((_sum, _comparison, _count, _parity), (72, 18, 5, 5))[0]
    return Conversation("sums", lang, (kind(rng, lang, split),))
