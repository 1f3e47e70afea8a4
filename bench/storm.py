"""A storm of refusals: many calls at once against a server that admits few, and says 429 to others.

    python -m bench.storm --prompts 1000 --width 64 --admits 16 --retry-after 1 --rounds 3

The ideal is the server's: prompts over what it admits, times its latency. Each round is a new gate
that knows nothing of the server, after one small round that warms the client up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from statistics import median
from typing import Any

from bench.asking import Took, ask_all, peak_mb
from bench.mock import Mock
from bench.mock_server import reset, serving, stats


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the rounds took, and how many calls were refused in each."""
    took: list[Took] = []
    rejected: list[int] = []
    for seed in range(options.seed, options.seed + options.rounds):
        mock = Mock(
            latency=options.latency,
            admits=options.admits,
            retry_after=options.retry_after,
            seed=seed,
        )
        with serving(mock) as url:
            asyncio.run(ask_all(url, options.admits, 1, 1))
            reset(url)
            took.append(asyncio.run(ask_all(url, options.prompts, options.width, options.width)))
            rejected.append(stats(url).rejected)
    ideal = options.prompts / options.admits * options.latency
    wall = median(each.wall for each in took)
    return {
        "ideal": round(ideal, 3),
        "wall": round(wall, 3),
        "ratio": round(wall / ideal, 3),
        "rejected": median(rejected),
        "walls": [round(each.wall, 3) for each in took],
        "rejections": rejected,
        "widths": [each.width for each in took],
        "cpu_ms_per_call": round(1000 * median(each.cpu for each in took) / options.prompts, 3),
        "peak_mb": peak_mb(),
    }


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--admits", type=int, default=16)
    parser.add_argument("--retry-after", type=float, default=1.0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(json.dumps({**vars(options), **measure(options)}))


if __name__ == "__main__":
    main()
