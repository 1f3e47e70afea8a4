"""What the whole loop costs: candidates through the real question graph, against the mock server.

    python -m bench.loop --items 600 --width 32 --rounds 3

The manual is invented, with a window for every candidate; the server replies as the offline model
does, from memory after the first pass. A pass farms all candidates on a journal of its own, once
with the checks and once with what the checks decided in the first pass: that is the engine alone.
The ideal is the server's latency for all calls at the gate's width. Beside it the plain loops of
`bench/plain.py` make as many calls, of the same latency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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

import graph.farm
import graph.question
from app.collector import spared_collector
from app.opening import open_context
from app.settings import Settings, read_settings
from bench.asking import peak_mb
from bench.mock import Mock
from bench.mock_server import reset, serving, stats
from bench.plain import bare_chat, plain_openai
from graph.brief import Brief, Windows
from graph.context import Context
from graph.farm import farm_round
from graph.ingest import ingest_folder
from graph.plan import next_candidates
from graph.state import QuestionState

Update = dict[str, Any]
Node = Callable[[QuestionState, Runtime[Context]], Awaitable[Update]]
CHECKS = ("inspect", "verify", "scope", "surround")
_PARTS = ("jaw", "roller", "belt", "valve", "gear", "clamp", "guide", "shaft", "piston", "nozzle")
_UNITS = ("press", "feeder", "cutter", "sealer", "labeller", "stacker", "washer", "filler")
_PLACES = ("upper", "lower", "left", "right", "inner", "outer", "front", "rear")


class Decided:
    """What the checks of a first pass decided, by candidate, node and visit."""

    def __init__(self) -> None:
        self._updates: dict[tuple[str, str, int], Update] = {}
        self._visits: Counter[tuple[str, str]] = Counter()
        self.replays = False

    def begin(self, *, replays: bool) -> None:
        """Begin a pass."""
        self.replays = replays
        self._visits.clear()

    def around(self, name: str, node: Node) -> Node:
        """Return the node, whose updates are kept, or found again."""

        @wraps(node)
        async def decide(state: QuestionState, runtime: Runtime[Context]) -> Update:
            place = (state.candidate.id, name)
            key = (*place, self._visits[place])
            self._visits[place] += 1
            if not self.replays:
                self._updates[key] = await node(state, runtime)
            return self._updates[key]

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


async def one_pass(manuals: Path, settings: Settings, items: int) -> tuple[float, float, int]:
    """Farm all candidates in a new run; return wall and CPU seconds, and the rows."""
    brief = Brief(rows=items, distractors=0, windows=Windows(input_pages=1))
    with TemporaryDirectory() as folder:
        async with open_context(Path(folder), brief, settings, None) as context:
            await ingest_folder(str(manuals), context, lambda _: None)
            context.ledger.plan(
                next_candidates(
                    context.windows,
                    round_=1,
                    missing=items,
                    rate=1.0,
                    most=items,
                    asked={},
                    exhausted=set(),
                )
            )
            began, cpu = time.perf_counter(), time.process_time()
            with spared_collector():
                ended = await farm_round(context)
            took = time.perf_counter() - began, time.process_time() - cpu
            assert not ended, ended
            return *took, context.ledger.progress().accepted


async def measure(
    options: argparse.Namespace, url: str, beside: str, manuals: Path
) -> dict[str, Any]:
    """Return what the passes took, medians over the rounds; `beside` is the plain loops' server."""
    decided = Decided()
    for name in CHECKS:
        setattr(graph.question, name, decided.around(name, getattr(graph.question, name)))
    built = graph.question.build_question_graph()
    graph.farm._GRAPH = built.compile(checkpointer=False, name="question")  # pyright: ignore[reportPrivateUsage]
    settings = read_settings(model=f"openai:mock@{url}", by_role={}, concurrency=options.width)
    settings = replace(settings, variables={"OPENAI_API_KEY": "none"})
    found: dict[str, list[float]] = {}
    calls = rows = 0
    for number in range(options.rounds + 1):
        for name, replays in (("with_checks", False), ("engine", True)):
            decided.begin(replays=replays)
            reset(url)
            wall, cpu, rows = await one_pass(manuals, settings, options.items)
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
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=600)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
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
