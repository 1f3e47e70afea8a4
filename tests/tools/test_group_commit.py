"""Writes of one moment share a transaction, on either database."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, func, select

from tools.group_commit import GroupCommit
from tools.tables import StateError, open_tables, sqlite_engine

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
    assert max(shared) > 1


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
