"""Lets moderators' decisions take effect in time, whoever looks, and the model forget what they took away."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.repeating import repeating
from storage.desk_door import Desk
from storage.types import StorageError

EVERY_SECONDS = 1.0

log = logging.getLogger("bezel.desk")


@contextmanager
def settling(desk: Desk, forget: Callable[[str], None], every: float = EVERY_SECONDS) -> Iterator[None]:
    """Settle what is due every so many seconds, in a thread of its own, until the end."""
    with repeating("settling", lambda: settle(desk, forget), every):
        yield


def settle(desk: Desk, forget: Callable[[str], None]) -> None:
    """Let what is due take effect, and the model forget the conversations that it changed."""
    try:
        for conversation_id in desk.settle():
            forget(conversation_id)
    except StorageError as error:
        log.warning("decisions could not take effect yet: %s", error)
