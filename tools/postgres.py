"""Postgres: the machine directory in a database, in our tables or behind a query of the user's.

All rows are read at once, by a cursor in a read-only transaction with a time limit, and kept for a
minute. Why it cannot connect psycopg says in words alone; `_REFUSED` is what reads them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tools.machines import MachineDirectoryError, MachineTable, TableDirectory
from tools.machines_query import query_rows
from tools.patience import Patience, ServiceDownError
from tools.redact import Redactor

FRESH_SECONDS = 60.0
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 15
_MOST_SECONDS = CONNECT_SECONDS + STATEMENT_SECONDS

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]
_OURS = """
    SELECT filename, name AS machine_name, code AS machine_code, aliases, family
    FROM officina_documents JOIN officina_machines USING (code) ORDER BY position
"""
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS officina_machines (
        code text PRIMARY KEY, name text NOT NULL, aliases text[] NOT NULL, family text
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS officina_documents (
        filename text PRIMARY KEY,
        code text NOT NULL REFERENCES officina_machines,
        position integer NOT NULL
    )
    """,
    "DELETE FROM officina_documents",
    "DELETE FROM officina_machines",
)
_REFUSED = {
    r"no pg_hba.conf entry": "does not let this user in from here. Ask who runs it for a "
    "line to pg_hba.conf, or end POSTGRES_URL with ?sslmode=require.",
    r'database ".*" does not exist': "has no database of this name. Check the end of POSTGRES_URL.",
    r'password|authentication|role ".*" does not exist|permission denied': "refuses the user or "
    "the password. Check both in POSTGRES_URL.",
    r"does not support SSL|certificate|SSL error: (?!unexpected eof)": "cannot be reached over TLS "
    "as asked for: {reason}. Check sslmode and sslrootcert in POSTGRES_URL.",
}

# The pool tells its own worries as warnings; each of them reaches a run as an error anyway.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class PostgresMachineDirectory(TableDirectory):
    """The machine directory in a Postgres database; a context manager that holds its connections.

    `query` is a SELECT whose columns are those of machines.csv; `filename` and `machine_name` are
    needed, and a machine without a code goes by its name.
    """

    def __init__(self, url: str, *, query: str | None = None, patience: Patience) -> None:
        self.service = f"Postgres at {address(url)}"
        self.version = ""
        self._url, self._query, self._patience = url, query, patience
        self._pool = AsyncConnectionPool[_Connection](
            url,
            kwargs=_options(url),
            min_size=0,
            max_size=1,
            open=False,
            check=AsyncConnectionPool.check_connection,
            timeout=CONNECT_SECONDS,
            # Patience does the waiting: a pool with a backoff of its own would sleep too long.
            reconnect_timeout=1,
        )
        self._lock = asyncio.Lock()
        self._table: MachineTable | None = None
        self._read_at = self._failed_at = 0.0
        self._failure = ""

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.close()

    async def check(self) -> MachineTable:
        """Read the table now, at the first try.

        Raises:
            ServiceDownError: the server does not answer.
            MachineDirectoryError: it refuses, or what it holds cannot be used.
        """
        with _told(self._url, self._query):
            async with asyncio.timeout(_MOST_SECONDS), await _connect(self._url) as own:
                return await self._read_with(own)

    async def table(self) -> MachineTable:
        """Return the table, not older than a minute; wait for a server that is away."""
        asked_at = monotonic()
        async with self._lock:
            if self._failed_at > asked_at:
                raise ServiceDownError(self._failure)
            if self._table is None or monotonic() - self._read_at > FRESH_SECONDS:
                self._table = await self._read_patiently()
                self._read_at = monotonic()
            return self._table

    async def _read_patiently(self) -> MachineTable:
        """Read, with the run's patience; once that was spent in vain, at the first try."""
        try:
            if self._failure:
                table = await self._read()
            else:
                table = await self._patience(self.service, self._read)
        except ServiceDownError as error:
            self._failure, self._failed_at = str(error), monotonic()
            raise
        self._failure = ""
        return table

    async def _read(self) -> MachineTable:
        with _told(self._url, self._query):
            async with asyncio.timeout(_MOST_SECONDS):
                with suppress(PoolTimeout):
                    async with self._pool.connection() as kept:
                        return await self._read_with(kept)
        # The pool keeps to itself why it has none; a connection of our own hears it.
        return await self.check()

    async def _read_with(self, connection: _Connection) -> MachineTable:
        self.version = connection.info.parameter_status("server_version") or ""
        await connection.set_read_only(True)
        await _limit_time(connection)
        # A cursor takes one SELECT: no second statement, and none that writes.
        async with connection.cursor(name="officina") as cursor:
            await cursor.execute((self._query or _OURS).encode())
            columns = [column.name for column in cursor.description or ()]
            records = await cursor.fetchall()
        if self._query:
            # Without an order of its own, it gives its rows in any.
            records.sort(key=str)
        elif not records:
            raise MachineDirectoryError(_load_first(self.service))
        return MachineTable(query_rows(self.service, columns, records))


def address(url: str) -> str:
    """Return the host, port and database of a URL, and nothing else of it.

    Raises:
        MachineDirectoryError: it is no URL of a Postgres database.
    """
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise psycopg.ProgrammingError
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        # What psycopg says of a broken URL quotes the password.
        raise MachineDirectoryError(
            "POSTGRES_URL is not the URL of a database: write "
            "postgresql://user:password@host:port/database, with signs in the password such as "
            "@, / and % as %40, %2F and %25."
        ) from None
    host, port = parts.get("host") or "localhost", parts.get("port") or 5432
    return f"{host}:{port}/{parts.get('dbname') or parts.get('user') or ''}"


async def load_machines(url: str, table: MachineTable) -> None:
    """Replace what our tables hold by the table, at once or not at all; make them if needed.

    Raises:
        ServiceDownError: the server does not answer.
        MachineDirectoryError: it refuses.
    """
    machines = [(m.code, m.name, list(m.aliases), m.family) for m in table.machines]
    documents = [
        (filename, code, position)
        for position, (filename, code) in enumerate(table.codes_by_filename.items())
    ]
    with _told(url, None):
        async with await _connect(url) as connection, connection.cursor() as cursor:
            await _limit_time(connection)
            await cursor.execute("SELECT pg_advisory_xact_lock(hashtext('officina_machines'))")
            for statement in _TABLES:
                await cursor.execute(statement.encode())
            await cursor.executemany(
                "INSERT INTO officina_machines VALUES (%s, %s, %s, %s)", machines
            )
            await cursor.executemany(
                "INSERT INTO officina_documents VALUES (%s, %s, %s)", documents
            )


async def _connect(url: str) -> _Connection:
    return await psycopg.AsyncConnection.connect(url, **_options(url))


def _options(url: str) -> dict[str, Any]:
    """Return what each connection is made with; what the URL says comes first."""
    ours = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "officina",
        "client_encoding": "utf8",
    }
    return {name: value for name, value in ours.items() if name not in conninfo_to_dict(url)}


async def _limit_time(connection: _Connection) -> None:
    # For this transaction only: what stands behind a pooler serves others too.
    await connection.execute(
        "SELECT set_config('statement_timeout', %s, true)", [f"{STATEMENT_SECONDS}s"]
    )


@contextmanager
def _told(url: str, query: str | None) -> Generator[None]:
    """Tell the client's errors as ours."""
    service = f"Postgres at {address(url)}"
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise ServiceDownError(
            f"{service} did not give the machine names within {STATEMENT_SECONDS} s. "
            "Check what holds it up, and whether the query in officina.yaml is a fast one."
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
        raise _away(service, _reason(error, url)) from error
    except (psycopg.Error, UnicodeDecodeError) as error:
        raise _unusable(service, error, query) from error


def _reason(error: Exception, url: str) -> str:
    """Return why a connection failed, in the words of the server or the system."""
    said = str(error).rpartition(" failed: ")[2].strip().partition("\n")[0]
    redact = Redactor([str(conninfo_to_dict(url).get("password") or "")])
    return redact(re.sub(r"^\w+: +", "", said)) or "it did not answer in time"


def _away(service: str, reason: str) -> Exception:
    for words, sentence in _REFUSED.items():
        if re.search(words, reason):
            return MachineDirectoryError(f"{service} {sentence.format(reason=reason)}")
    return ServiceDownError(
        f"{service} does not answer: {reason}. "
        "Check that it runs, and that POSTGRES_URL names its host and port."
    )


def _unusable(
    service: str, error: psycopg.Error | UnicodeDecodeError, query: str | None
) -> MachineDirectoryError:
    if query is None and isinstance(error, psycopg.errors.UndefinedTable):
        return MachineDirectoryError(_load_first(service))
    said = (error.diag.message_primary if isinstance(error, psycopg.Error) else "") or str(error)
    asked = "the query in officina.yaml" if query else "Officina's own tables"
    return MachineDirectoryError(
        f"{service} fails on {asked}: {said}. Check the names, and what the user may do."
    )


def _load_first(service: str) -> str:
    return (
        f"{service} holds no machine names yet. Load them with `officina machines load FILE`, name "
        "a query of your own in officina.yaml, or give a file with --machines."
    )
