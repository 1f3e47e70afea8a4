"""Whole runs killed at random points of their lives, resumed, killed again, and compared.

    python -m bench.kill --rows 30 --points 20 --seed 1
    python -m bench.kill --workers 2 --state postgresql://… --in-flight 128
    python -m bench.kill --in-flight 128 --cap tokens=150000

A run that is never killed is the measure: its rows, its sums. Points are drawn by time, by calls
that the server completed, and after the last call, where rows are compared and written. Calls are
wasted that the server completed and no journal holds. With a cap, the run is killed on its way to
it, and goes on with more once it has ended there.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.lives import WHOLE, Life, Wanted
from bench.mock import Mock
from bench.mock_server import reset, serving, stats

KILLS_OF_A_LIFE = 5


@dataclass
class Found:
    """What became of the lives so far."""

    kills: int = 0
    lives: int = 0
    wasted: list[int] = field(default_factory=list[int])
    faults: list[str] = field(default_factory=list[str])


def kill_on(
    life: Life, at: random.Random, whole: Life, total: int, most: int, found: Found
) -> None:
    """Kill a life up to so many times, and let it end; what is wrong with it then is a fault."""
    reset(life.url)
    wasted = 0
    for _ in range(most):
        if not life.is_running:
            life.begin()
        if not life.reach(_point(at, whole.seconds, total)):
            break
        victims = at.choice(["run", "worker", "both"]) if life.wanted.workers > 1 else "run"
        life.kill(victims)
        found.kills += 1
        if not life.is_running:
            now = stats(life.url).completed - life.calls()
            found.wasted.append(now - wasted)
            wasted = now
    code = life.end()
    found.lives += 1
    found.faults += [f"life {found.lives}: {fault}" for fault in life.faults_beside(whole, code)]


def _point(at: random.Random, seconds: float, calls: int) -> tuple[int, float]:
    """Return at how many calls to kill a run of so many, and how many seconds after these."""
    kind = at.choice(["time", "time", "calls", "calls", "end"])
    if kind == "time":
        return 0, at.uniform(0, seconds)
    if kind == "calls":
        return at.randrange(calls), 0.0
    return calls, at.uniform(0, 1)


def hunt(folder: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what kills did to runs that are to end as one that was never killed."""
    wanted = Wanted(options.rows, options.in_flight, options.workers, options.state)
    whole = Life(folder / "whole", url, Wanted(options.rows, options.in_flight))
    whole.begin()
    assert whole.end() == WHOLE, whole.said
    at, found, total = random.Random(options.seed), Found(), whole.calls()
    while found.kills < options.points:
        life = Life(folder / f"life-{found.lives + 1}", url, wanted)
        most = min(KILLS_OF_A_LIFE, options.points - found.kills)
        kill_on(life, at, whole, total, most, found)
    return {
        "calls": total,
        "kills": found.kills,
        "lives": found.lives,
        "wasted": sum(found.wasted),
        "most_wasted_per_kill": max(found.wasted, default=0),
        "faults": found.faults,
    }


def spend(folder: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what runs spent that were killed on their way to a cap, and beyond it."""
    name, value = options.cap.split("=")
    most = float(value) if name == "money" else int(value)
    wanted = Wanted(options.rows, options.in_flight, options.workers, options.state, {name: most})
    at, spent, kills, codes = random.Random(options.seed), list[float](), 0, list[int]()
    faults: list[str] = []
    while kills < options.points:
        life = Life(folder / f"life-{len(codes) + 1}", url, wanted)
        reset(url)
        for _ in range(min(KILLS_OF_A_LIFE, options.points - kills)):
            life.begin()
            if not life.reach((stats(url).completed + at.randrange(80), at.uniform(0, 0.2))):
                break
            life.kill("run")
            kills += 1
        codes.append(life.end())
        spent.append(wanted.spent(stats(url), name))
        codes.append(life.end(f"{name}={10 * most}"))
        if spent[-1] > most or codes[-2:] != [3, WHOLE]:
            faults.append(f"life {len(spent)}: {spent[-1]} {name}, codes {codes[-2:]}: {life.said}")
    return {"kills": kills, "cap": options.cap, "spent": spent, "codes": codes, "faults": faults}


def main() -> None:
    """Kill, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--state", default="sqlite", help="sqlite, or the URL of a Postgres")
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--cap", default="", help="calls, tokens or money, as calls=150")
    parser.add_argument("--keep", type=Path, help="a folder for the runs; else a temporary one")
    options = parser.parse_args()
    began, measure = time.monotonic(), spend if options.cap else hunt
    with (
        TemporaryDirectory(prefix="officina-kill-") as folder,
        serving(Mock(options.latency, offline=True)) as url,
    ):
        found = measure(options.keep or Path(folder), url, options)
    values = {name: value for name, value in vars(options).items() if name not in ("keep", "state")}
    state = "sqlite" if options.state == "sqlite" else "postgres"
    took = round(time.monotonic() - began, 1)
    print(json.dumps({**values, "state": state, **found, "wall": took}))


if __name__ == "__main__":
    main()
