"""What a person waits for: a conversation, the list, a search; in a full database and in a small one."""

import random
from collections.abc import Callable, Iterator

from benchmarks.store.figures import Figure, milliseconds, opened, percentile
from benchmarks.store.places import Place
from benchmarks.store.seeding import RARE, WORDS, Full, fill
from storage.store import Store

SMALL = 10_000
WARM = 10
"""Questions before those that count."""
Ask = Callable[[Store, Full, random.Random], object]


def measure(place: Place, messages: int, rounds: int) -> Iterator[Figure]:
    """Ask both databases in turn, so that a busy machine slows both."""
    sizes = {"large": messages, "small": min(SMALL, messages)}
    urls = {name: place.new(name) for name in sizes}
    filled = {name: fill(place, name, count) for name, count in sizes.items()}
    stores = {name: opened(url) for name, url in urls.items()}
    try:
        for measured, (bound, ask) in QUESTIONS.items():
            times: dict[str, list[float]] = {name: [] for name in sizes}
            chance = random.Random(1)
            for number in range(rounds + WARM):
                for name, store in stores.items():
                    taken = milliseconds(lambda: ask(store, filled[name], chance))  # noqa: B023
                    if number >= WARM:
                        times[name].append(taken)
            large, small = (percentile(times[name], 0.95) for name in ("large", "small"))
            remark = f"p50 {percentile(times['large'], 0.5):.1f}"
            said = f"{measured} among {messages:,}, p95"
            yield Figure(said, place.name, large, bound, "ms", remark)
            yield Figure(f"{said}, divided by among {sizes['small']:,}", place.name, large / small, 2, "×")
    finally:
        for store in stores.values():
            store.close()


def _open(store: Store, full: Full, chance: random.Random) -> object:
    return store.path(*chance.choice(full.conversations))


def _list(store: Store, full: Full, chance: random.Random) -> object:
    return store.conversations(chance.choice(full.heavy), 50)


def _search(store: Store, full: Full, chance: random.Random) -> object:
    """Words that every fourth message holds, and words that one in a hundred does, of all languages."""
    often = chance.choice(WORDS[chance.choice(tuple(WORDS))].split())
    return store.search(chance.choice(full.heavy), chance.choice((often, chance.choice(RARE))))


QUESTIONS: dict[str, tuple[float, Ask]] = {
    "open a conversation of 200": (5, _open),
    "list 50 conversations": (5, _list),
    "search one person's 10,000": (30, _search),
}
