"""Sessions see each other live and die, by beats alone."""

import asyncio

import pytest
from sqlalchemy import Engine

from agents.journal import Journal
from agents.sessions import Session, enter


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.sessions.BEAT_SECONDS", 0.02)
    monkeypatch.setattr("agents.sessions.SILENT_LOOKS", 20)


async def until(holds) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def test_sessions_see_others_come_and_go(state_engine: Engine):
    heard: list[tuple[int, list[str]]] = []
    leader = Session(
        Journal(state_engine), leads=True, on_change=lambda n, dead: heard.append((n, [*dead]))
    )
    async with leader.beating():
        async with Session(Journal(state_engine), leads=False).beating():
            await until(lambda: heard[-1:] == [(2, [])])
        await until(lambda: heard[-1:] == [(1, [])])


async def test_silent_session_is_told_as_dead(state_engine: Engine):
    heard: list[tuple[int, list[str]]] = []
    leader = Session(
        Journal(state_engine), leads=True, on_change=lambda n, dead: heard.append((n, [*dead]))
    )
    worker = Session(Journal(state_engine), leads=False)
    async with leader.beating():
        # It enters and never beats again, as one that was killed.
        await worker.journal.commit(enter, worker)
        await until(lambda: heard[-1:] == [(2, [])])
        await until(lambda: heard[-1:] == [(1, [worker.id])])


async def test_leader_does_not_count_those_before_it(state_engine: Engine):
    killed = Session(Journal(state_engine), leads=True)
    await killed.journal.commit(enter, killed)
    heard: list[int] = []
    leader = Session(Journal(state_engine), leads=True, on_change=lambda n, dead: heard.append(n))
    async with leader.beating():
        await until(lambda: leader.beat > 2)
    assert heard == []


async def test_sessions_hear_what_others_say(state_engine: Engine):
    leader = Session(Journal(state_engine), leads=True)
    worker = Session(Journal(state_engine), leads=False)
    worker.say = lambda: {"in_flight": 3, "refused": worker.beat}
    async with leader.beating():
        async with worker.beating():
            await until(lambda: leader.others()["in_flight"] == 3)
        await until(lambda: leader.others()["in_flight"] == 0)
    assert leader.others()["refused"] > 0
