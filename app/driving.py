"""Driving: a run's folder through the dataset graph, to its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from app.collector import spared_collector
from app.opening import open_context
from app.reporting import write_run_report
from app.run_file import Result, RunFile, machines_of, write_run_file
from app.settings import Settings
from app.state import outlasting
from app.trial import clear_trial
from app.workers import ALONE, Farming, helping
from graph.brief import Brief
from graph.context import Context
from graph.dataset import dataset_graph
from graph.state import DatasetInput, DatasetState
from tools.patience import Patience

Within = Callable[[Context], AbstractAsyncContextManager[object]]
OnEvent = Callable[[Mapping[str, object]], None]


async def drive(
    run: Path,
    started: RunFile,
    brief: Brief,
    settings: Settings,
    on_event: OnEvent,
    farming: Farming = ALONE,
    within: Within = nullcontext,
) -> Result:
    """Run the dataset graph on the folder to its end, write its report, and that it has ended.

    Where the state's database goes away and comes back, it goes on by itself. `within` holds the
    run, and may end it.
    """
    began = time.monotonic()
    clear_trial(run)
    if started.estimated:
        started.estimated = False
        write_run_file(run, started)
    patience = Patience(settings.services.patience, partial(_say_waiting, on_event))
    work = partial(_walk, run, started, brief, settings, on_event, farming, within)
    ended, accepted, replayed = await outlasting(run, patience, work)
    started.result = Result(
        decision=ended.decision,
        reason=ended.reason,
        accepted=accepted,
        wanted=brief.rows,
        dataset=ended.dataset,
        adapter=ended.adapter,
        evaluation=ended.evaluation,
        replayed=replayed,
        seconds=round(time.monotonic() - began, 1),
        note=ended.note,
    )

    async def report() -> None:
        await asyncio.to_thread(write_run_report, run, started, brief)

    # A run that is cut off before its report is there must not be called finished.
    await outlasting(run, patience, report)
    write_run_file(run, started)
    return started.result


async def _walk(
    run: Path,
    started: RunFile,
    brief: Brief,
    settings: Settings,
    on_event: OnEvent,
    farming: Farming,
    within: Within,
) -> tuple[DatasetState, int, int]:
    """Walk the dataset graph once; return its last state, the rows accepted, the calls replayed."""
    ended = DatasetState(started.manuals)
    async with (
        open_context(run, brief, settings, machines_of(run, started)) as context,
        helping(context, settings, farming),
        within(context),
    ):
        title = f"dataset of {brief.rows} rows from {Path(started.manuals).name}"
        tracing = context.tracing.dataset(title, {"models": started.models})
        with spared_collector(), tracing.following() as config:
            stream = dataset_graph.astream(
                DatasetInput(started.manuals),
                config,
                context=context,
                stream_mode=["custom", "values"],
            )
            async for mode, value in stream:
                if mode == "custom":
                    on_event(cast("dict[str, object]", value))
                else:
                    ended = replace(ended, **cast("dict[str, Any]", value))
        return ended, context.ledger.progress().accepted, context.calls.replayed


def _say_waiting(on_event: OnEvent, service: str, seconds: float) -> None:
    on_event({"event": "waiting", "service": service, "seconds": round(seconds, 1)})
