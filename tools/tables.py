"""Tables: how a run's state is kept, in SQLite files or in one Postgres database.

Ledger and journal own their tables; here are the engines, the versions, and the inserts that both
databases understand. `app/opening.py` decides which it is.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateSchema, DropSchema

WRITES = "officina_writes"
"""The execution option of a connection that writes: it takes SQLite's lock when it begins."""
CONNECTIONS = 5
"""Most connections of one process to a Postgres: one each for ledger and journal, and readers."""
# A server that is gone without a word is noticed within a minute.
_CONNECTING = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
# And so is a process of ours that is gone: nobody waits longer for what it held.
_SETTINGS = "-cidle_in_transaction_session_timeout=60s"
BUSY_SECONDS = 60.0
"""How long a write waits for another process's, as for a large round that is planned whole."""
_DAMAGED = (
    "The file is damaged: `sqlite3 FILE .recover` saves what was committed into a new file, which "
    "then takes its place."
)
_VERSIONS = Table(
    "versions",
    MetaData(),
    Column("name", String(32), primary_key=True),
    Column("version", Integer, nullable=False),
)
MARKS = Table(
    "commits",
    MetaData(),
    Column("writer", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""The last commit of each writer, in a Postgres: what tells it whether one was lost."""


class StateError(Exception):
    """The state of a run cannot be read or written; the message says what to do."""


def sqlite_engine(path: Path) -> Engine:
    """Return the engine of a file that several processes may write, or read where none may."""
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "do_connect")
    def _read_only(_: Dialect, __: object, at: list[str], options: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction]
        if path.parent.is_dir() and not os.access(path.parent, os.W_OK):
            # Only a file that nobody may change can be read without a log beside it.
            how = "mode=ro" if _log(path).exists() else "immutable=1"
            at[0], options["uri"] = f"{path.absolute().as_uri()}?{how}", True

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # pyright: ignore[reportAttributeAccessIssue]
        cursor = connection.cursor()
        # First of all: it is what makes the next line wait for another process's.
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
        # With WAL, NORMAL keeps every commit through the death of the process, and is faster.
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # A lock that is taken only at the first write fails where another process wrote meanwhile.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def postgres_engine(url: str, namespace: str, *, new: bool = True) -> Engine:
    """Return an engine on a namespace of its own in a Postgres database; a new one is made.

    Raises:
        StateError: the database cannot be reached or written, or has no such namespace.
    """
    address = _postgres_url(url)
    named = {name: value for name, value in _CONNECTING.items() if name not in address.query}
    given = address.query.get("options", "")
    options = f"{_SETTINGS} {given} -csearch_path={namespace}"
    engine = create_engine(
        address,
        connect_args={**named, "options": options},
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
    )
    try:
        with engine.begin() as connection:
            if new:
                connection.execute(CreateSchema(namespace, if_not_exists=True))
            elif not inspect(connection).has_schema(namespace):
                raise StateError(
                    f"The database has no state of this run (no schema {namespace}). Set "
                    "OFFICINA_STATE_URL to the database that the run was started with; without "
                    "that one, start a new run."
                )
    except (SQLAlchemyError, StateError) as error:
        engine.dispose()
        if isinstance(error, StateError):
            raise
        raise StateError(
            f"The state's database cannot be used ({error.__cause__ or error}). "
            "Check OFFICINA_STATE_URL."
        ) from error
    return engine


def drop_namespace(engine: Engine, namespace: str) -> None:
    """Remove a namespace of a Postgres database with all that is in it."""
    with engine.begin() as connection:
        connection.execute(DropSchema(namespace, cascade=True, if_exists=True))


def _postgres_url(url: str) -> URL:
    try:
        address = make_url(url)
    except (SQLAlchemyError, ValueError):
        address = URL.create("none")
    if address.get_backend_name() not in ("postgresql", "postgres"):
        # Not shown: what is no URL may hold a password all the same.
        raise StateError(
            "OFFICINA_STATE_URL is no address of a Postgres database. "
            "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return address.set(drivername="postgresql+psycopg")


def open_tables(engine: Engine, tables: MetaData, name: str, version: int) -> None:
    """Make the tables on first use; `name` is what these tables are called, with their version.

    Raises:
        StateError: they are of another version, torn, or cannot be written.
    """
    try:
        _refuse_torn(engine, name)
        found = _version(engine, name)
        if found is None and inspect(engine).has_table(next(iter(tables.tables))):
            found = 1
        if found not in (None, version):
            raise StateError(
                f"The {name} was written by another version of Officina (its tables have version "
                f"{found}, not {version}). Go on with that version, or start a new run."
            )
        if found is None:
            # In one transaction: tables without a version are taken for the first.
            with writing(engine) as connection:
                tables.create_all(connection)
                values = insert_into(engine, _VERSIONS).values(name=name, version=version)
                connection.execute(values.on_conflict_do_nothing())
    except SQLAlchemyError as error:
        raise StateError(
            f"The {name} cannot be opened ({error.__cause__ or error}). {advice(error)}"
        ) from error


def _refuse_torn(engine: Engine, name: str) -> None:
    """Refuse a file that ends within a page: SQLite reads what is missing as zeros."""
    file = Path(engine.url.database or "")
    if engine.dialect.name != "sqlite" or not file.is_file():
        return
    log = _log(file)
    if log.exists() and log.stat().st_size:
        # What was being copied from it when a process died is copied again.
        return
    # Not read from the file: to close it drops every lock that this process has on it, and another
    # one that closes the database then removes its log beneath us.
    with engine.connect() as connection:
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    if file.stat().st_size % size:
        raise StateError(f"The {name} cannot be opened (its last page is torn). {_DAMAGED}")


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _version(engine: Engine, name: str) -> int | None:
    _VERSIONS.create(engine, checkfirst=True)
    if engine.dialect.name == "postgresql":
        MARKS.create(engine, checkfirst=True)
    with engine.connect() as connection:
        query = select(_VERSIONS.c.version).where(_VERSIONS.c.name == name)
        return connection.execute(query).scalar()


def insert_into(engine: Engine, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert in the engine's dialect, which may say what to do on a conflict."""
    if engine.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """Yield a connection in a transaction that writes."""
    with engine.connect() as connection:
        connection = connection.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


def is_postgres(error: SQLAlchemyError) -> bool:
    """Return whether it is Postgres, or the way to it, that fails."""
    return "psycopg" in type(error.__cause__).__module__


def sqlstate(error: SQLAlchemyError) -> str:
    """Return Postgres's code of an error, "" where it has none."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def advice(error: SQLAlchemyError) -> str:
    """Return what to do about a fault of the database, as a sentence."""
    said = str(error.__cause__ or error).lower()
    if any(sign in said for sign in ("malformed", "not a database", "disk image", "decode")):
        return _DAMAGED
    if "full" in said or "no space" in said:
        return "Make room on the disk, then resume the run."
    if is_postgres(error):
        return "Check the database that OFFICINA_STATE_URL names, then resume the run."
    if "locked" in said or "busy" in said:
        return "Another process holds it: wait for that one, or stop it, then resume the run."
    return "Check the run folder's disk and rights, then resume the run."
