"""A database as full as after years: people, conversations, messages with verdicts, all of it searchable."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.store.places import Place
from safety.types import Action, Outcome, Verdict
from storage import tokens
from storage.columns import new_id

OF_A_HEAVY_PERSON = 10_000
OF_A_LIGHT_PERSON = 100
IN_A_CONVERSATION = 200
"""Messages in each conversation of a person who has written much."""
TITLE_CHARACTERS = 48
WORDS = {
    "en": "bridge river garden lantern copper winter letter harbour market window morning kitchen planet",
    "ko": "다리 강물 정원 등불 구리 겨울 편지 항구 시장 창문 아침 부엌 행성",
    "ja": "橋梁 河川 庭園 提灯 銅線 冬景色 手紙 港町 市場 窓辺 朝食 台所 惑星",
    "zh": "桥梁 河流 花园 灯笼 铜器 冬天 信件 港口 市场 窗户 早晨 厨房 行星",
}
RARE = ("quicksilver", "수은", "水銀", "汞齐")
"""A word of each language that one message in a hundred holds."""
MESSAGE = "owner id conversation_id parent_id place role state text checkpoint settings end_reason created_at"
VERDICT = "id owner conversation_id message_id action score policy body created_at"
CONVERSATION = "owner id title leaf_id created_at updated_at"
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Full:
    """What can be asked of the full database: conversations of 200 messages by their owners."""

    conversations: list[tuple[str, str]]

    @property
    def heavy(self) -> list[str]:
        """The people who have written much."""
        return sorted({owner for owner, _ in self.conversations})


def fill(place: Place, name: str, messages: int) -> Full:
    """Load this many messages: half of them of people with 10,000 each, half of people with 100."""
    chance = random.Random(messages)
    people = list(_people(messages))
    loading = Loading(chance)
    place.load(name, "person", ("owner", "created_at"), ((owner, _at(0)) for owner, _, _ in people))
    rows = [row for person in people for row in loading.conversations(*person)]
    full = Full([(row.owner, row.id) for row in rows if row.owner.startswith("heavy")])
    place.load(name, "conversation", CONVERSATION.split(), (row.as_row() for row in rows))
    place.load(name, "message", MESSAGE.split(), (said for row in rows for said in loading.messages(row)))
    place.load(name, "verdict", VERDICT.split(), (said for row in rows for said in loading.verdicts(row)))
    columns = ("owner", "message_id", "words")
    place.load(name, "searchable", columns, (said for row in rows for said in loading.searchable(row)))
    named = ((row.owner, row.id, tokens.kept(row.owner, row.title)) for row in rows)
    place.load(name, "searchable_title", ("owner", "conversation_id", "words"), named)
    place.settle(name)
    return full


def _people(messages: int) -> Iterator[tuple[str, int, int]]:
    """Everybody, with how many messages they have, and how many of them in a conversation."""
    heavy = max(messages // (2 * OF_A_HEAVY_PERSON), 1)
    for number in range(heavy):
        yield f"heavy-{number}", min(OF_A_HEAVY_PERSON, messages), IN_A_CONVERSATION
    for number in range((messages - heavy * OF_A_HEAVY_PERSON) // OF_A_LIGHT_PERSON):
        yield f"light-{number}", OF_A_LIGHT_PERSON, 20


def _at(second: float) -> str:
    """A moment as both databases take it."""
    return (START + timedelta(seconds=second)).replace(tzinfo=None).isoformat(" ", "microseconds")


@dataclass(frozen=True)
class Planned:
    """A conversation before its rows are made: the ids of its messages and their texts, from the pool."""

    owner: str
    id: str
    title: str
    second: float
    ids: list[str]
    texts: list[int]

    def as_row(self) -> tuple[Any, ...]:
        """Its own row."""
        at = _at(self.second)
        return (self.owner, self.id, self.title, self.ids[-1], at, at)


class Loading:
    """Makes rows of texts from a small pool, so that a million of them take a minute."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._pool = [_text(chance, number) for number in range(1_000)]
        self._words = [tokens.kept("", text) for text in self._pool]
        allowed = Verdict(
            action=Action.ALLOW,
            score=0.02,
            categories={},
            findings=(),
            checks=dict.fromkeys(("rules", "identifiers", "circumvention", "classifier"), Outcome.PASS),
            policy="pup-2026.11/standard/n1",
            versions=dict.fromkeys(("rules", "identifiers", "circumvention", "classifier"), "1"),
        )
        self._body = json.dumps(allowed.as_dict())

    def conversations(self, owner: str, count: int, size: int) -> Iterator[Planned]:
        """This person's conversations, of so many messages each."""
        for number in range(count // size):
            texts = [self._chance.randrange(len(self._pool)) for _ in range(size)]
            title = self._pool[texts[0]][:TITLE_CHARACTERS]
            yield Planned(owner, new_id(), title, number * 86_400.0, [new_id() for _ in texts], texts)

    def messages(self, row: Planned) -> Iterator[tuple[Any, ...]]:
        """Prompts and replies in turn, each under the one before."""
        above = None
        for place, (key, text) in enumerate(zip(row.ids, row.texts, strict=True)):
            is_prompt = place % 2 == 0
            said = ("user", "accepted") if is_prompt else ("assistant", "complete")
            by = (None, None, None) if is_prompt else ("bezel-demo@1", '{"temperature": 0.7}', "end")
            at = _at(row.second + place)
            yield (row.owner, key, row.id, above, 1, *said, self._pool[text], *by, at)
            above = key

    def verdicts(self, row: Planned) -> Iterator[tuple[Any, ...]]:
        """One verdict a message: it passed."""
        for key in row.ids:
            at = _at(row.second)
            yield (new_id(), row.owner, row.id, key, "allow", 0.02, "pup-2026.11", self._body, at)

    def searchable(self, row: Planned) -> Iterator[tuple[Any, ...]]:
        """The tokens of each message, under its owner's mark."""
        nobody, somebody = tokens.owner_mark(""), tokens.owner_mark(row.owner)
        for key, text in zip(row.ids, row.texts, strict=True):
            yield (row.owner, key, self._words[text].replace(nobody, somebody))


def _text(chance: random.Random, number: int) -> str:
    language = tuple(WORDS)[number % len(WORDS)]
    words = chance.choices(WORDS[language].split(), k=chance.randrange(4, 60))
    if number % 100 < len(WORDS):
        words.append(RARE[number % len(WORDS)])
    return " ".join(words)
