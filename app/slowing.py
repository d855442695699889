"""Guessing is slowed, never stopped: after failures in a row, one account waits longer from that address."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

FREE_FAILURES = 5
FIRST_DELAY = 0.5
LONGEST_DELAY = 4.0
REMEMBERED_PAIRS = 10_000
# Each check of a password takes 64 MiB and a thread: more at once would starve the chat of both.
CHECKS_AT_ONCE = 2


class Slowing:
    """Counts failed tries in a row by account and address; past a bound the oldest are forgotten."""

    def __init__(
        self,
        most: int = REMEMBERED_PAIRS,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._most = most
        self._pause = pause
        self._failures: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    def seconds(self, account: str, address: str) -> float:
        """How long the next try of this pair waits; nobody is ever locked out."""
        failures = self._failures.get((account, address), 0)
        if failures < FREE_FAILURES:
            return 0.0
        return float(min(FIRST_DELAY * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_DELAY))

    def failed(self, account: str, address: str) -> None:
        """Note a failure."""
        pair = (account, address)
        self._failures[pair] = self._failures.get(pair, 0) + 1
        self._failures.move_to_end(pair)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this pair."""
        self._failures.pop((account, address), None)

    @asynccontextmanager
    async def one_try(self, account: str, address: str) -> AsyncIterator[None]:
        """Wait until this try may be checked; it counts as failed from its start until `succeeded` is called.

        One address has one check under way at most, so that many tries from there do not keep others waiting.
        """
        wait = self.seconds(account, address)
        self.failed(account, address)
        await self._pause(wait)
        line = self._lines.setdefault(address, asyncio.Lock())
        async with line, self._checks:
            yield
