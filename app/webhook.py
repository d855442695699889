"""Tells the host's own address that moderators' work waits: two numbers, and nothing of any case."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2

from storage.types import StorageError, Waiting

EVERY_SECONDS = 60.0
TRY_SECONDS = 10.0
PAUSES = (1.0, 4.0)
"""Between the tries; after the last one the numbers wait for the next round."""

log = logging.getLogger("bezel.webhook")


class Webhook:
    """One address, or none; told again only when the numbers are others than those it heard last."""

    def __init__(
        self, url: str | None, load: Callable[[], Waiting], pauses: tuple[float, ...] = PAUSES
    ) -> None:
        self._url = url
        self._load = load
        self._pauses = pauses
        self._heard = (0, 0)
        self._ended = threading.Event()

    def run(self, every: float) -> None:
        """Look now and every so many seconds, until `end`."""
        while not self._ended.is_set():
            try:
                self.look()
            except StorageError as error:
                log.warning("how much waits could not be counted: %s", error)
            self._ended.wait(every)

    def look(self) -> None:
        """Tell how much waits, where that has changed; a few tries, then the next look has its turn."""
        if self._url is None:
            return
        load = self._load()
        numbers = (load.cases, load.overdue)
        if numbers == self._heard:
            return
        for pause in (*self._pauses, None):
            fault = _fault(self._url, {"waiting": load.cases, "overdue": load.overdue})
            if fault is None:
                self._heard = numbers
                return
            if pause is None or self._ended.wait(pause):
                # The host's name alone: an address may hold a secret.
                log.warning("%s was not told how much waits: %s", urlsplit(self._url).hostname, fault)
                return

    def end(self) -> None:
        """Look no more, and wait for no further try."""
        self._ended.set()


@contextmanager
def telling(webhook: Webhook, every: float = EVERY_SECONDS) -> Iterator[None]:
    """Look in a thread of its own, until the end."""
    thread = threading.Thread(target=webhook.run, args=(every,), name="webhook", daemon=True)
    thread.start()
    try:
        yield
    finally:
        webhook.end()
        thread.join()


def _fault(url: str, numbers: dict[str, int]) -> str | None:
    """Send the numbers once; gives what went wrong, or None."""
    try:
        answer = httpx2.post(url, json=numbers, timeout=TRY_SECONDS, follow_redirects=False)
    except httpx2.HTTPError as error:
        return type(error).__name__
    return None if answer.is_success else f"it answered {answer.status_code}"
