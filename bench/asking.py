"""Many small calls through the engine, journal and budget on: what the benches of it time."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from langchain_core.messages import HumanMessage

from agents.budget import Budget, Caps
from agents.call import RoleModel
from agents.calls import Calls
from agents.gates import Gates, ServerLimits
from agents.journal import CallKey, Journal
from agents.models import open_model
from agents.specs import Connecting
from app.collector import spared_collector
from bench.plain import MODEL, Said
from prompts.templates import Prompts
from tools.patience import Patience
from tools.tables import sqlite_engine

POOL_PER_PLACE = 1.5


@dataclass(frozen=True, slots=True)
class Took:
    """What a round of calls took: seconds of wall and CPU, and the width at its end."""

    wall: float
    cpu: float
    width: int


@asynccontextmanager
async def opened(
    folder: str,
    url: str,
    width: int,
    connecting: Connecting | None = None,
    most: int | None = None,
) -> AsyncGenerator[tuple[Calls, RoleModel]]:
    """Yield the engine on a journal in the folder, and a model behind the URL.

    The gate keeps its width unless it may grow to `most`.
    """
    engine = sqlite_engine(Path(folder) / "journal.sqlite")
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=10**9, tokens=10**12))
    gates = Gates(width, {url: ServerLimits(most_in_flight=most or width)})
    model = open_model("critic", f"openai:{MODEL}@{url}", {}, connecting)
    with spared_collector():
        yield Calls(journal, gates, budget, Prompts(), patience=Patience(60)), model
    await model.close()
    journal.close()
    engine.dispose()


async def ask_all(url: str, prompts: int, width: int, most: int) -> Took:
    """Ask a server for so many values through a gate that starts at a width."""
    with TemporaryDirectory() as folder:
        async with opened(folder, url, width, most=most) as (calls, model):

            async def work(numbers: Iterable[int]) -> None:
                for number in numbers:
                    key = CallKey(f"{number:08}", "critique", 0)
                    await calls.ask(model, [HumanMessage(f"Judge {number}.")], Said, key)

            began, cpu, waiting = time.perf_counter(), time.process_time(), iter(range(prompts))
            async with asyncio.TaskGroup() as group:
                for _ in range(int(POOL_PER_PLACE * most)):
                    group.create_task(work(waiting))
            return Took(time.perf_counter() - began, time.process_time() - cpu, calls.width)


def peak_mb() -> float:
    """Return the most memory that this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
