"""The words of the corpus: a turn, a conversation, and a row with the wordings of one thing to learn."""

import functools
import hashlib
import re
import string
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "test"]
LANGUAGES = ("en", "ko", "zh", "ja")
_PUNCTUATION = "".join(sorted(set(string.punctuation) - set("+-*#=")))
_APART = re.compile(rf"[{re.escape(_PUNCTUATION)}、。，：？！「」“”…\s]+")


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person says, and what the model is to answer."""

    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in one language on one topic; the topic names what the last turn asks for."""

    topic: str
    lang: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to learn: equally good replies, wordings for training, and wordings held out for the test."""

    topic: str
    lang: str
    says: tuple[str, ...]
    asks: tuple[str, ...]
    held: tuple[str, ...]
    framed: tuple[str, ...] = ()
    """More wordings for training, made by frames; there are many, so half of the prompts are drawn from `asks`."""
    wraps: bool = True
    """Whether a wording may stand inside a phrase such as "I have a question: ..."."""
    keys: tuple[str, ...] = ()
    """The exact facts that a right reply names."""


@functools.cache
def is_held_out(name: str) -> bool:
    """Whether a name belongs to the fifth that only the test split meets; the same on every machine."""
    return hashlib.sha256(name.encode()).digest()[0] % 5 == 0


def plain(text: str) -> str:
    """The text without case, punctuation and doubled spaces, to tell whether two wordings are the same."""
    return _APART.sub(" ", text.casefold()).strip()


def upper_first(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
