"""One transaction, with the keys and the clock of the store it belongs to."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.anchor import Head
from storage.columns import new_id
from storage.keys import Keys
from storage.types import DeskRules

MARK = "mark"
"""Where `Session.info` holds what ids of a temporary conversation begin with, in transactions about one."""


class Work(Session):
    """A Session that the functions of this room take first; it never outlives one call of the Store."""

    def __init__(
        self,
        *args: Any,
        keys: Keys,
        clock: Callable[[], datetime],
        rules: DeskRules,
        run_id: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys
        self.clock = clock
        self.rules = rules
        self.run_id = run_id
        """The id of the Store that this is a transaction of, new each time one is opened."""
        self.recorded: Head | None = None
        """The newest audit event of this transaction."""

    def new_id(self) -> str:
        """An id for a conversation or a message, which tells whether that is a temporary one."""
        return str(self.info.get(MARK, "")) + new_id()
