"""What more workers bring: `python -m bench.workers --workers 1 2 --state sqlite postgres`.

A run of so many candidates is farmed by the real farm, workers, ledger, journal, gate and budget;
a candidate's life is three calls to a mock server one after the other and a row of several KB
(`--life stub`), or the real question graph over examples/manuals (`--life graph`), whose server is
the offline model. The speed is that of the middle, from a fifth to nine tenths of the candidates,
so that the start of processes is left out; `wall` has it in. `--kill-node` kills a worker (with
`--engine ray` its whole node, of a local cluster) once a half is done. Afterwards sums are
compared: candidates and rows lost or doubled, calls that the server completed against those in the
journal. Postgres is the one that OFFICINA_STATE_URL names.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from agents.journal_tables import CALLS, RESERVATIONS
from app import ray_workers, workers
from app.opening import open_context
from app.settings import Settings
from app.state import open_books
from app.worker import main as work
from app.workers import Farming, helping
from bench.farmed import make_run, plan
from bench.mock import Mock
from bench.mock_server import serving, stats
from bench.stubbed import STUBBED, StubbedRayWorker, stub
from graph.brief import Brief, Windows, load_brief, read_brief
from graph.context import Context
from graph.farm import farm_round
from graph.ingest import ingest_folder

ROOT = Path(__file__).parent.parent
MANUALS = ROOT / "examples" / "manuals"
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Try:
    """One run to be measured."""

    workers: int
    state: str
    url: str
    options: argparse.Namespace


@dataclass(slots=True)
class Course:
    """When how many candidates were done, and what was in flight when a worker was killed."""

    points: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    in_flight: int | None = None

    def speed(self, count: int) -> float:
        """Return the candidates a second of the middle."""
        middle = [(at, done) for at, done in self.points if 0.2 * count <= done <= 0.9 * count]
        (began, first), (ended, last) = middle[0], middle[-1]
        return (last - first) / (ended - began)


async def farmed(it: Try, run: Path) -> dict[str, Any]:
    """Farm one run to its end; return what it took and what its sums are."""
    options, is_stub = it.options, it.options.life == "stub"
    brief = read_brief(
        {
            "rows": options.candidates // ROUNDS,
            "windows": Windows(input_pages=1).model_dump(),
            "limits": {"calls": options.calls or 10**9},
            "distractors": 1,
            "seed": options.seed,
        },
        "the bench's brief",
    )
    settings = make_run(
        run,
        MANUALS,
        brief,
        it.url,
        options.width,
        machines=None if is_stub else MANUALS / "machines.csv",
        state=it.state,
    )
    if is_stub:
        (run / STUBBED).touch()
    with open_books(run, new=True):
        pass
    with nodes(options, it.workers) as kill:
        async with opened(it, run, brief, settings) as context:
            windows = stub(brief) if is_stub else context.windows
            plan(context, windows, options.candidates)
            farming = Farming(it.workers, options.engine)
            async with helping(context, settings, farming):
                course, began, cpu = Course(), time.monotonic(), cpu_seconds()
                watching = asyncio.create_task(watch(context, it, course, kill))
                ended = await farm_round(context)
                wall = time.monotonic() - began
                watching.cancel()
                await context.helpers.end() if context.helpers else None
            cpu = cpu_seconds() - cpu
            return sums(context, it, course) | {
                "ended": ended,
                "wall": round(wall, 2),
                "candidates_a_second": round(course.speed(options.candidates), 1)
                if not ended
                else 0,
                "client_cpu_ms_a_candidate": round(1e3 * cpu / options.candidates, 2),
            }


@asynccontextmanager
async def opened(it: Try, run: Path, brief: Brief, settings: Settings) -> AsyncGenerator[Context]:
    """Yield the leader's context, on manuals where they are real."""
    machines = None if it.options.life == "stub" else MANUALS / "machines.csv"
    async with open_context(run, brief, settings, machines) as context:
        if it.options.life == "graph":
            await ingest_folder(str(MANUALS), context, emit=lambda _: None)
        yield context


async def watch(context: Context, it: Try, course: Course, kill: Any) -> None:  # noqa: ANN401
    """Note how far the farm is; kill when a half is done."""
    count = it.options.candidates
    while True:
        done = count - await asyncio.to_thread(context.ledger.open_candidates)
        course.points.append((time.monotonic(), done))
        if it.options.kill_node and course.in_flight is None and done >= count / 2:
            course.in_flight = (await asyncio.to_thread(stats, it.url)).in_flight
            await asyncio.to_thread(kill, context)
        await asyncio.sleep(0.1)


@contextmanager
def nodes(options: argparse.Namespace, count: int) -> Generator[Any]:
    """Yield what kills a worker; with Ray, a cluster of a head without workers and nodes of one."""
    if options.engine == "local":
        yield kill_process
        return
    from ray.cluster_utils import Cluster

    small = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
    added = [cluster.add_node(num_cpus=1, **small) for _ in range(max(2, count))]
    try:

        def kill_node(_: Context) -> None:
            cluster.remove_node(added[0], allow_graceful=False)

        yield kill_node
    finally:
        cluster.shutdown()


def kill_process(context: Context) -> None:
    """Kill one of a run's worker processes."""
    helpers: Any = context.helpers
    next(iter(helpers._running.values())).kill()


def sums(context: Context, it: Try, course: Course) -> dict[str, Any]:
    """Compare what was planned, finished, journalled and served."""
    ledger, journal, seen = context.ledger, context.calls.journal, stats(it.url)
    walked = ledger.progress()
    finished = [each.candidate.id for each in ledger.entries() if each.status != "planned"]
    with journal.engine.connect() as connection:
        by = select(func.count()).select_from(CALLS).where(CALLS.c.candidate != "run")
        by_call = by.group_by(CALLS.c.candidate, CALLS.c.step, CALLS.c.attempt, CALLS.c.ask)
        doubled = sum(count > 1 for (count,) in connection.execute(by_call))
        reserved = connection.execute(select(func.count()).select_from(RESERVATIONS)).scalar_one()
    kept = journal.count()
    return {
        "finished": len(finished),
        "lost": it.options.candidates - walked.accepted - sum(walked.dropped.values()),
        "doubled_rows": len(finished) - len(set(finished)),
        "doubled_calls": doubled,
        "calls": kept,
        "served": seen.completed,
        "wasted": seen.completed - kept,
        "in_flight_at_the_kill": course.in_flight,
        "most_in_flight": seen.most_in_flight,
        "spent_calls": sum(each.calls for each in journal.spending().values()),
        "left_reserved": reserved,
    }


def cpu_seconds() -> float:
    """Return the CPU of this process and of those of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return what each number of workers took on each state, in turns."""
    mock = Mock(latency=options.latency, offline=options.life == "graph", seed=options.seed)
    found: list[dict[str, Any]] = []
    states: list[str] = options.state
    counts: list[int] = options.workers
    turns = product(range(options.rounds), product(states, counts))
    for round_, (state, count) in turns:
        with (
            serving(mock) as url,
            tempfile.TemporaryDirectory(prefix="officina-workers-") as folder,
        ):
            took = asyncio.run(farmed(Try(count, state, url, options), Path(folder)))
        found.append({"round": round_, "state": state, "workers": count, **took})
        print(json.dumps(found[-1]), file=sys.stderr)
    return found


def main() -> None:
    """Measure, and print one JSON line; as a worker's process, work."""
    if len(sys.argv) > 2 and (Path(sys.argv[1]) / STUBBED).exists():
        stub(load_brief(Path(sys.argv[1]) / "brief.yaml"))
        return work()
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--life", choices=["stub", "graph"], default="stub")
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--state", nargs="+", choices=["sqlite", "postgres"], default=["sqlite"])
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.01)
    parser.add_argument("--calls", type=int, default=0, help="the run's limit of calls")
    parser.add_argument("--kill-node", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.life == "stub":
        workers.MODULE = "bench.workers"
        ray_workers.RayWorker = StubbedRayWorker
    print(json.dumps({**vars(options), "runs": measure(options)}))
    return None


if __name__ == "__main__":
    main()
