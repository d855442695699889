"""Known answers in another style: as a pirate, as a robot, as a letter, as a teacher, or the bare fact."""

import random
from collections.abc import Mapping, Sequence

from model.demo.corpus import wording
from model.demo.corpus.conversations import LANGUAGES, Conversation, Row, Split, Turn, upper_first
from model.demo.corpus.tables import table

_STOP = {"en": ".", "ko": ".", "zh": "。", "ja": "。"}


def _asks(row: Row) -> tuple[str, ...]:
    return tuple(ask for ask in row.asks if ask.endswith(("?", ".", "？", "。")))


def usable(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    """Rows whose answers a style suits, by language: short knowledge."""
    short = [row for row in rows if row.topic == "knowledge" and len(row.says[0]) < 110 and _asks(row)]
    return {lang: [row for row in short if row.lang == lang] for lang in LANGUAGES}


def draw(rng: random.Random, split: Split, rows: Mapping[str, Sequence[Row]]) -> Conversation:
    """One question of these rows with a wish for a style."""
    lang = rng.choices(LANGUAGES, (70, 10, 10, 10))[0]
    row, styles = rng.choice(rows[lang]), table("styles")[lang]
    ask = rng.choice(_asks(row))
    if row.keys and " " not in row.keys[0] and len(row.keys) == 1 and rng.random() < 0.3:
        style, say = styles["bare"], upper_first(row.keys[0]) + _STOP[lang]
    else:
        style = rng.choice(styles["style"])
        say = style["say"].replace("{say}", row.says[0])
    prompt = rng.choice(style["asks" if split == "train" else "held"]).replace("{q}", ask)
    return Conversation(
        "style", lang, (Turn(wording.varied(rng, prompt) if split == "train" else prompt, say),)
    )
