"""A round is the same however it is worked on: by one or several, at once or after a stop."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.dataset import dataset_graph
from graph.farm import farm_round
from graph.ingest import ingest_folder
from graph.ledger_tables import CANDIDATES
from graph.plan import next_candidates
from graph.state import DatasetInput
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
            said = await asyncio.gather(
                *(farm_round(each, f"worker {n}") for n, each in enumerate(contexts))
            )
            assert not any(said)
        workers = select(CANDIDATES.c.worker).distinct()
        with contexts[0].ledger._engine.connect() as connection:
            found = set(connection.execute(workers).scalars())
        assert found == {f"worker {n}" for n in range(farms)}
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
        assert "limits.calls" in await farm_round(context, "a")
        left = context.ledger.open_candidates()
        assert left
        assert len(await context.ledger.claim("b", 99)) == left


async def test_candidates_of_a_cut_round_are_asked_alike(tmp_path):
    """What a candidate is shown of its window may not depend on which others came first."""
    wanted = {"rows": 24, "languages": ["en"], "contrasts": 0.3}
    async with AsyncExitStack() as stack:
        whole = await opened(stack, tmp_path / "whole", **wanted)
        await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=whole)
        expected = ends(whole)
    assert any(e.origin and e.variant == "contrast" for e, *_ in expected)
    for calls in (60, 90, 120, 150, 180, 9999):
        async with AsyncExitStack() as stack:
            limits = {"calls": calls}
            cut = await opened(stack, tmp_path / "cut", **wanted, limits=limits)
            await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=cut)
            found = ends(cut)
    assert found == expected
