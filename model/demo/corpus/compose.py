"""Composing the corpus from a seed: how much of what, in which wording, and what the test split holds back."""

import functools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from model.demo.corpus import (
    follow,
    honesty,
    knowledge,
    paste,
    recall,
    refusals,
    styles,
    sums,
    talk,
    translations,
    verses,
    wording,
)
from model.demo.corpus.conversations import Conversation, Row, Split, Turn, plain

_TIMES = {
    "knowledge": 6, "small talk": 22, "identity": 22, "about bezel": 22, "poems": 8, "haiku": 8, "emails": 8, "lists": 7,
    "pirate": 14, "programs": 7, "refusal": 3, "support": 130, "look-alike": 16,
}  # fmt: skip
"""How often each row of a topic stands in one pass over the training text."""
_DRAWN = {
    "unknown": 6500, "other language": 900, "news": 900, "sums": 6500, "translation": 4500, "verse": 1100, "style": 2000,
    "recall": 4500, "follow-up": 3000, "pasted text": 4500,
}  # fmt: skip
_TEST_DRAWN = {
    "unknown": 400, "other language": 100, "news": 30, "sums": 200, "translation": 150, "verse": 60, "style": 60,
    "recall": 300, "follow-up": 120, "pasted text": 200,
}  # fmt: skip
_WITHIN = ("recall", "follow-up")
"""Topics whose last prompt may be a taught one: what is held out stands before it."""


@functools.cache
def rows() -> tuple[Row, ...]:
    """Every row of every table."""
    return (*knowledge.rows(), *talk.rows(), *refusals.rows())


@functools.cache
def taught() -> frozenset[str]:
    """Every wording of the tables that is trained on, in plain form."""
    return wording.taught(rows())


def _from_rows(rng: random.Random, split: Split) -> Iterator[Conversation]:
    held = wording.held_wordings(rows())
    for row in rows():
        for _ in range(_TIMES[row.topic] if split == "train" else 1):
            if split == "train" and not row.asks:
                continue
            prompt = wording.wording(rng, row, split)
            while split == "train" and plain(prompt) in held:
                prompt = wording.wording(rng, row, split)
            yield Conversation(row.topic, row.lang, (Turn(prompt, rng.choice(row.says)),))


def _drawn(rng: random.Random, split: Split, written: Sequence[Conversation]) -> Iterator[Conversation]:
    counts = _DRAWN if split == "train" else _TEST_DRAWN
    held = wording.held_wordings(rows()) if split == "train" else frozenset()
    between = _fillers(written)
    sentences = {lang: [turn.reply for turn in turns] for lang, turns in _sentences(written).items()}
    styled = styles.usable(rows())
    draws: dict[str, Callable[[random.Random, Split], Conversation]] = {
        "unknown": honesty.draw,
        "other language": honesty.draw_other_language,
        "news": talk.draw_news,
        "sums": sums.draw,
        "translation": translations.draw,
        "verse": verses.draw,
        "style": functools.partial(styles.draw, rows=styled),
        "recall": functools.partial(recall.draw, between=between),
        "follow-up": functools.partial(follow.draw, between=between),
        "pasted text": functools.partial(paste.draw, sentences=sentences),
    }
    for topic, draw in draws.items():
        for _ in range(counts[topic]):
            drawn = draw(rng, split)
            if not any(plain(turn.prompt) in held for turn in drawn.turns):
                yield drawn


def _joined(rng: random.Random, conversations: list[Conversation]) -> Iterator[Conversation]:
    """The conversations in a new order, a fifth of the short ones set behind another of the same language."""
    rng.shuffle(conversations)
    waiting: dict[str, Conversation] = {}
    for conversation in conversations:
        before = waiting.pop(conversation.lang, None) if conversation.topic != "follow-up" else None
        if before is not None:
            conversation = Conversation(
                conversation.topic, conversation.lang, before.turns + conversation.turns
            )
        if len(conversation.turns) < 4 and conversation.topic not in _WITHIN and rng.random() < 0.2:
            waiting[conversation.lang] = conversation
        else:
            yield conversation
    yield from waiting.values()


def _by_language(conversations: Iterable[Conversation], topics: tuple[str, ...]) -> Mapping[str, list[Turn]]:
    turns: dict[str, list[Turn]] = defaultdict(list)
    for conversation in conversations:
        turn = conversation.turns[0]
        if conversation.topic in topics and len(turn.reply) < 110 and "\n" not in turn.reply:
            turns[conversation.lang].append(turn)
    return turns


def _fillers(written: Sequence[Conversation]) -> Mapping[str, list[Turn]]:
    """Short turns to stand between a telling and the question for it, by language."""
    return _by_language(written, ("small talk", "knowledge", "identity"))


def _sentences(written: Sequence[Conversation]) -> Mapping[str, list[Turn]]:
    """Turns whose replies are sentences that a pasted text may hold, by language."""
    return _by_language(written, ("knowledge",))


def compose(seed: int, split: Split = "train") -> tuple[Conversation, ...]:
    """One pass over the corpus; the same seed gives the same text. Passes with other seeds word and mix it anew."""
    rng = random.Random(f"{split}-{seed}")
    written = list(_from_rows(rng, split))
    everything = written + list(_drawn(rng, split, written))
    if split == "train":
        return tuple(_joined(rng, everything))
    return tuple(
        conversation
        for conversation in everything
        if conversation.topic in _WITHIN or plain(conversation.turns[-1].prompt) not in taught()
    )
