"""What tracing costs: the same run untraced, traced, and traced to servers that are slow or down.

python -m bench.tracing [--rows N] [--rounds N] [--latency SECONDS] [--modes NAME ...]

Each run is a process of its own. With a latency the model answers after it, as a server would;
without one the offline model leaves nothing to wait for, and tracing's own work shows in full.
The figures: wall and CPU time beside the untraced run's, peak memory above it, seconds until the
process is gone after its last line, traces that arrived.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODES = ("untraced", "ok", "slow", "hanging", "refusing", "down")
SLOW_SECONDS = 2.0
MANUALS = Path(__file__).parent.parent / "examples" / "manuals"
_RUN = """
import asyncio, json, resource, sys, time
from pathlib import Path
from app.opening import open_context
from app.driving import drive
from app.runs import create_run
from app.settings import read_settings
from graph.brief import Brief
from agents.offline import OfflineModel

run, manuals, rows, latency, variables = sys.argv[1:]
if float(latency):
    say = OfflineModel._agenerate

    async def late(*given, **options):
        await asyncio.sleep(float(latency))
        return await say(*given, **options)

    OfflineModel._agenerate = late
settings = read_settings(model="offline", by_role={}, concurrency=16)
settings = __import__("dataclasses").replace(
    settings, variables={**settings.variables, **json.loads(variables)}
)
folder, brief = Path(manuals), Brief(rows=int(rows), distractors=2)
started = create_run(Path(run), folder, brief, settings, folder / "machines.csv")
began, spent = time.monotonic(), time.process_time()
asyncio.run(drive(Path(run), started, brief, settings, lambda event: None))
took = time.monotonic() - began
traces = Path(run) / "traces.jsonl"
arrived = len(traces.read_text().splitlines()) if traces.exists() else 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
values = {"seconds": took, "cpu": time.process_time() - spent, "peak": peak, "arrived": arrived}
print(json.dumps(values), flush=True)
"""


def main() -> None:
    """Measure each way in turn, round after round, and print the medians."""
    options = _options()
    found: dict[str, list[dict[str, float]]] = {mode: [] for mode in options.modes}
    for _ in range(options.rounds):
        for mode in options.modes:
            found[mode].append(_measured(mode, options.rows, options.latency))
    plain = found["untraced"]
    print(f"{options.rows} rows wanted, latency {options.latency:g} s, {options.rounds} rounds")
    print(f"{'':10}  seconds  ratio   CPU s  ratio  MB more  exit s  arrived")
    for mode, runs in found.items():
        cpu = _median(runs, "cpu")
        ratio = _median(runs, "seconds") / _median(plain, "seconds")
        more = _median(runs, "peak") - _median(plain, "peak")
        print(
            f"{mode:10} {_median(runs, 'seconds'):8.2f} {ratio:6.3f} "
            f"{cpu:7.2f} {cpu / _median(plain, 'cpu'):6.3f} {more:8.1f} "
            f"{max(run['exit'] for run in runs):7.2f} {_median(runs, 'arrived'):8.0f}"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    return parser.parse_args()


def _median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def _measured(mode: str, rows: int, latency: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, _server(mode) as url:
        variables = {} if mode == "untraced" else {"LANGSMITH_TRACING": "true"}
        variables |= {"LANGSMITH_ENDPOINT": url, "LANGSMITH_API_KEY": "lsv2_pt_none_at_all"}
        words = [f"{folder}/run", str(MANUALS), str(rows), str(latency), json.dumps(variables)]
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *words], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        told = time.monotonic()
        process.wait()
        return {**json.loads(line), "exit": time.monotonic() - told}


@contextmanager
def _server(mode: str) -> Generator[str]:
    """Yield the address of a server that reads everything and does as the mode says."""
    gone = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            if mode == "hanging":
                gone.wait()
            elif mode == "slow":
                gone.wait(SLOW_SECONDS)
            self.send_response(503 if mode == "refusing" else 202)
            self.send_header("content-length", "2")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(b"[]")

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if mode == "down":
        server.server_close()
    else:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        gone.set()
        if mode != "down":
            server.shutdown()
            server.server_close()


if __name__ == "__main__":
    main()
