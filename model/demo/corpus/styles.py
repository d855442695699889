"""Known answers in another style: as a pirate, as a robot, in capitals of courtesy, or the bare fact."""

import random
from collections.abc import Sequence

from model.demo.corpus import wording
from model.demo.corpus.conversations import Conversation, Row, Split, Turn

_STYLES = (
    ("Arr! {say} Arr, matey!", ("{q} Answer like a pirate.", "Answer in pirate-speak: {q}", "As a pirate, tell me: {q}", "{q} Talk like a pirate.", "{q} Please, answer in pirate-speak.", "Like a pirate: {q}", "Be a pirate. {q}"), ("{q} Say it as a pirate would.", "Speak like a pirate and tell me: {q}")),
    ("Beep. {say} Beep.", ("{q} Answer like a robot.", "Like a robot: {q}", "As a robot, tell me: {q}", "{q} Talk like a robot.", "Be a robot. {q}"), ("{q} Say it as a robot would.", "Speak like a robot and tell me: {q}")),
    ("Dear friend, {say} Yours sincerely.", ("{q} Answer as a letter.", "As a letter: {q}", "Put it in a letter: {q}", "{q} Write it as a letter."), ("{q} Say it in a letter.",)),
    ("Listen, children: {say}", ("{q} Answer like a teacher.", "Like a teacher: {q}", "As a teacher, tell me: {q}", "{q} Talk like a teacher."), ("{q} Say it as a teacher would.",)),
)  # fmt: skip
_BARE = (
    "{q} Answer in one word.",
    "In one word: {q}",
    "One word only: {q}",
    "{q} Just the name.",
    "{q} One word, please.",
    "{q} Only the answer, no sentence.",
)
_HELD_BARE = ("{q} A single word will do.",)


def _asks(row: Row) -> tuple[str, ...]:
    return tuple(ask for ask in row.asks if ask.endswith(("?", ".")))


def usable(rows: Sequence[Row]) -> list[Row]:
    """Rows whose answers a style suits: short knowledge in English."""
    return [
        row
        for row in rows
        if row.topic == "knowledge" and row.lang == "en" and len(row.says[0]) < 110 and _asks(row)
    ]


def draw(rng: random.Random, split: Split, rows: Sequence[Row]) -> Conversation:
    """One question of these rows with a wish for a style."""
    row = rng.choice(rows)
    ask = rng.choice(_asks(row))
    if row.keys and " " not in row.keys[0] and len(row.keys) == 1 and rng.random() < 0.3:
        wish, say = (
            rng.choice(_BARE if split == "train" else _HELD_BARE),
            f"{row.keys[0][0].upper()}{row.keys[0][1:]}.",
        )
    else:
        style, wishes, held = rng.choice(_STYLES)
        wish, say = rng.choice(wishes if split == "train" else held), style.replace("{say}", row.says[0])
    prompt = wish.replace("{q}", ask)
    return Conversation(
        "style", "en", (Turn(wording.varied(rng, prompt) if split == "train" else prompt, say),)
    )
