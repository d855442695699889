"""All that differs between SQLite and PostgreSQL: connections, transactions, triggers, erasing for good."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

WRITING = "bezel_writing"
"""The execution option of connections that will write: SQLite then takes its write lock at the start."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)


def is_sqlite(engine: Engine) -> bool:
    """Whether this engine talks to SQLite, where one writer at a time is the rule."""
    return engine.dialect.name == "sqlite"


def prepare(engine: Engine) -> None:
    """Give each SQLite connection its settings and let SQLAlchemy, not the driver, begin its transactions."""
    if is_sqlite(engine):
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)


def _set_up(connection: Any, record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def without_foreign_keys(connection: Connection) -> None:
    """Before a migration on SQLite: altering copies a table and drops the old one, which must not cascade."""
    if connection.dialect.name == "sqlite":
        _driver(connection).execute("PRAGMA foreign_keys = OFF").fetchall()


def dangling(connection: Connection) -> bool:
    """Whether a migration left a row that refers to nothing (PostgreSQL checks by itself)."""
    return connection.dialect.name == "sqlite" and bool(
        connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    )


def damage(connection: Connection) -> str | None:
    """What SQLite's own quick check finds wrong with the file, or None."""
    if connection.dialect.name != "sqlite":
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if found == "ok" else found


def lock_audit(session: Session) -> None:
    """Let one transaction at a time add to the audit chain; SQLite's write lock does that already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit_event IN EXCLUSIVE MODE"))


def append_only(dialect: str, table: str) -> Sequence[str]:
    """The statements that make the database refuse to change or delete a row of this table."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def forget_deleted(engine: Engine) -> None:
    """Leave no byte of deleted rows in SQLite's files; secure_delete misses copies that page splits left."""
    if is_sqlite(engine):
        with engine.connect() as connection:
            _driver(connection).execute("VACUUM").fetchall()
            _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
