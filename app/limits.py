"""How much one person and one address may do in a time, and the sentence that says until when."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.address import UNKNOWN
from app.admits import Seen, TurnRefused
from app.wording import limits

MINUTE, HOUR = 60.0, 3_600.0
MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """The bounds that the host chose; 0 is no bound."""

    prompts: int = 20
    """A minute, from one person."""
    tokens: int = 20_000
    """Of replies a minute, to one person."""
    turns: int = 2
    """At the same time, of one person."""
    reports: int = 20
    """An hour, from one person."""
    address_prompts: int = 600
    """A minute, from one address."""
    address_people: int = 1_000
    """New people an hour, from one address."""
    conversations: int = 1_000
    """Kept by one person."""
    messages: int = 1_000
    """In one conversation, all versions."""


class Buckets:
    """One bucket a key: so much at once, filling again evenly over the period.

    Of each key only the moment is kept at which its bucket will be full again (the generic cell rate
    algorithm, ITU-T I.371). Past `most` keys full buckets are dropped, then those used longest ago.
    """

    def __init__(
        self,
        size: int,
        period: float,
        *,
        most: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each = period / size if size else 0.0
        self._period = period
        self._most = most
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: str) -> float:
        """Seconds until one more may be taken; 0 where it may be now."""
        if not self._each:
            return 0.0
        wait = self._full_at.get(key, 0.0) - self._clock() - (self._period - self._each)
        return wait if wait > 1e-6 else 0.0

    def take(self, key: str, count: float = 1.0) -> None:
        """Take so many out, past the bottom if need be: what is owed has to fill first."""
        if not self._each or count <= 0:
            return
        now = self._clock()
        self._full_at[key] = max(self._full_at.get(key, now), now) + count * self._each
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._most:
            self._forget(now)

    def _forget(self, now: float) -> None:
        for key in [key for key, full_at in self._full_at.items() if full_at <= now]:
            del self._full_at[key]
        # A tenth at once, so that a flood of keys does not go through all of them for each one more.
        while len(self._full_at) > self._most * 0.9:
            self._full_at.popitem(last=False)


class Admission:
    """Counts what people do and refuses what is too much; it keeps addresses in memory only, for a while."""

    def __init__(
        self, allowed: Allowed | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed = allowed = allowed or Allowed()
        self._prompts = Buckets(allowed.prompts, MINUTE, clock=clock)
        self._tokens = Buckets(allowed.tokens, MINUTE, clock=clock)
        self._reports = Buckets(allowed.reports, HOUR, clock=clock)
        self._address_prompts = Buckets(allowed.address_prompts, MINUTE, clock=clock)
        self._address_people = Buckets(allowed.address_people, HOUR, clock=clock)
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._live: Counter[str] = Counter()

    def came_from(self, owner: str, address: str, language: str) -> None:
        """Note where a person's request came from; their next prompts count for that address too."""
        self._seen[owner] = Seen(address, language)
        self._seen.move_to_end(owner)
        while len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)

    @contextmanager
    def turn(self, owner: str, *, conversations: int = 0, messages: int = 0) -> Iterator[None]:
        """Count one prompt, and one turn until its end. Raises TurnRefused, and then counts nothing.

        `conversations` is how many they have where this begins another, `messages` how many its own has.
        """
        self._require_room(owner, conversations, messages)
        self._require_turn(owner)
        self._live[owner] += 1
        try:
            yield
        finally:
            self._live[owner] -= 1
            if not self._live[owner]:
                del self._live[owner]

    def _require_room(self, owner: str, conversations: int, messages: int) -> None:
        language, allowed = self.seen(owner).language, self._allowed
        if conversations >= allowed.conversations:
            raise TurnRefused(limits.too_many_conversations(language, allowed.conversations))
        if messages >= allowed.messages:
            raise TurnRefused(limits.too_long_a_conversation(language, allowed.messages))

    def _require_turn(self, owner: str) -> None:
        seen, live = self.seen(owner), self._live[owner]
        if self._allowed.turns and live >= self._allowed.turns:
            raise TurnRefused(limits.too_many_turns(seen.language, live))
        self.require_prompt(owner)

    def require_prompt(self, owner: str) -> None:
        """Count one text of theirs that the gate is to judge. Raises TurnRefused, and counts nothing."""
        seen = self.seen(owner)
        waits = {
            limits.too_many_prompts: self._prompts.wait(owner),
            limits.too_many_tokens: self._tokens.wait(owner),
            limits.too_many_from_address: self._address_prompts.wait(seen.address) if seen.address else 0.0,
        }
        sentence, longest = max(waits.items(), key=lambda pair: pair[1])
        if longest > 0:
            raise TurnRefused(sentence(seen.language, longest))
        self._prompts.take(owner)
        if seen.address:
            self._address_prompts.take(seen.address)

    def seen(self, owner: str) -> Seen:
        """Where they came from last."""
        return self._seen.get(owner, Seen(UNKNOWN, "en"))

    def spent(self, owner: str, tokens: int) -> None:
        """Count the tokens of a reply that has ended."""
        self._tokens.take(owner, tokens)

    def require_report(self, owner: str) -> None:
        """Count one report or request for a review. Raises TurnRefused, and counts nothing."""
        wait = self._reports.wait(owner)
        if wait > 0:
            raise TurnRefused(limits.too_many_reports(self.seen(owner).language, wait))
        self._reports.take(owner)

    def wait_of_new_person(self, address: str) -> float:
        """Count somebody new from this address, or give the seconds to wait where there were too many."""
        if not address:
            return 0.0
        wait = self._address_people.wait(address)
        if wait == 0:
            self._address_people.take(address)
        return wait
