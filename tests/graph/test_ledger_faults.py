"""Ledgers in trouble: a torn file, a full disk, a database that goes away. All say what to do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.errors import told
from graph.ledger import Ledger
from tests.graph.test_ledger import accept, candidates, drop
from tools.tables import StateError, postgres_engine, sqlite_engine, writing

PAGE = 4096


async def accept_all(ledger, numbers):
    for number in numbers:
        await accept(ledger, f"c1{number:03}", answer="x" * PAGE)


async def test_full_disk_keeps_what_was_committed(tmp_path):
    engine = sqlite_engine(tmp_path / "ledger.sqlite")
    ledger = Ledger(engine)
    ledger.plan(candidates(40))
    await accept(ledger, "c1000")
    with engine.connect() as connection:
        used = connection.execute(text("PRAGMA page_count")).scalar()
    ledger.close()
    engine.dispose()

    small = sqlite_engine(tmp_path / "ledger.sqlite")
    full = Ledger(small)
    with small.connect() as connection:
        connection.execute(text(f"PRAGMA max_page_count={used + 40}"))
    with pytest.raises(StateError, match="Make room on the disk, then resume"):
        await accept_all(full, range(1, 40))
    finished = full.progress().accepted
    assert 1 < finished < 40
    assert len(list(full.entries("accepted"))) == finished
    assert full.open_candidates() == 40 - finished
    small.dispose()

    roomy = Ledger(sqlite_engine(tmp_path / "ledger.sqlite"))
    assert await accept(roomy, f"c1{finished:03}", answer="x" * PAGE)
    assert len(list(roomy.entries("accepted"))) == finished + 1
    roomy.close()


async def test_file_that_another_process_holds_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.tables.BUSY_SECONDS", 0.1)
    engine, other = (sqlite_engine(tmp_path / "ledger.sqlite") for _ in range(2))
    ledger = Ledger(engine)
    ledger.plan(candidates(2))
    with writing(other):
        with pytest.raises(StateError, match="Another process holds it: wait"):
            await ledger.claim("w", 1)
        with pytest.raises(OperationalError) as raised:
            ledger.release()
    assert "Another process holds it: wait" in told(raised.value)[1]
    assert await ledger.claim("w", 1)
    for each in (engine, other):
        each.dispose()


async def test_torn_page_is_told(tmp_path):
    path = tmp_path / "ledger.sqlite"
    engine = sqlite_engine(path)
    ledger = Ledger(engine)
    ledger.plan(candidates(500))
    for number in range(0, 500, 10):
        await drop(ledger, f"c1{number:03}")
    ledger.close()
    engine.dispose()
    content = bytearray(path.read_bytes())
    for at in range(PAGE * 8, len(content), PAGE):
        content[at : at + PAGE // 2] = b"\xff" * (PAGE // 2)
    path.write_bytes(content)
    code, sentence = 0, ""
    try:
        list(Ledger(sqlite_engine(path)).entries())
    except Exception as error:
        code, sentence = told(error)
    assert code == 2
    assert "damaged" in sentence
    assert ".recover" in sentence


def test_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(StateError, match=r"The ledger cannot be opened .* damaged"):
        Ledger(sqlite_engine(path))


async def test_database_that_goes_away_is_told(postgres, database):
    engine = postgres_engine(postgres.url(database), "run_1")
    ledger = Ledger(engine)
    ledger.plan(candidates(3))
    await drop(ledger, "c1000")
    with postgres.away(), pytest.raises(StateError, match=r"does not answer .*resume the run"):
        await drop(ledger, "c1001")
    assert await drop(ledger, "c1001")
    assert ledger.progress().dropped == {"unanswered": 2}
    ledger.close()
    engine.dispose()
