"""Many small calls through the engine, journal and budget on: what the benches of the gate time."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from agents.budget import Budget, Caps
from agents.calls import Calls
from agents.gate import Gates
from agents.journal import CallKey, Journal
from agents.models import open_model
from prompts.templates import Prompts
from tools.patience import Patience
from tools.tables import sqlite_engine

POOL_PER_PLACE = 1.5


class Said(BaseModel):
    """What each call asks for."""

    reasons: str
    score: int


@dataclass(frozen=True, slots=True)
class Took:
    """What a round of calls took: seconds of wall and CPU, and the width at its end."""

    wall: float
    cpu: float
    width: int


async def ask_all(url: str, prompts: int, width: int, most: int) -> Took:
    """Ask a server for so many values through a gate that starts at a width."""
    with TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "journal.sqlite")
        journal = Journal(engine)
        gates = Gates(width, most=most)
        budget = Budget(journal, Caps(calls=10 * prompts))
        calls = Calls(journal, gates, budget, Prompts(), patience=Patience(60))
        model = open_model("critic", f"openai:mock@{url}", {})

        async def work(numbers: Iterable[int]) -> None:
            for number in numbers:
                key = CallKey(f"{number:08}", "critique", 0)
                await calls.ask(model, [HumanMessage(f"Judge {number}.")], Said, key)

        began, cpu, waiting = time.perf_counter(), time.process_time(), iter(range(prompts))
        async with asyncio.TaskGroup() as group:
            for _ in range(int(POOL_PER_PLACE * most)):
                group.create_task(work(waiting))
        took = Took(time.perf_counter() - began, time.process_time() - cpu, gates.width)
        await model.close()
        engine.dispose()
    return took


def peak_mb() -> float:
    """Return the most memory that this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
