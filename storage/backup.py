"""Backups of a SQLite database: a copy made while Bezel serves, and a copy put in its place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.opening import check_backup, file_of, in_words
from storage.types import StorageError

_SQLITE = b"SQLite format 3\x00"
_PATIENCE = 30.0
"""Seconds that a copy waits for a writer to let it in."""


def back_up(url: str, to: Path, *, overwrite: bool = False) -> int:
    """Copy the database as it is at one moment, also while Bezel writes to it; gives the copy's bytes.

    Raises StorageError, and then leaves no file and no half of one.
    """
    source = file_of(url)
    if source is None:
        raise StorageError(
            "The database is PostgreSQL; its own tool copies it while Bezel serves: "
            f"pg_dump --format=custom --file={to} DATABASE"
        )
    if not source.is_file():
        raise StorageError(f"There is no database at {source} yet.")
    _refuse_itself(source, to)
    if to.exists() and not overwrite:
        raise StorageError(f"{to} is there already; --yes replaces it.")
    with _written_aside(to) as aside:
        _copy(source, aside)
        check_backup(aside, str(source))
    return to.stat().st_size


def restore(url: str, backup: Path, *, overwrite: bool = False) -> None:
    """Put a backup in the place of the database, which nobody may be using.

    Raises StorageError for what is no whole backup of a Bezel that this one knows, and then changes nothing.
    """
    target = file_of(url)
    if target is None:
        raise StorageError(
            "The database is PostgreSQL; its own tool restores it while Bezel is stopped: "
            f"pg_restore --clean --if-exists --dbname=DATABASE {backup}"
        )
    _refuse_what_is_none(backup)
    _refuse_itself(target, backup)
    if target.exists() and not overwrite:
        raise StorageError(f"There is a database at {target}; --yes puts the backup in its place.")
    with _written_aside(target) as aside:
        _copy(backup, aside)
        check_backup(aside, str(backup))
        _require_out_of_use(target)


def _refuse_itself(database: Path, other: Path) -> None:
    if database.resolve() == other.resolve():
        raise StorageError(f"{other} is the database itself; name another file.")


def _refuse_what_is_none(backup: Path) -> None:
    try:
        with backup.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise StorageError(f"{backup} cannot be read ({error.strerror}).") from None
    if start != _SQLITE:
        raise StorageError(f"{backup} is no backup of Bezel: it is not a SQLite database.")


@contextmanager
def _written_aside(path: Path) -> Iterator[Path]:
    """A new file beside this one, which takes its name at the end; on an error neither changes."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        os.close(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        yield aside
        os.replace(aside, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}).") from None
    finally:
        aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    """Copy all pages at one moment; the copy is a file on its own, without a write-ahead log beside it."""
    reading = f"{source.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(reading, uri=True, timeout=_PATIENCE)) as old,
            closing(sqlite3.connect(target, isolation_level=None)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        raise StorageError(in_words(str(source), error)) from None


def _require_out_of_use(database: Path) -> None:
    """Fold the write-ahead log into the file, which SQLite allows to nobody while another has it open."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StorageError(f"{database} is in use; stop Bezel, then restore the backup.") from None
        raise StorageError(in_words(str(database), error)) from None
    except sqlite3.DatabaseError:
        # It is damaged, which is why somebody restores a backup; its log belongs to no other file.
        for ending in ("-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
