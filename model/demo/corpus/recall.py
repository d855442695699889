"""Conversations in which a person tells something and asks for it some turns later."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from model.demo.corpus import wording
from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out, upper_first
from model.demo.corpus.names import made_up_name
from model.demo.corpus.tables import fill, table

LANGUAGE_WEIGHTS = (58, 14, 14, 14)
_NOT_TOLD = {
    "en": "You have not told me that yet.",
    "ko": "아직 말씀해 주지 않으셨습니다.",
    "zh": "你还没有告诉我。",
    "ja": "まだ教えていただいていません。",
}
_BETWEEN = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6)
_SPLIT_LISTS = ("name", "pet", "word")


def _value(rng: random.Random, listed: str, lang: str, split: Split) -> str:
    """A value to remember; names, words and numbers are split, the short lists of colours and the like are not."""
    if listed == "number":
        return str(rng.choice([n for n in range(1, 1000) if is_held_out(str(n)) == (split == "test")]))
    values = table("recall")["lists"][lang].get(listed, [])
    if listed not in _SPLIT_LISTS:
        return str(rng.choice(values))
    wanted = [value for value in values if is_held_out(value) == (split == "test")]
    return made_up_name(rng, split, lang) if not wanted or rng.random() < 0.5 else str(rng.choice(wanted))


def _asked(rng: random.Random, memory: dict[str, Any], split: Split) -> str:
    if split == "train":
        return wording.varied(rng, rng.choice(memory["ask"]))
    return str(rng.choice(memory["ask"] if rng.random() < 0.5 else memory["held"]))


def _told(rng: random.Random, memory: dict[str, Any], value: str) -> Turn:
    return Turn(
        fill(rng.choice(memory["tell"]), x=value), upper_first(fill(rng.choice(memory["reply"]), x=value))
    )


def draw(rng: random.Random, split: Split, between: Mapping[str, Sequence[Turn]]) -> Conversation:
    """One conversation with up to six turns from `between` (by language) after the telling; some ask without having told."""
    lang = rng.choices(("en", "ko", "zh", "ja"), LANGUAGE_WEIGHTS)[0]
    entries = [memory for memory in table("recall")["memory"] if lang in memory]
    one, other = rng.sample(entries, 2)
    filler = [rng.choice(between[lang]) for _ in range(rng.choice(_BETWEEN))]
    if rng.random() < 0.08:
        return Conversation(
            "recall", lang, (*filler[:2], Turn(_asked(rng, one[lang], split), _NOT_TOLD[lang]))
        )
    value = _value(rng, one["list"], lang, split)
    if filler and rng.random() < 0.4:
        filler[rng.randrange(len(filler))] = _told(rng, other[lang], _value(rng, other["list"], lang, split))
    asked = Turn(_asked(rng, one[lang], split), fill(one[lang]["say"], x=value))
    return Conversation("recall", lang, (_told(rng, one[lang], value), *filler, asked))
