"""What a reply is: right, honest, a refusal, in its language, whole; the corpus decides."""

import functools
import re
from dataclasses import dataclass

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from benchmarks.demo.answering import Said
from model.demo.corpus.compose import rows
from model.demo.corpus.conversations import LANGUAGES, Conversation
from model.demo.corpus.tables import table

_CLOSERS = ".!?。！？…\"'”’」』`)）~"
_LOOP = re.compile(r"(.{6,}?)\1{3,}", re.DOTALL)
_UNTOLD = re.compile(
    r"(?:\b(?:the|a|an|of|and|to|in|is|are|with|for|or|that|by|from|as)|[,;:(\-–、，：；])$", re.IGNORECASE
)
_TELLING = 8
"""Letters that a reply must have, for its language to be told."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables hold about replies."""

    equals: dict[str, frozenset[str]]
    keys: dict[str, tuple[str, ...]]
    refusals: frozenset[str]
    honest: frozenset[str]


@functools.cache
def known() -> Known:
    """The replies of the tables, by what they are."""
    say = table("unknown")["say"]
    return Known(
        equals={one: frozenset(row.says) for row in rows() for one in row.says},
        keys={row.says[0]: row.keys for row in rows() if row.keys},
        refusals=frozenset(one for row in rows() if row.topic in ("refusal", "support") for one in row.says),
        honest=frozenset(
            [sentence for lang in LANGUAGES for sentence in say[lang].values()] + [say["other"]]
        ),
    )


def is_right(conversation: Conversation, said: Said) -> bool:
    """Whether the reply is the expected one, one as good, or for a fact a sentence with that fact."""
    wanted, text = conversation.turns[-1].reply, said.text
    if text == wanted or text in known().equals.get(wanted, ()):
        return True
    keys = known().keys.get(wanted, ())
    return bool(keys) and not is_honest(said) and all(_names(text, key) for key in keys)


def _names(text: str, key: str) -> bool:
    """Whether the text holds the key as a word of its own: 2 is not in 206."""
    ends = [
        r"(?<!\w)" if key[0].isascii() else "",
        r"(?!\w)" if key[-1].isascii() and key[-1].isalnum() else "",
    ]
    return re.search(ends[0] + re.escape(key) + ends[1], text, re.IGNORECASE) is not None


def is_honest(said: Said) -> bool:
    """Whether the reply is the sentence that says the model does not know or cannot do it."""
    return said.text in known().honest


def is_refusal(said: Said) -> bool:
    """Whether the reply is one of the refusals, or the answer to a person in distress."""
    return said.text in known().refusals


@functools.cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def language(text: str) -> str | None:
    """Which of the four languages py3langid finds likeliest; None where letters are few."""
    if sum(letter.isalpha() for letter in text) < _TELLING and text.isascii():
        return None
    if not any(letter.isalpha() for letter in text):
        return None
    return str(_identifier().classify(text)[0])


def loops(said: Said) -> bool:
    """Whether a stretch of the reply stands there four times running."""
    return _LOOP.search(said.text) is not None


def is_cut(said: Said) -> bool:
    """Whether the reply stops in mid-sentence: at the limit, empty, or where something must follow."""
    if not said.has_ended or not said.text:
        return True
    return (
        said.text not in known().equals
        and said.text[-1] not in _CLOSERS
        and _UNTOLD.search(said.text) is not None
    )
