"""What a call costs: one stage of calls through `Calls.ask`, journal and budget on, a gate's width.

    python -m bench.dispatch --calls 2000 --width 32 --rounds 3

Beside it, in the same run and in turns, the loops of `bench/plain.py` against the same server, in
a process of its own. The ideal is the server's latency alone: calls over width, rounded up, times
latency. With `--workers 2` the calls and the width are shared by two processes, the loops' too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, get_args

from langchain_core.messages import HumanMessage, SystemMessage

from agents.journal import CallKey, Journal
from agents.specs import Connecting, TransportKind
from bench.asking import opened
from bench.mock import Mock
from bench.mock_server import serving
from bench.plain import SYSTEM, Said, bare_chat, plain_openai, pooled, prompt
from tools.tables import sqlite_engine

_barrier: Barrier
_loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class Size:
    """How much one process does."""

    url: str
    numbers: range
    width: int
    characters: int
    connecting: Connecting
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Took:
    """What one process took, in seconds of the machine's clock and of its own CPU."""

    began: float
    ended: float
    cpu: float
    peak_mb: float


async def ours(size: Size) -> None:
    """Make the calls through the engine, journalled on disk."""
    async with opened(size.folder, size.url, size.width, size.connecting) as (calls, model):

        async def call(number: int) -> None:
            messages = [SystemMessage(SYSTEM), HumanMessage(prompt(number, size.characters))]
            key = CallKey(f"{number:08}", "critique", 0)
            await calls.ask(model, messages, Said, key)
            calls.forget(key.candidate)

        await pooled(size.numbers, size.width + size.width // 2, call)


async def _plain(size: Size) -> None:
    await plain_openai(size.url, size.numbers, size.width, size.characters)


async def _plain_aiohttp(size: Size) -> None:
    await plain_openai(size.url, size.numbers, size.width, size.characters, aiohttp=True)


async def _chat(size: Size) -> None:
    await bare_chat(size.url, size.numbers, size.width, size.characters)


CONTENDERS: dict[str, Callable[[Size], Awaitable[None]]] = {
    "ours": ours,
    "plain": _plain,
    "plain_aiohttp": _plain_aiohttp,
    "chat": _chat,
}


def _join(barrier: Barrier) -> None:
    """Begin a process; ChatOpenAI keeps its client for good, so the loop must stay too."""
    global _barrier, _loop
    _barrier, _loop = barrier, asyncio.new_event_loop()


def _run(name: str, size: Size) -> Took:
    """Run one contender's share, when all processes are there."""

    async def timed() -> Took:
        began, cpu = time.monotonic(), time.process_time()
        await CONTENDERS[name](size)
        ended, used = time.monotonic(), time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return Took(began, ended, used, peak)

    _barrier.wait()
    return _loop.run_until_complete(timed())


def _together(pool: Pool, name: str, size: Size, workers: int) -> Took:
    """Run a contender in all processes of the pool, over one state that is made here."""
    with TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "journal.sqlite")
        Journal(engine).close()
        engine.dispose()
        share = replace(size, folder=folder, width=size.width // workers)
        shares = [replace(share, numbers=size.numbers[at::workers]) for at in range(workers)]
        took = pool.starmap(_run, [(name, each) for each in shares], chunksize=1)
    return Took(
        min(each.began for each in took),
        max(each.ended for each in took),
        sum(each.cpu for each in took),
        max(each.peak_mb for each in took),
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return what each contender took, over all rounds."""
    context = multiprocessing.get_context("spawn")
    took: dict[str, list[Took]] = {name: [] for name in options.contenders}
    with serving(Mock(latency=options.latency, seed=options.seed)) as url, ExitStack() as stack:
        size = Size(
            url,
            range(options.calls),
            options.width,
            options.prompt,
            Connecting(transport=options.transport),
        )
        pools: dict[str, Pool] = {}
        for name in options.contenders:
            barrier = context.Barrier(options.workers)
            pools[name] = stack.enter_context(context.Pool(options.workers, _join, (barrier,)))
            warm = replace(size, numbers=range(2 * options.width))
            _together(pools[name], name, warm, options.workers)
        for _ in range(options.rounds):
            for name, pool in pools.items():
                took[name].append(_together(pool, name, size, options.workers))
    ideal = ceil(options.calls / options.width) * options.latency
    return {name: _summary(each, options.calls, ideal) for name, each in took.items()}


def _summary(took: list[Took], calls: int, ideal: float) -> dict[str, Any]:
    walls = [each.ended - each.began for each in took]
    return {
        "wall": round(median(walls), 3),
        "walls": [round(wall, 3) for wall in walls],
        "ratio": round(median(walls) / ideal, 3),
        "cpu_ms_per_call": round(1000 * median(each.cpu for each in took) / calls, 3),
        "peak_mb": round(max(each.peak_mb for each in took), 1),
    }


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt", type=int, default=2000, help="characters of a prompt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--transport", choices=get_args(TransportKind), default="aiohttp")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    found = measure(options)
    ideal = ceil(options.calls / options.width) * options.latency
    ours_took = found.get("ours", {})
    beside = {
        f"to_{name}": round(ours_took["wall"] / found[name]["wall"], 3)
        for name in found
        if ours_took and name != "ours"
    }
    print(json.dumps({**vars(options), "ideal": ideal, **beside, **found}))


if __name__ == "__main__":
    main()
