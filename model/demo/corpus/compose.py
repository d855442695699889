"""Composing the corpus from a seed: how much of what, in which wording, and what the test split holds back."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator

from model.demo.corpus import honesty, knowledge, recall, refusals, sums, talk, translations, verses
from model.demo.corpus.conversations import Conversation, Row, Split, Turn, plain
from model.demo.corpus.tables import table

_TIMES = {
    "knowledge": 5, "small talk": 10, "identity": 12, "about bezel": 8, "poems": 10, "haiku": 8, "emails": 6,
    "lists": 6, "pirate": 12, "programs": 8, "refusal": 6, "support": 16, "look-alike": 10,
}  # fmt: skip
"""How often each row of a topic stands in one pass over the training text."""
_DRAWN = {
    "unknown": 3600,
    "other language": 400,
    "sums": 2600,
    "translation": 1600,
    "verse": 900,
    "recall": 2200,
}
_TEST_DRAWN = {
    "unknown": 300,
    "other language": 40,
    "sums": 100,
    "translation": 100,
    "verse": 30,
    "recall": 200,
}


def rows() -> tuple[Row, ...]:
    """Every row of every table."""
    return (*knowledge.rows(), *talk.rows(), *refusals.rows())


def _roughened(rng: random.Random, prompt: str) -> str:
    """The prompt as people type it in a hurry: lower case, no full stop or question mark."""
    return prompt.rstrip("?.!？。！") if rng.random() < 0.5 else prompt.lower().rstrip("?.!")


def _worded(rng: random.Random, row: Row, split: Split) -> str:
    wraps = table("templates")["wrap"][row.lang]
    if split == "test":
        if row.held and (not row.asks or not row.wraps or rng.random() < 0.6):
            return rng.choice(row.held)
        return str(rng.choice(wraps["held"])).replace("{q}", rng.choice(row.asks))
    ask = rng.choice(row.asks)
    chance = rng.random()
    if chance < 0.35 and row.wraps:
        return str(rng.choice(wraps["ask"])).replace("{q}", ask)
    return _roughened(rng, ask) if chance > 0.88 else ask


def _from_rows(rng: random.Random, split: Split) -> Iterator[Conversation]:
    for row in rows():
        usable = row.asks if split == "train" else row.held or (row.asks if row.wraps else ())
        for _ in range(_TIMES[row.topic] if split == "train" else 1):
            if usable:
                yield Conversation(
                    row.topic, row.lang, (Turn(_worded(rng, row, split), rng.choice(row.says)),)
                )


def _drawn(rng: random.Random, split: Split, fillers: dict[str, list[Turn]]) -> Iterator[Conversation]:
    counts = _DRAWN if split == "train" else _TEST_DRAWN
    for draw, topic in (
        (honesty.draw, "unknown"),
        (honesty.draw_other_language, "other language"),
        (sums.draw, "sums"),
        (translations.draw, "translation"),
        (verses.draw, "verse"),
    ):
        yield from (draw(rng, split) for _ in range(counts[topic]))
    yield from (recall.draw(rng, split, fillers) for _ in range(counts["recall"]))


def _joined(rng: random.Random, conversations: list[Conversation]) -> Iterator[Conversation]:
    """The conversations in a new order, a quarter of the short ones set behind another of the same language."""
    rng.shuffle(conversations)
    waiting: dict[str, Conversation] = {}
    for conversation in conversations:
        before = waiting.pop(conversation.lang, None)
        if before is not None:
            conversation = Conversation(
                conversation.topic, conversation.lang, before.turns + conversation.turns
            )
        if len(conversation.turns) < 4 and rng.random() < 0.25:
            waiting[conversation.lang] = conversation
        else:
            yield conversation
    yield from waiting.values()


def _fillers(conversations: Iterable[Conversation]) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = defaultdict(list)
    for conversation in conversations:
        reply = conversation.turns[0].reply
        if conversation.topic in ("small talk", "knowledge", "identity") and len(reply) < 120:
            turns[conversation.lang].append(conversation.turns[0])
    return turns


def compose(seed: int, split: Split = "train") -> tuple[Conversation, ...]:
    """One pass over the corpus; the same seed gives the same text. Passes with other seeds word and mix it anew."""
    rng = random.Random(f"{split}-{seed}")
    written = list(_from_rows(rng, split))
    everything = written + list(_drawn(rng, split, _fillers(written)))
    if split == "train":
        return tuple(_joined(rng, everything))
    taught = {plain(ask) for row in rows() for ask in row.asks}
    return tuple(
        conversation
        for conversation in everything
        if conversation.topic == "recall" or plain(conversation.turns[-1].prompt) not in taught
    )
