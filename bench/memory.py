"""What the engine keeps in memory: its peak at two numbers of items, and how soon it is ready.

    python -m bench.memory --small 2000 --large 20000

Each size is a process of its own that makes so many calls through `Calls.ask`, with replies of 4 KB
and the journal on disk; the difference of the peaks over the difference of the sizes is what an
item costs. Ready is when the first call could be sent: imports, journal, gate, budget, client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.journal import CallKey
from bench.asking import opened, peak_mb
from bench.mock import Mock
from bench.mock_server import serving
from bench.plain import SYSTEM, Said, pooled, prompt


async def ask_all(url: str, items: int, width: int) -> dict[str, Any]:
    """Make so many calls; return the peak memory before and after, in MB, and when it was ready."""
    with TemporaryDirectory() as folder:
        async with opened(folder, url, width) as (calls, model):
            ready, ready_mb = time.monotonic(), peak_mb()

            async def ask(number: int) -> None:
                messages = [SystemMessage(SYSTEM), HumanMessage(prompt(number, 2000))]
                await calls.ask(model, messages, Said, CallKey(f"{number:08}", "critique", 0))
                calls.forget(f"{number:08}")

            await pooled(range(items), width + width // 2, ask)
    return {"ready_at": ready, "ready_mb": ready_mb, "peak_mb": peak_mb()}


def measure(url: str, items: int, width: int) -> dict[str, Any]:
    """Return what a process of its own needs for so many items."""
    began = time.monotonic()
    words = ["--child", url, "--large", str(items), "--width", str(width)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory", *words], stdout=subprocess.PIPE, check=True
    )
    found = json.loads(done.stdout)
    seconds = found.pop("ready_at") - began
    return {"items": items, "wall": time.monotonic() - began, "ready_s": seconds, **found}


def main() -> None:
    """Measure both sizes, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--large", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--characters", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(asyncio.run(ask_all(options.child, options.large, options.width))))
        return
    mock = Mock(latency=0.005, characters=options.characters, seed=options.seed)
    with serving(mock) as url:
        both = [measure(url, items, options.width) for items in (options.small, options.large)]
    more = both[1]["peak_mb"] - both[0]["peak_mb"]
    per_item = 1024 * more / (options.large - options.small)
    print(json.dumps({"kb_per_item": round(per_item, 3), "small": both[0], "large": both[1]}))


if __name__ == "__main__":
    main()
