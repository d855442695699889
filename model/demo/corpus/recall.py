"""Conversations in which a person tells something and asks for it some turns later."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out, upper_first
from model.demo.corpus.honesty import made_up_name
from model.demo.corpus.tables import fill, table

_NOT_TOLD = {
    "en": "You have not told me that yet.",
    "ko": "아직 말씀해 주지 않으셨습니다.",
    "zh": "你还没有告诉我。",
    "ja": "まだ教えていただいていません。",
}


def _value(rng: random.Random, listed: str, lang: str, split: Split) -> str:
    """A value to remember; names and numbers are split, the short lists of colours and the like are not."""
    wants_held = split == "test"
    if listed == "number":
        return str(rng.choice([n for n in range(1, 1000) if is_held_out(str(n)) == wants_held]))
    values = table("recall")["lists"][lang][listed]
    if listed not in ("name", "pet"):
        return str(rng.choice(values))
    if lang == "en" and rng.random() < 0.35:
        return made_up_name(rng, split)
    return str(rng.choice([value for value in values if is_held_out(value) == wants_held] or values))


def _asked(rng: random.Random, memory: dict[str, Any], split: Split) -> str:
    return str(rng.choice(memory["ask"] if split == "train" or rng.random() < 0.5 else memory["held"]))


def draw(rng: random.Random, split: Split, between: Mapping[str, Sequence[Turn]]) -> Conversation:
    """One conversation with up to six turns from `between` (by language) after the telling; some ask without having told."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (64, 12, 12, 12))[0]
    entry = rng.choice([memory for memory in table("recall")["memory"] if lang in memory])
    memory = entry[lang]
    filler = [rng.choice(between[lang]) for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 2, 3, 4, 6)))]
    if rng.random() < 0.08:
        return Conversation("recall", lang, (*filler[:2], Turn(_asked(rng, memory, split), _NOT_TOLD[lang])))
    value = _value(rng, entry["list"], lang, split)
    told = Turn(
        fill(rng.choice(memory["tell"]), x=value), upper_first(fill(rng.choice(memory["reply"]), x=value))
    )
    asked = Turn(_asked(rng, memory, split), fill(memory["say"], x=value))
    return Conversation("recall", lang, (told, *filler, asked))
