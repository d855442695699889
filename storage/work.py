"""One transaction, with the keys and the clock of the store it belongs to."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.keys import Keys


class Work(Session):
    """A Session that the functions of this room take first; it never outlives one call of the Store."""

    def __init__(self, *args: Any, keys: Keys, clock: Callable[[], datetime], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys
        self.clock = clock
