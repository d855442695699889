"""Lets moderators' decisions take effect in time, whoever looks, and the model forget what they took away."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storage.desk_door import Desk
from storage.types import StorageError

EVERY_SECONDS = 1.0

log = logging.getLogger("bezel.desk")


@contextmanager
def settling(desk: Desk, forget: Callable[[str], None], every: float = EVERY_SECONDS) -> Iterator[None]:
    """Settle what is due every so many seconds, in a thread of its own, until the end."""
    ended = threading.Event()
    thread = threading.Thread(target=_settle, args=(desk, forget, every, ended), name="settling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _settle(desk: Desk, forget: Callable[[str], None], every: float, ended: threading.Event) -> None:
    while not ended.wait(every):
        try:
            settle(desk, forget)
        except StorageError as error:
            log.warning("decisions could not take effect yet: %s", error)


def settle(desk: Desk, forget: Callable[[str], None]) -> None:
    """Let what is due take effect, and the model forget the conversations that it changed."""
    for conversation_id in desk.settle():
        forget(conversation_id)
