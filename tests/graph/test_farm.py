"""A round is the same however it is worked on: by one or several, at once or after a stop."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import graph.farm
from agents.faults import ModelDownError
from agents.sending import Sender
from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.farm import farm_round
from graph.ingest import ingest_folder
from graph.ledger_tables import CANDIDATES
from graph.plan import next_candidates
from graph.state import Candidate
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"
BRIEF = {"rows": 6, "distractors": 1, "unanswerable": 0}


async def opened(stack, run, **brief):
    run.mkdir(exist_ok=True)
    settings = read_settings(model="offline", by_role={}, concurrency=4)
    wanted = read_brief({**BRIEF, **brief}, "the test's brief")
    return await stack.enter_async_context(
        open_context(run, wanted, settings, EXAMPLES / "machines.csv")
    )


def planned(context, round_, count):
    chosen = next_candidates(
        context.windows,
        round_=round_,
        missing=count,
        rate=1.0,
        most=count,
        asked={},
        exhausted=set(),
    )
    context.ledger.plan(chosen)
    return [candidate.id for candidate in chosen]


def ends(context):
    return [(e.candidate, e.status, e.question, e.life, e.row) for e in context.ledger.entries()]


async def farmed(tmp_path, name, farms):
    """Run two rounds over the same windows, each by so many farms at once."""
    async with AsyncExitStack() as stack:
        contexts = []
        for _ in range(farms):
            contexts.append(await opened(stack, tmp_path / name))
            if len(contexts) == 1:
                await ingest_folder(str(EXAMPLES), contexts[0], emit=lambda _: None)
        for round_ in (1, 2):
            planned(contexts[0], round_, 12)
            said = await asyncio.gather(*map(farm_round, contexts))
            assert not any(said)
        workers = select(CANDIDATES.c.worker).distinct()
        with contexts[0].ledger._engine.connect() as connection:
            found = set(connection.execute(workers).scalars())
        assert found == {context.session for context in contexts}
        return ends(contexts[0])


async def test_two_workers_make_what_one_makes(tmp_path):
    alone = await farmed(tmp_path, "one", 1)
    assert len(alone) == 24
    assert await farmed(tmp_path, "two", 2) == alone


@pytest.mark.parametrize("calls", [7, 31, 58])
async def test_stopped_round_gives_its_claims_back(tmp_path, calls):
    async with AsyncExitStack() as stack:
        context = await opened(stack, tmp_path / "run", limits={"calls": calls})
        await ingest_folder(str(EXAMPLES), context, emit=lambda _: None)
        planned(context, 1, 12)
        assert "limits.calls" in await farm_round(context)
        left = context.ledger.open_candidates()
        assert left
        assert len(await context.ledger.claim("b", 99)) == left


async def test_round_that_others_finish_is_not_cut_off(tmp_path):
    async def begin():
        pass

    async with AsyncExitStack() as stack:
        context = await opened(stack, tmp_path / "run", limits={"calls": 7})
        other = await opened(stack, tmp_path / "run")
        await ingest_folder(str(EXAMPLES), context, emit=lambda _: None)
        await ingest_folder(str(EXAMPLES), other, emit=lambda _: None)
        planned(context, 1, 6)
        context.helpers = SimpleNamespace(begin=begin, end=lambda: farm_round(other))
        assert await farm_round(context) == ""
        assert not context.ledger.open_candidates()


async def cut(tmp_path, name, stops):
    """Run a round that asks each window twice, with a stop at each of so many calls."""
    for calls in (*stops, 9999):
        async with AsyncExitStack() as stack:
            context = await opened(stack, tmp_path / name, limits={"calls": calls})
            await ingest_folder(str(EXAMPLES), context, emit=lambda _: None)
            first, second = (
                [Candidate(f"{name}{n:02}", 1, window) for n, window in enumerate(windows)]
                for name, windows in (("a", context.windows[:8]), ("b", context.windows[:8]))
            )
            context.ledger.plan([*first, *second])
            await farm_round(context)
            found = ends(context)
    return found


async def test_candidates_of_a_cut_round_are_asked_alike(tmp_path):
    whole = await cut(tmp_path, "whole", ())
    assert len(whole) == 16
    assert await cut(tmp_path, "cut", (20, 40)) == whole


async def test_sleeping_calls_keep_nobody_from_beginning(tmp_path, monkeypatch):
    awake, refused, ended = asyncio.Event(), list[str](), list[str]()

    async def invoke(sender, call):
        if call.key.candidate in busy and call.key.candidate not in refused:
            refused.append(call.key.candidate)
            raise ModelDownError("later")
        return await invoked(sender, call)

    async def run_apart(question, context):
        await ran_apart(question, context)
        ended.append(question.candidate.id)
        if len(ended) == 16:
            awake.set()

    async def sleep(_):
        await asyncio.wait_for(awake.wait(), 20)

    invoked, ran_apart = Sender._invoke, graph.farm.run_apart
    monkeypatch.setattr(Sender, "_invoke", invoke)
    monkeypatch.setattr(graph.farm, "run_apart", run_apart)
    monkeypatch.setattr("agents.sending.asyncio", SimpleNamespace(sleep=sleep))
    async with AsyncExitStack() as stack:
        context = await opened(stack, tmp_path / "run")
        await ingest_folder(str(EXAMPLES), context, emit=lambda _: None)
        busy = planned(context, 1, 24)[::3]
        assert not await farm_round(context)
    assert len(refused) == 8
    assert not {*ended[:16]} & {*busy}
