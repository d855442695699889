"""What a value must be to become a row: ids, people's words, moments in UTC."""

import json
import re
import threading
from datetime import UTC, datetime
from typing import Any

import orjson
import uuid_utils
from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

from storage.types import NotFound, StorageError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_last_id = [""]
_last_id_lock = threading.Lock()


def new_id() -> str:
    """A UUIDv7, greater than every one that this process gave before, also where the clock jumps back."""
    with _last_id_lock:
        fresh = str(uuid_utils.uuid7())
        if fresh <= _last_id[0]:
            fresh = str(uuid_utils.UUID(int=uuid_utils.UUID(_last_id[0]).int + 1))
        _last_id[0] = fresh
        return fresh


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def storable(text: str) -> str:
    """The text with U+FFFD for each NUL and lone surrogate, which no database keeps; offsets stay."""
    return _UNSTORABLE.sub("\ufffd", text)


def short(text: str, what: str, longest: int) -> str:
    """The text as it can be stored; raises StorageError where it is longer than `longest` characters."""
    if len(text) > longest:
        raise StorageError(f"The {what} is {len(text):,} characters long; it can be at most {longest:,}.")
    return storable(text)


def quoted(value: str) -> str:
    """An id as an error may show it: in quotes, at most 60 characters of it."""
    return repr(value if len(value) <= 60 else value[:59] + "…")


def from_json(kept: str) -> Any:
    """The value that a JSON column holds; the strict and quick parser leaves lone surrogates to the other."""
    try:
        return orjson.loads(kept)
    except orjson.JSONDecodeError:
        return json.loads(kept)


class Identifier(TypeDecorator[str]):
    """An id or an owner; one that no database could hold is the id of nothing."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and (len(value) > 200 or _UNSTORABLE.search(value)):
            raise NotFound(f"There is nothing with the id {quoted(value)}.")
        return value


class Words(TypeDecorator[str]):
    """Text from a person or a model, of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Moment(TypeDecorator[datetime]):
    """A point in time: timezone aware in, UTC out, whether or not the database knows time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise StorageError(f"The time {value} has no time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
