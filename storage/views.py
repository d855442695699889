"""Saved views: a moderator's own names for filters of the queue."""

from dataclasses import asdict, fields

from sqlalchemy import select

from storage import moderators, tables
from storage.columns import short
from storage.types import Filters, SavedView, StorageError
from storage.work import Work

LONGEST_NAME = 60
MOST = 30


def of(work: Work, moderator_id: str) -> tuple[SavedView, ...]:
    """Theirs, by name."""
    table = tables.SavedView
    rows = work.scalars(select(table).where(table.moderator_id == moderator_id).order_by(table.name))
    return tuple(SavedView(row.name, filters_of(row.filters)) for row in rows)


def save(work: Work, moderator_id: str, name: str, filters: Filters) -> None:
    """Keep filters under a name, in place of those of that name; at most 30 a moderator."""
    moderators.active(work, moderator_id)
    name = short(name.strip(), "name", LONGEST_NAME)
    if not name or not name.isprintable():
        raise StorageError(f"A view needs a name of one line and at most {LONGEST_NAME} characters.")
    row = work.get(tables.SavedView, (moderator_id, name), with_for_update=True)
    if row is not None:
        row.filters = asdict(filters)
    elif len(of(work, moderator_id)) >= MOST:
        raise StorageError(f"You have {MOST} saved views, which is the most; forget one of them first.")
    else:
        work.add(tables.SavedView(moderator_id=moderator_id, name=name, filters=asdict(filters)))


def drop(work: Work, moderator_id: str, name: str) -> None:
    """Forget them; a name that is none is fine."""
    row = work.get(tables.SavedView, (moderator_id, name))
    if row is not None:
        work.delete(row)


def filters_of(kept: dict[str, object]) -> Filters:
    """Filters as they were saved; what this version does not know is left out."""
    known = {field.name for field in fields(Filters)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return Filters(**{name: value for name, value in values.items() if name in known})  # type: ignore[arg-type]
