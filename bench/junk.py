"""What bad output costs: calls until so many values are validated, from a server that sends junk.

    python -m bench.junk --values 500 --share 0.2 --seed 3

Each value is asked for once, and its junk repaired once; what still cannot be read is dropped with
a reason and another is asked for. The ideal are the calls that a loop would need which loses only
the junk itself: values over the share that is none.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import time
from collections import Counter
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.faults import CallError
from agents.journal import CallKey
from bench.asking import opened
from bench.mock import Mock
from bench.mock_server import serving, stats
from bench.plain import SYSTEM, Said, pooled, prompt


async def measure(url: str, folder: str, values: int, width: int) -> dict[str, Any]:
    """Return calls, values and drops until so many values are there."""
    found: list[Said] = []
    dropped: Counter[str] = Counter()
    began, cpu = time.monotonic(), time.process_time()
    async with opened(folder, url, width) as (calls, model):

        async def ask(number: int) -> None:
            messages = [SystemMessage(SYSTEM), HumanMessage(prompt(number, 500))]
            try:
                key = CallKey(f"{number:08}", "critique", 0)
                found.append(await calls.ask(model, messages, Said, key))
            except CallError as fault:
                dropped[str(fault)] += 1

        # No more are asked for than are wanting, so that none is made in vain.
        asked = itertools.count()
        while wanting := values - len(found):
            await pooled(itertools.islice(asked, wanting), width, ask)
        finished = calls.journal.count()
    wall, used = time.monotonic() - began, time.process_time() - cpu
    return {
        "values": len(found),
        "journalled": finished,
        "dropped": sum(dropped.values()),
        "reasons": dict(dropped.most_common(8)),
        "wall": round(wall, 3),
        "cpu_ms_per_call": round(1000 * used / finished, 3),
    }


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=500)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    mock = Mock(latency=options.latency, fault="junk", fault_share=options.share, seed=options.seed)
    with serving(mock) as url, TemporaryDirectory() as folder:
        found = asyncio.run(measure(url, folder, options.values, options.width))
        seen = stats(url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ideal = round(options.values / (1 - options.share))
    told = {"calls": seen.requests, "junk": seen.faulty, "ideal": ideal}
    told["ratio"] = round(seen.requests / ideal, 3)
    print(json.dumps({**vars(options), **told, **found, "peak_mb": round(peak, 1)}))


if __name__ == "__main__":
    main()
