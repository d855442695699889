"""The ledger of erasures: who was erased, as keyed pseudonyms, and which conversations their people deleted.

It stands in the database and in files outside it. A restored backup knows nothing of what was erased later;
the files do, and the next start erases that again.
"""

import json
import logging
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from storage import tables
from storage.columns import new_id
from storage.types import StorageError
from storage.work import MARK, Work

FILE = "erasures"
log = logging.getLogger("bezel.erasures")


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure of one person, named as the audit log names them under the key `key_id`."""

    id: str
    person: str
    key_id: str
    with_account: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """One conversation that its person deleted; the id tells of nobody."""

    id: str
    at: datetime


Entry = Erasure | Deletion


class Ledger:
    """A file in each of these folders, a line an entry; a line that cannot be read is passed over."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._paths = tuple(folder / FILE for folder in folders)

    def read(self) -> dict[Path, dict[str, Entry]]:
        """What each file knows, by id; raises StorageError where one cannot be read."""
        return {path: _read(path) for path in self._paths}

    def add(self, made: Iterable[Entry]) -> None:
        """Add new entries to each file; one that cannot be written gets them at the next start."""
        lines = [_line(entry) for entry in made]
        for path in self._paths:
            _append(path, lines)

    def complete(self, files: Mapping[Path, Collection[str]], entries: Collection[Entry]) -> None:
        """Add to each of these files what it lacks of these entries, going by the ids that it knows."""
        for path, known in files.items():
            _append(path, [_line(entry) for entry in entries if entry.id not in known])


def note(work: Work, owner: str, *, with_account: bool) -> Erasure:
    """Write an erasure of this person into the database."""
    made = Erasure(
        id=new_id(),
        person=work.keys.pseudonym(owner),
        key_id=work.keys.audit_id,
        with_account=with_account,
        at=work.clock(),
    )
    adopt(work, [made])
    return made


def note_deleted(work: Work, conversation_ids: Sequence[str]) -> tuple[Deletion, ...]:
    """Write into the database that these conversations were deleted; nothing of temporary ones."""
    if MARK in work.info:
        return ()
    made = tuple(Deletion(conversation_id, work.clock()) for conversation_id in conversation_ids)
    adopt(work, made)
    return made


def adopt(work: Work, entries: Sequence[Entry]) -> None:
    """Write entries into the database as they stand."""
    people = [asdict(made) for made in entries if isinstance(made, Erasure)]
    gone = [{"conversation_id": made.id, "at": made.at} for made in entries if isinstance(made, Deletion)]
    for table, rows in ((tables.Erasure, people), (tables.Deletion, gone)):
        if rows:
            work.execute(insert(table), rows)


def noted(work: Work) -> dict[str, Entry]:
    """All that this database knows, by id."""
    erasure, deletion = tables.Erasure, tables.Deletion
    people = work.execute(
        select(erasure.id, erasure.person, erasure.key_id, erasure.with_account, erasure.at).order_by(
            erasure.id
        )
    )
    gone = work.execute(select(deletion.conversation_id, deletion.at).order_by(deletion.conversation_id))
    entries: list[Entry] = [*(Erasure(*row) for row in people), *(Deletion(*row) for row in gone)]
    return {entry.id: entry for entry in entries}


def _read(path: Path) -> dict[str, Entry]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}).") from None
    found: dict[str, Entry] = {}
    for number, line in enumerate(filter(None, lines), start=1):
        try:
            entry = _entry(json.loads(line))
            found[entry.id] = entry
        except (ValueError, KeyError, TypeError):
            log.error("%s: line %d is no erasure and is passed over", path, number)
    return found


def _entry(kept: dict[str, Any]) -> Entry:
    at = datetime.fromisoformat(kept["at"]).astimezone(UTC)
    if "conversation" in kept:
        return Deletion(str(UUID(str(kept["conversation"]))), at)
    return Erasure(
        id=str(UUID(str(kept["id"]))),
        person=str(kept["person"]),
        key_id=str(kept["key_id"]),
        with_account=bool(kept["with_account"]),
        at=at,
    )


def _line(made: Entry) -> str:
    at = made.at.isoformat()
    if isinstance(made, Deletion):
        return json.dumps({"conversation": made.id, "at": at})
    return json.dumps({**asdict(made), "at": at})


def _append(path: Path, lines: Sequence[str]) -> None:
    if not lines:
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            # A line that a crash cut off ends here, so that the next one is whole.
            file.write("\n" + "\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        log.error("%s could not be written (%s); the next start tries again", path, error.strerror)
