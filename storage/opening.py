"""Opening a database: make or check the file, bring its schema up to date, say clearly what is wrong."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, StatementError, TimeoutError
from sqlalchemy.pool import NullPool

from storage import dialects
from storage.columns import from_json
from storage.types import StorageError

VERSION_TABLE = "bezel_schema"
CONNECTIONS = 16
"""Of one process; half of them may write at once on PostgreSQL, and the others are there for who reads."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_migrating = threading.Lock()
"""Alembic hands its context to the migrations through a module, one at a time."""


def open_engine(url: str) -> Engine:
    """An engine on a database with this code's schema; raises StorageError with a sentence for the host."""
    address = _address(url)
    place = _place(address)
    if address.get_backend_name() == "sqlite":
        _prepare_file(Path(str(address.database)))
    try:
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            json_deserializer=from_json,
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StorageError(f"{place} needs a database driver that is not installed: {error}.") from None
    dialects.prepare(engine)
    try:
        with explained(place):
            _bring_up_to_date(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn a database error into a StorageError without its values: those can be people's words."""
    try:
        yield
    except TimeoutError:
        raise StorageError(f"{place} has too much to do; nothing was saved. Try again.") from None
    except StatementError as error:
        if isinstance(error.orig, StorageError):
            raise error.orig from None
        if not isinstance(error, DBAPIError):
            raise StorageError(f"A value cannot be stored ({type(error.orig).__name__}).") from None
        raise StorageError(in_words(place, error.orig or error)) from None
    except sqlite3.Error as error:  # from what is asked of the driver itself
        raise StorageError(in_words(place, error)) from None


def in_words(place: str, error: BaseException) -> str:
    """The sentence for the host on an error of a database's driver."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    known = {
        "connection failed": f"{place} does not answer. Start the database, or correct the address.",
        "file is not a database": f"{place} is not a database. Name a new file, or move this one away.",
        "malformed": f"{place} is damaged. Restore a backup of it.",
        "unable to open": f"{place} cannot be opened. This user must be able to write to it and its folder.",
        "readonly": f"{place} is read-only. This user must be able to write to it and its folder.",
        "I/O": f"{place} could not be read or written (disk I/O error); nothing was saved. Check the disk.",
        "is full": f"The disk that holds {place} is full; nothing was saved. Make room and try again.",
        "locked": f"{place} is in use by another program; nothing was saved. Try again.",
    }
    for sign, sentence in known.items():
        if sign in said:
            return sentence
    # Nothing of a constraint's detail: on PostgreSQL that holds the values of the row.
    return f"{place} refused this: {type(error).__name__}: {said}."


def file_of(url: str) -> Path | None:
    """The file that a SQLite database is in; None for PostgreSQL; raises StorageError for another address."""
    address = _address(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def check_backup(file: Path, place: str) -> None:
    """Raise StorageError unless this SQLite file is a whole database of a Bezel that this code knows."""
    engine = create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)
    with explained(place), engine.connect() as connection:
        damage = dialects.damage(connection)
        found = None if damage else _schema_of(connection, place)
    if damage is not None:
        raise StorageError(f"{place} is damaged ({damage.splitlines()[-1]}).")
    if found is None:
        raise StorageError(f"{place} is no backup of Bezel: it is an empty database.")


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except ArgumentError:
        raise StorageError(
            "The database address is not a URL; it looks like sqlite:///data/bezel.db "
            "or postgresql+psycopg://user@host/name."
        ) from None
    if backend not in ("sqlite", "postgresql"):
        raise StorageError(f"The database is {backend}; Bezel knows sqlite and postgresql.")
    file = address.database or ""
    if backend == "sqlite" and (file in ("", ":memory:") or file.startswith("file:")):
        raise StorageError(
            f"The address names {file or 'no file'}; it must name a file: sqlite:///data/bezel.db."
        )
    return address


def _place(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    return address.render_as_string(hide_password=True)


def _prepare_file(path: Path) -> None:
    """Make the file and its folder, where they are missing, readable by this user alone."""
    if path.is_dir():
        raise StorageError(f"{path} is a folder; the database must be a file, such as {path / 'bezel.db'}.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be made or written to ({error.strerror}). "
            f"This user must be able to write to the folder {path.parent}."
        ) from None


def _bring_up_to_date(engine: Engine, place: str) -> None:
    with engine.connect() as connection:
        dialects.wait_for_other_starts(connection)
        found = _schema_of(connection, place)
        damage = dialects.damage(connection)
    if damage is not None:
        raise StorageError(f"{place} is damaged ({damage.splitlines()[-1]}). Restore a backup of it.")
    if found == _scripts().get_current_head():
        return
    with engine.execution_options(**{dialects.WRITING: True}).connect() as connection:
        dialects.without_foreign_keys(connection)
        with _migrating, connection.begin():
            dialects.wait_for_other_starts(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if dialects.dangling(connection):
                raise StorageError(f"{place} has rows that refer to nothing; its schema was left as it was.")
        connection.invalidate()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    """The migrations, read once: that takes as long as all else of an opening."""
    return ScriptDirectory.from_config(_config())


def _schema_of(connection: Connection, place: str) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    if found is not None and found not in {script.revision for script in _scripts().walk_revisions()}:
        raise StorageError(
            f"{place} was written by a newer Bezel (schema {found}; this one knows up to "
            f"{_scripts().get_current_head()}). Start the newer Bezel, or restore a backup."
        )
    others = set() if found else set(inspect(connection).get_table_names()) - {VERSION_TABLE}
    if others:
        raise StorageError(f"{place} is the database of another program (it has a table {min(others)!r}).")
    return found
