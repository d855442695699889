"""How the Store's questions reach the database: each is one transaction, with the keys and the clock."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from storage import dialects
from storage.keys import Keys
from storage.opening import explained
from storage.work import Work

P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[Work, P], T]


class Transactions:
    """Runs one step at a time on SQLite, as many as come on PostgreSQL; all raise StorageError."""

    def __init__(self, engine: Engine, keys: Keys, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self.keys = keys
        self._place = str(engine.url.database)
        self._reading = sessionmaker(engine, class_=Work, keys=keys, clock=clock)
        self._changing = sessionmaker(
            engine.execution_options(**{dialects.WRITING: True}), class_=Work, keys=keys, clock=clock
        )
        # SQLite has one writer; queueing here is fair and quick, its own waiting is neither.
        self._turnstile: AbstractContextManager[Any] = (
            threading.Lock() if dialects.is_sqlite(engine) else nullcontext()
        )

    def read(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives; it changes nothing."""
        with explained(self._place), self._reading.begin() as work:
            return step(work, *args, **kwargs)

    def write(self, step: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives, once all that it wrote is on the disk; nothing of it where it raises."""
        with self._turnstile, explained(self._place), self._changing.begin() as work:
            return step(work, *args, **kwargs)

    def forget_deleted(self) -> None:
        """Leave no byte of deleted rows in the files."""
        with self._turnstile, explained(self._place):
            dialects.forget_deleted(self._engine)

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._engine.dispose()
