"""The ledger of erasures: who was erased, as keyed pseudonyms, in the database and in files outside it.

A restored backup knows nothing of later erasures; the files do, and the next start erases those people again.
"""

import json
import logging
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from storage import tables
from storage.columns import new_id
from storage.types import StorageError
from storage.work import Work

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


class Ledger:
    """A file in each of these folders, a line an erasure; a line that cannot be read is passed over."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._paths = tuple(folder / FILE for folder in folders)

    def read(self) -> dict[str, Erasure]:
        """All that the files together know, by id; raises StorageError where one cannot be read."""
        return {found.id: found for path in self._paths for found in _read(path)}

    def add(self, erasures: Collection[Erasure]) -> None:
        """Add those that a file lacks to it; one that cannot be written gets them at the next start."""
        for path in self._paths:
            known = {found.id for found in _read(path)}
            try:
                _append(path, (made for made in erasures if made.id not in known))
            except OSError as error:
                log.error("%s could not be written (%s); the next start tries again", path, error.strerror)


def note(work: Work, owner: str, *, with_account: bool) -> Erasure:
    """Write an erasure of this person into the database."""
    made = Erasure(
        id=new_id(),
        person=work.keys.pseudonym(owner),
        key_id=work.keys.audit_id,
        with_account=with_account,
        at=work.clock(),
    )
    adopt(work, made)
    return made


def adopt(work: Work, made: Erasure) -> None:
    """Write an erasure into the database as it stands."""
    work.add(tables.Erasure(**asdict(made)))
    work.flush()


def noted(work: Work) -> dict[str, Erasure]:
    """All that this database knows, by id."""
    rows = work.scalars(select(tables.Erasure).order_by(tables.Erasure.id))
    return {
        row.id: Erasure(
            id=row.id, person=row.person, key_id=row.key_id, with_account=row.with_account, at=row.at
        )
        for row in rows
    }


def _read(path: Path) -> list[Erasure]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}).") from None
    found = []
    for number, line in enumerate(filter(None, lines), start=1):
        try:
            found.append(_erasure(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            log.error("%s: line %d is no erasure and is passed over", path, number)
    return found


def _erasure(kept: dict[str, Any]) -> Erasure:
    return Erasure(
        id=str(kept["id"]),
        person=str(kept["person"]),
        key_id=str(kept["key_id"]),
        with_account=bool(kept["with_account"]),
        at=datetime.fromisoformat(kept["at"]),
    )


def _append(path: Path, erasures: Iterable[Erasure]) -> None:
    lines = [json.dumps({**asdict(made), "at": made.at.isoformat()}) for made in erasures]
    if not lines:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        # A line that a crash cut off ends here, so that the next one is whole.
        file.write("\n" + "\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
