"""Writes of one moment share a transaction, on either database."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, func, select

from tests.postgres_server import PostgresServer
from tests.proxy import Proxy
from tools.group_commit import GroupCommit
from tools.patience import Patience
from tools.tables import StateError, open_tables, postgres_engine, sqlite_engine, writing

METADATA = MetaData()
NAMES = Table("names", METADATA, Column("name", String(20), primary_key=True))


def put(connection: Connection, names: Sequence[str]) -> list[int]:
    connection.execute(NAMES.insert(), [{"name": name} for name in names])
    return [len(names)] * len(names)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(NAMES)).scalar_one()


@pytest.fixture
def commits(state_engine: Engine) -> GroupCommit:
    open_tables(state_engine, METADATA, "test", 1)
    return GroupCommit(state_engine, "test")


async def test_what_is_queued_is_one_commit(state_engine, commits):
    shared = await asyncio.gather(*(commits(put, f"n{number}") for number in range(50)))
    assert count(state_engine) == 50
    assert shared == [50] * 50


async def test_result_comes_after_the_commit(state_engine, commits):
    await commits(put, "one")
    assert count(state_engine) == 1


async def test_failed_write_reaches_its_callers(state_engine, commits):
    await commits(put, "one")
    with pytest.raises(StateError, match="test cannot be written"):
        await commits(put, "one")
    await commits(put, "two")
    assert count(state_engine) == 2


async def test_cancelled_caller_hinders_nobody(state_engine, commits):
    gone = asyncio.create_task(commits(put, "gone"))
    kept = asyncio.create_task(commits(put, "kept"))
    await asyncio.sleep(0)
    gone.cancel()
    await kept
    assert count(state_engine) == 2


async def test_other_version_is_a_sentence(state_engine, commits):
    with pytest.raises(StateError, match=r"version 1, not 2.*Go on with that version"):
        open_tables(state_engine, METADATA, "test", 2)


async def test_tables_without_version_are_the_first(state_engine):
    METADATA.create_all(state_engine)
    open_tables(state_engine, METADATA, "test", 1)
    with pytest.raises(StateError, match="version 1, not 2"):
        open_tables(state_engine, METADATA, "test", 2)


async def test_tables_that_a_kill_left_half_made_are_made_again(state_engine, monkeypatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tools.tables.insert_into", killed)
        with pytest.raises(KeyboardInterrupt):
            open_tables(state_engine, METADATA, "test", 2)
    open_tables(state_engine, METADATA, "test", 2)
    assert count(state_engine) == 0


def test_damaged_file_is_a_sentence(tmp_path: Path):
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"torn" * 2000)
    engine = sqlite_engine(path)
    with pytest.raises(StateError, match=r"damaged.*\.recover"):
        open_tables(engine, METADATA, "test", 1)
    engine.dispose()


def stumble(connection: Connection, names: Sequence[str]) -> list[int]:
    raise KeyError(names[0])


async def test_stumbling_write_keeps_nobody_waiting(commits):
    with pytest.raises(KeyError):
        await commits(stumble, "one")
    assert await commits(put, "two") == 1


@pytest.fixture
def beside(postgres: PostgresServer, database: str) -> Iterator[Engine]:
    """An engine on a real Postgres."""
    engine = postgres_engine(postgres.url(database), "officina_test")
    open_tables(engine, METADATA, "test", 1)
    yield engine
    engine.dispose()


def crash(server: PostgresServer, engine: Engine) -> None:
    """Let the server lose what is not committed, and write something once it is back."""
    with server.away():
        pass
    engine.dispose()
    with writing(engine) as connection:
        put(connection, ["other"])


async def test_write_that_a_crash_took_is_written_again(postgres, beside):
    commits, crashes = GroupCommit(beside, "test", Patience(30)), [postgres]

    def put_and_crash(connection: Connection, names: Sequence[str]) -> list[int]:
        found = put(connection, names)
        while crashes:
            # What comes next has the number that Postgres had given to this transaction.
            crash(crashes.pop(), beside)
        return found

    await commits(put_and_crash, "mine")
    assert count(beside) == 2
    commits.close()


async def test_commit_whose_confirmation_is_lost_is_not_repeated(postgres, database, beside):
    with Proxy(postgres.port) as proxy:
        engine = postgres_engine(postgres.url(database, port=proxy.port), "officina_test")
        commits = GroupCommit(engine, "test", Patience(30))
        assert await commits(put, "first") == 1
        proxy.unconfirmed = b"COMMIT"
        assert await commits(put, "mine") == 1
        assert proxy.cuts == 1
        assert await commits(put, "last") == 1
        commits.close()
        engine.dispose()
    assert count(beside) == 3
