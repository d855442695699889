"""All that differs between SQLite and PostgreSQL: connections, transactions, triggers, erasing for good."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

WRITING = "bezel_writing"
"""The execution option of connections that will write: SQLite then takes its write lock at the start."""

SEARCHED = ("searchable", "searchable_title")
"""The tables over which there is a full-text index; in SQLite its name is theirs with `_words`."""

_STARTING = 0xBE2E1
"""The number of PostgreSQL's advisory lock of a start, on any of Bezel's databases."""

_MET_ANOTHER = frozenset({"40001", "40P01", "23503", "23505"})
"""PostgreSQL's codes for two transactions that met: a deadlock, or a row that the other made or deleted."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA secure_delete = ON",
)

_MOST_WAIT = 200
"""Milliseconds that everybody's writes may wait for somebody's reading to end."""


def is_sqlite(engine: Engine) -> bool:
    """Whether this engine talks to SQLite, where one writer at a time is the rule."""
    return engine.dialect.name == "sqlite"


def file_of(engine: Engine) -> Path | None:
    """The file that a SQLite database is in; None for PostgreSQL."""
    return Path(str(engine.url.database)) if is_sqlite(engine) else None


def prepare(engine: Engine) -> None:
    """Give SQLite's connections their settings; let SQLAlchemy, not the driver, begin its transactions."""
    if is_sqlite(engine):
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)


def reading(engine: Engine) -> Engine:
    """The engine for steps that only read: all of a step's questions are answered from one moment.

    SQLite does that for every transaction; PostgreSQL would answer each question from its own moment, and
    plan what was asked five times once for everybody, which fits nobody who reads much.
    """
    if is_sqlite(engine):
        return engine
    # No commit after each question: the driver is only kept from beginning transactions by itself.
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    event.listen(reader, "begin", _begin_reading)
    return reader


def _set_up(connection: Any, record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_reading(connection: Connection) -> None:
    # In one message to the server, for each costs a page as much time as a short question.
    connection.exec_driver_sql(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan"
    )


def met_another(error: DBAPIError) -> bool:
    """Whether another transaction was in the way of this one, which may well succeed at the next try."""
    return getattr(error.orig, "sqlstate", None) in _MET_ANOTHER


def wait_for_other_starts(connection: Connection) -> None:
    """Let one process at a time make the schema; SQLite's write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_STARTING})")


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


def size(connection: Connection) -> int:
    """How many bytes a SQLite database holds."""
    pragmas = ("page_count", "freelist_count", "page_size")
    pages, free, each = (int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in pragmas)
    return (pages - free) * each


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


def never_replaced(dialect: str, table: str, key: str) -> Sequence[str]:
    """The statements that make SQLite refuse to REPLACE a row, which passes by the triggers on DELETE."""
    if dialect != "sqlite":
        return []
    return [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    ]


def full_text(dialect: str, table: str = "searchable") -> Sequence[str]:
    """The statements that make the full-text index over this table, which then follows its rows."""
    if dialect == "postgresql":
        return [f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)"]
    words = f"{table}_words"
    forget = f"INSERT INTO {words}({words}, rowid, words) VALUES('delete', old.number, old.words)"
    keep = f"INSERT INTO {words}(rowid, words) VALUES(new.number, new.words)"
    return [
        f"CREATE VIRTUAL TABLE {words} USING fts5(words, content='{table}', "
        "content_rowid='number', tokenize='ascii', detail='none', columnsize=0)",
        f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {keep}; END",
        f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {forget}; END",
        f"CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN {forget}; {keep}; END",
    ]


def newest_matching(
    dialect: str, key: InstrumentedAttribute[str], owner: str, tokens: Sequence[str], limit: int
) -> TextClause:
    """The newest keys of a person's rows that have all these tokens, of the last one that begins so.

    `key` is the column that is asked for, of one of the tables of `SEARCHED`.
    """
    table, about = key.class_.__tablename__, key.key
    if dialect == "postgresql":
        wanted = " & ".join(f"'{token}'" for token in tokens) + ":*"
        # Found first and cut after, or the planner reads everybody's rows backwards until enough match.
        question = (
            f"WITH hit AS MATERIALIZED (SELECT number, {about} FROM {table} "
            "WHERE words @@ CAST(:wanted AS tsquery) AND owner = :owner) "
            f"SELECT {about} FROM hit ORDER BY number DESC LIMIT :limit"
        )
    else:
        wanted = " AND ".join(f'"{token}"' for token in tokens) + "*"
        question = (
            f"SELECT {about} FROM {table}_words JOIN {table} ON number = {table}_words.rowid "
            f"WHERE {table}_words MATCH :wanted AND owner = :owner "
            f"ORDER BY {table}_words.rowid DESC LIMIT :limit"
        )
    return text(question).bindparams(wanted=wanted, owner=owner, limit=limit)


def forget_deleted(engine: Engine) -> bool:
    """Leave no byte of deleted rows in SQLite's files; False where another program's reading kept some there.

    Deleted words stay in the full-text index until its pieces become one, copies of page splits until VACUUM.
    """
    if is_sqlite(engine):
        with engine.connect() as connection:
            for table in SEARCHED:
                optimize = f"INSERT INTO {table}_words({table}_words) VALUES('optimize')"
                _driver(connection).execute(optimize).fetchall()
            _driver(connection).execute("VACUUM").fetchall()
            is_busy, *_ = _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
    return True


def forget_overwritten(engine: Engine) -> None:
    """Empty SQLite's log of changes, where a row's former text still stands; in the file it is wiped already.

    Where somebody is reading just then, the next call empties it, or SQLite itself. A copy that a page split
    left of the row stays until VACUUM.
    """
    if is_sqlite(engine):
        with engine.connect() as connection:
            _driver(connection).execute(f"PRAGMA busy_timeout = {_MOST_WAIT}").fetchall()
            _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            _driver(connection).execute(_PRAGMAS[0]).fetchall()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
