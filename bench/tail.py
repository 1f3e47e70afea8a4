"""A long tail: a few calls take many times as long as the others, and must hold up nobody.

    python -m bench.tail --prompts 2000 --width 32 --slow-share 0.02 --slow-factor 20

The ideal is the larger of two that no order of sending can pass: all the latencies that the server
drew over the width, and the longest of them. The gate may not grow, or it would beat the ideal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from statistics import median
from typing import Any

from bench.asking import Took, ask_all, peak_mb
from bench.mock import Mock, MockServer
from bench.mock_server import reset, serving


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the rounds took, each beside its own ideal."""
    took: list[Took] = []
    ideals: list[float] = []
    for seed in range(options.seed, options.seed + options.rounds):
        mock = Mock(
            options.latency,
            slow_share=options.slow_share,
            slow_factor=options.slow_factor,
            seed=seed,
        )
        ideals.append(_ideal(mock, options.prompts, options.width))
        with serving(mock) as url:
            asyncio.run(ask_all(url, options.width, options.width, options.width))
            reset(url)
            took.append(asyncio.run(ask_all(url, options.prompts, options.width, options.width)))
    walls = [each.wall for each in took]
    return {
        "ideal": round(median(ideals), 3),
        "wall": round(median(walls), 3),
        "ratio": round(median(a / b for a, b in zip(walls, ideals, strict=True)), 3),
        "walls": [round(wall, 3) for wall in walls],
        "ideals": [round(ideal, 3) for ideal in ideals],
        "cpu_ms_per_call": round(1000 * median(each.cpu for each in took) / options.prompts, 3),
        "peak_mb": peak_mb(),
    }


def _ideal(mock: Mock, prompts: int, width: int) -> float:
    server = MockServer(mock)
    latencies = [server.draw()[0] for _ in range(prompts)]
    return max(sum(latencies) / width, max(latencies))


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--slow-share", type=float, default=0.02)
    parser.add_argument("--slow-factor", type=float, default=20.0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(json.dumps({**vars(options), **measure(options)}))


if __name__ == "__main__":
    main()
