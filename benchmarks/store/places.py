"""The two databases that are measured, and rows put straight into them."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.postgresql import PostgreSQL
from benchmarks.store.figures import opened


@dataclass(frozen=True)
class SQLite:
    """Files in a folder on the disk that is measured."""

    folder: Path
    name = "SQLite"

    def new(self, name: str) -> str:
        """The address of a new database, with today's schema."""
        shutil.copy(self._empty, self.folder / f"{name}.db")
        return f"sqlite:///{self.folder / name}.db"

    @cached_property
    def _empty(self) -> Path:
        """The file that all others are copies of, made on the first use."""
        path = self.folder / "empty.db"
        opened(f"sqlite:///{path}").close()
        return path

    def load(self, name: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Put rows into a table, a hundred times as quick as one by one; nobody may be writing."""
        marks = ", ".join("?" * len(columns))
        with closing(sqlite3.connect(self.folder / f"{name}.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -200000")
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
            connection.execute("COMMIT")

    def settle(self, name: str) -> None:
        """Leave no log of the loading to whoever is measured first."""
        with closing(sqlite3.connect(self.folder / f"{name}.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass(frozen=True)
class OnServer:
    """Databases of one PostgreSQL."""

    server: PostgreSQL
    name = "PostgreSQL"

    @property
    def folder(self) -> Path:
        """A folder on the disk that is measured."""
        return self.server.folder

    def new(self, name: str) -> str:
        """The address of a new database, with today's schema."""
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {self._empty}")
        return self.server.url(name)

    @cached_property
    def _empty(self) -> str:
        """The database that all others are copies of, made on the first use."""
        self.server.run("CREATE DATABASE empty TEMPLATE template0")
        opened(self.server.url("empty")).close()
        return "empty"

    def load(self, name: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Put rows into a table, a hundred times as quick as one by one; nobody may be writing."""
        with self.server.connect(name) as connection:
            connection.execute("SET session_replication_role = replica; SET timezone = 'UTC'")
            command = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(command.encode()) as copy:
                for row in rows:
                    copy.write_row(row)

    def settle(self, name: str) -> None:
        """Do what PostgreSQL does by itself some minutes after so much was written."""
        with self.server.connect(name) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


Place = SQLite | OnServer


@contextmanager
def on_server(folder: Path) -> Iterator[OnServer]:
    """A PostgreSQL with its data in this folder; raises FileNotFoundError where none is installed."""
    server = PostgreSQL(folder)
    try:
        yield OnServer(server)
    finally:
        server.stop()
