"""What the whole loop costs: candidates through the real question graph, against the mock server.

    python -m bench.loop --items 600 --width 32 --workers 1 --rounds 3

The manual is invented, with a window for every candidate; the server replies as the offline model
does, from memory after the first pass. A pass farms all candidates on a journal of its own, once
with the checks and once with what the checks decided in the first pass: that is the engine alone.
It begins when all workers are there. The ideal is the server's latency for all calls at the gate's
width. Beside it the plain loops of `bench/plain.py` make as many calls, of the same latency, in one
process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from itertools import islice, product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from langgraph.runtime import Runtime

import app.worker
import graph.farm
import graph.question
from app import workers
from app.collector import spared_collector
from app.opening import open_context
from app.state import open_books
from app.tracing import spared_threads
from app.workers import Farming, helping
from bench.asking import peak_mb
from bench.farmed import make_run, plan
from bench.mock import Mock
from bench.mock_server import reset, serving, stats
from bench.plain import bare_chat, plain_openai
from graph.brief import Brief, Windows
from graph.context import Context
from graph.farm import farm_round
from graph.ingest import ingest_folder
from graph.state import QuestionState

Update = dict[str, Any]
Node = Callable[[QuestionState, Runtime[Context]], Awaitable[Update]]
CHECKS = ("inspect", "verify", "scope", "surround")
DECIDED = "decided.pickle"
"""The file in a run folder that holds what the checks decided."""
_PARTS = ("jaw", "roller", "belt", "valve", "gear", "clamp", "guide", "shaft", "piston", "nozzle")
_UNITS = ("press", "feeder", "cutter", "sealer", "labeller", "stacker", "washer", "filler")
_PLACES = ("upper", "lower", "left", "right", "inner", "outer", "front", "rear")


class Decided:
    """What the checks decide, by candidate, node and visit: kept, or found again if it replays."""

    def __init__(self, updates: dict[tuple[str, str, int], Update] | None = None) -> None:
        self.updates = updates or {}
        self.replays = updates is not None
        self._visits: Counter[tuple[str, str]] = Counter()

    def stand_in(self) -> None:
        """Take the place of the checks in the question graph that is farmed."""
        for name in CHECKS:
            setattr(graph.question, name, self._around(name, getattr(graph.question, name)))
        built = graph.question.build_question_graph()
        graph.farm._GRAPH = built.compile(checkpointer=False, name="question")  # pyright: ignore[reportPrivateUsage]

    def begin(self, *, replays: bool) -> None:
        """Begin a pass."""
        self.replays = replays
        self._visits.clear()

    def _around(self, name: str, node: Node) -> Node:
        @wraps(node)
        async def decide(state: QuestionState, runtime: Runtime[Context]) -> Update:
            place = (state.candidate.id, name)
            key = (*place, self._visits[place])
            self._visits[place] += 1
            if not self.replays:
                self.updates[key] = await node(state, runtime)
            return self.updates[key]

        return decide


def write_manual(folder: Path, pages: int) -> None:
    """Write a manual of so many pages that each state something else."""
    named = product(range(1, pages + 1), _UNITS, _PARTS, _PLACES)
    names = (f"{place} {part} of the {unit} {number}" for number, unit, part, place in named)
    texts = {
        f"page_{at + 1}": f"# Maintenance of the {name}\n\nThe tightening torque of the {name} is "
        f"{20 + at} Nm. Use a torque wrench before the first start of every shift. Check it for "
        "cracks every week. A part with cracks must be replaced at once, whatever its age may be."
        for at, name in enumerate(islice(names, pages))
    }
    (folder / "plant.json").write_text(json.dumps(texts), encoding="utf-8")


async def one_pass(
    manuals: Path, url: str, options: argparse.Namespace, decided: Decided, farming: Farming
) -> tuple[float, float, int]:
    """Farm all candidates in a new run; return wall and CPU seconds, and the rows."""
    brief = Brief(rows=options.items, distractors=0, windows=Windows(input_pages=1))
    with TemporaryDirectory() as folder:
        run = Path(folder)
        settings = make_run(run, manuals, brief, url, options.width)
        (run / DECIDED).write_bytes(pickle.dumps(decided.updates if decided.replays else None))
        with open_books(run, new=True):
            pass
        async with open_context(run, brief, settings, None) as context:
            await ingest_folder(str(manuals), context, lambda _: None)
            async with helping(context, settings, farming):
                await _all_there(context, farming.workers - 1)
                plan(context, context.windows, options.items)
                began, cpu = time.perf_counter(), time.process_time()
                with spared_collector(), spared_threads(settings):
                    ended = await farm_round(context)
                wall, cpu = time.perf_counter() - began, time.process_time() - cpu
                assert not ended, ended
            cpu += sum(float(path.read_text()) for path in run.glob("worker.*"))
            return wall, cpu, context.ledger.progress().accepted


async def _all_there(context: Context, count: int) -> None:
    """Start the other workers, and wait until each of them farms."""
    if context.helpers:
        await context.helpers.begin()
    while len(list(context.run.glob("worker.*"))) < count:
        await asyncio.sleep(0.05)


def work_beside(run: Path) -> None:
    """Work as another process of a pass, and say so, and what it took, in its folder."""
    Decided(pickle.loads((run / DECIDED).read_bytes())).stand_in()
    farm = app.worker.farm_beside

    async def farm_and_tell(context: Context, over: asyncio.Event) -> str:
        said, cpu = run / f"worker.{context.session}", time.process_time()
        said.write_text("0")
        ended = await farm(context, over)
        said.write_text(str(time.process_time() - cpu))
        return ended

    app.worker.farm_beside = farm_and_tell
    app.worker.main()


async def measure(
    options: argparse.Namespace, url: str, beside: str, manuals: Path
) -> dict[str, Any]:
    """Return what the passes took, medians over the rounds; `beside` is the plain loops' server."""
    decided = Decided()
    decided.stand_in()
    found: dict[str, list[float]] = {}
    calls = rows = 0
    for number in range(options.rounds + 1):
        for name, replays in (("with_checks", False), ("engine", True)):
            decided.begin(replays=replays)
            reset(url)
            # The first pass decides for all, so it is made here.
            farming = Farming(options.workers if number else 1)
            wall, cpu, rows = await one_pass(manuals, url, options, decided, farming)
            calls = stats(url).completed
            if number:
                found.setdefault(name, []).append(wall)
                found.setdefault(f"{name}_cpu_ms_per_item", []).append(1000 * cpu / options.items)
        if number:
            for name, plain in (("plain", plain_openai), ("chat", bare_chat)):
                began = time.perf_counter()
                await plain(beside, range(calls), options.width, 2000)
                found.setdefault(name, []).append(time.perf_counter() - began)
    return {"calls": calls, "rows": rows} | {name: median(each) for name, each in found.items()}


def main() -> None:
    """Measure, and print one JSON line; as a worker's process, work."""
    if len(sys.argv) > 2 and (Path(sys.argv[1]) / DECIDED).exists():
        work_beside(Path(sys.argv[1]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=600)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    workers.MODULE = "bench.loop"
    mock = Mock(latency=options.latency, seed=options.seed)
    with (
        serving(replace(mock, offline=True)) as url,
        serving(mock) as beside,
        TemporaryDirectory() as folder,
    ):
        write_manual(Path(folder), options.items)
        found = asyncio.run(measure(options, url, beside, Path(folder)))
    ideal = found["calls"] * options.latency / options.width
    ratios = {
        f"{name}_to_ideal": found[name] / ideal
        for name in ("engine", "with_checks", "plain", "chat")
    }
    told = {**vars(options), "ideal": ideal, **found, **ratios, "peak_mb": peak_mb()}
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in told.items()}))


if __name__ == "__main__":
    main()
