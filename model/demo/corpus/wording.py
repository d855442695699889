"""How a row is asked: one of its wordings, in a phrase, hurried, misspelt, or in other words of the same meaning."""

import functools
import random
from collections.abc import Iterable

from model.demo.corpus.conversations import Row, Split, plain
from model.demo.corpus.tables import table

_SWAPS = (
    ("What is ", "What's "), ("what is ", "what's "), ("Who is ", "Who's "), ("Where is ", "Where's "),
    ("Can you ", "Could you "), ("Could you ", "Can you "), ("Can you ", "Will you "), ("Tell me ", "Please tell me "),
    ("Tell me ", "Just tell me "), ("Explain ", "Please explain "), ("Explain ", "Explain to me "), ("colour", "color"),
    ("color", "colour"), ("favourite", "favorite"), ("I am ", "I'm "), ("do not ", "don't "), ("cannot ", "can't "),
    ("Write ", "Please write "), ("Give me ", "Please give me "), ("Give me ", "Show me "), ("I would like ", "I'd like "),
    ("How do I ", "how do you "), ("How can I ", "How could I "), ("I want ", "I'd like "), ("Name ", "Please name "),
    ("List ", "Please list "), ("need to ", "have to "), ("Which ", "What "), ("big", "large"), ("Help me ", "Please help me "),
)  # fmt: skip
_HURRIED = ("please", "you", "are", "what", "because", "thanks", "your")
_SHORT = ("pls", "u", "r", "wat", "cuz", "thx", "ur")


def _misspelt(rng: random.Random, prompt: str) -> str:
    """The prompt with two letters of one word exchanged, one lost or one doubled; names and short words are left alone."""
    words = prompt.split(" ")
    places = [
        at
        for at, word in enumerate(words)
        if len(word) >= 5 and word.isascii() and word.isalpha() and word.islower()
    ]
    if not places:
        return prompt
    at = rng.choice(places)
    word, letter = words[at], rng.randrange(1, len(words[at]) - 2)
    words[at] = rng.choice(
        (
            word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :],
            word[:letter] + word[letter + 1 :],
            word[:letter] + word[letter] + word[letter:],
        )
    )
    return " ".join(words)


def _hurried(rng: random.Random, prompt: str) -> str:
    """The prompt as people type it in a hurry: lower case, no full stop or question mark."""
    chance = rng.random()
    if chance < 0.5:
        return prompt.rstrip("?.!？。！") or prompt
    lower = prompt.lower() if chance < 0.9 else prompt.lower().rstrip("?.!") or prompt
    if rng.random() < 0.2:
        short = dict(zip(_HURRIED, _SHORT, strict=True))
        lower = " ".join(short.get(word, word) for word in lower.split(" "))
    return lower


def varied(rng: random.Random, prompt: str) -> str:
    """The prompt, often as it is, else in some other dress."""
    chance = rng.random()
    if chance < 0.55:
        return prompt
    if chance < 0.75:
        fitting = [pair for pair in _SWAPS if pair[0] in prompt]
        return prompt.replace(*rng.choice(fitting), 1) if fitting else prompt
    if chance < 0.93:
        return _hurried(rng, prompt)
    return _misspelt(rng, prompt)


@functools.cache
def held_wordings(rows: tuple[Row, ...]) -> frozenset[str]:
    """What no training prompt may be: the held-out wordings of all rows, in plain form."""
    return frozenset(plain(held) for row in rows for held in row.held)


def taught(rows: Iterable[Row]) -> frozenset[str]:
    """Every wording of the tables that is trained on, in plain form."""
    return frozenset(plain(ask) for row in rows for ask in row.asks + row.framed)


def train_wording(rng: random.Random, row: Row) -> str:
    """One wording for training."""
    wants_framed = row.framed and rng.random() < 0.45
    ask = rng.choice(row.framed if wants_framed else row.asks or row.framed)
    if row.wraps and rng.random() < 0.2:
        ask = str(rng.choice(table("forms")["wrap"][row.lang]["ask"])).replace("{q}", ask)
    return varied(rng, ask)


def test_wording(rng: random.Random, row: Row) -> str:
    """One wording for the test: held out itself, or a taught one in a phrase that is held out."""
    asks = row.asks + row.framed
    if not row.held or (row.wraps and asks and rng.random() < 0.25):
        return str(rng.choice(table("forms")["wrap"][row.lang]["held"])).replace("{q}", rng.choice(asks))
    return rng.choice(row.held)


def wording(rng: random.Random, row: Row, split: Split) -> str:
    """One wording of the row for this split."""
    return train_wording(rng, row) if split == "train" else test_wording(rng, row)
