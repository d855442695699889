"""How the Store's questions reach the database: each is one transaction, with the keys and the clock."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from storage import dialects
from storage.anchor import Anchors
from storage.columns import new_id
from storage.keys import Keys
from storage.opening import CONNECTIONS, explained
from storage.turnstile import Turnstile
from storage.types import DeskRules, StorageError
from storage.work import MARK, Work

TRIES = 5
log = logging.getLogger("bezel.storage")
P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[Work, P], T]


class Transactions:
    """Runs one step at a time on SQLite, as many as come on PostgreSQL; all raise StorageError."""

    def __init__(  # noqa: PLR0913
        self,
        engine: Engine,
        keys: Keys,
        clock: Callable[[], datetime],
        anchors: Anchors,
        rules: DeskRules,
        *,
        mark: str = "",
    ) -> None:
        """`mark` is what the ids of conversations and messages begin with in this database."""
        self._engine = engine
        self.keys = keys
        self.anchors = anchors
        self._place = str(engine.url.database)
        self.run_id = new_id()
        given: dict[str, Any] = {"keys": keys, "clock": clock, "rules": rules, "run_id": self.run_id}
        given["info"] = {MARK: mark} if mark else {}
        self._reading = sessionmaker(dialects.reading(engine), class_=Work, **given)
        self._changing = sessionmaker(
            engine.execution_options(**{dialects.WRITING: True}), class_=Work, **given
        )
        # SQLite has one writer. Queueing here is fair and quick; its own waiting, and the pool's, is neither.
        self._turnstile = Turnstile(1 if dialects.is_sqlite(engine) else CONNECTIONS // 2)

    def read(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives, all of it as it was at one moment; it changes nothing."""
        with explained(self._place), self._reading.begin() as work:
            return step(work, *args, **kwargs)

    def write(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives, once all that it wrote is on the disk; nothing of it where it raises.

        A step does nothing outside its transaction, for one that met another's is taken again from its start.
        """
        with self._turnstile, explained(self._place):
            for left in reversed(range(TRIES)):
                try:
                    with self._changing.begin() as work:
                        given = step(work, *args, **kwargs)
                    break
                except DBAPIError as error:
                    if not left or not dialects.met_another(error):
                        raise
        # Once it is on the disk, and not before: the anchor may lag behind the log, and never lead.
        self.anchors.follow(work.recorded)
        return given

    def forget_deleted(self) -> None:
        """Leave no byte of deleted rows in the files; raises StorageError where that cannot be done now."""
        try:
            with self._turnstile, explained(self._place):
                is_gone = dialects.forget_deleted(self._engine)
        except StorageError as error:
            log.error("deleted rows still stand in the file: %s", error)
            raise StorageError(
                f"It is erased, but {self._place} could not be written anew, and may hold its bytes yet. "
                "Make room on the disk; the next time something is erased, it is tried again."
            ) from None
        if not is_gone:
            log.warning("another program reads %s: what was erased stays in its file meanwhile", self._place)

    def forget_overwritten(self) -> None:
        """Leave no byte of what a row held before in the files, as far as that is quick."""
        with self._turnstile, explained(self._place):
            dialects.forget_overwritten(self._engine)

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._engine.dispose()
