"""Lives: runs in processes of their own, which `bench/kill.py` begins, kills and looks at."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import yaml

from app.settings import STATE_URL, variables
from app.terminal import INTERRUPTS
from bench.mock import Seen
from bench.mock_server import stats

ROOT = Path(__file__).parent.parent
MANUALS = ROOT / "examples" / "manuals"
MODEL = "openai:mock"
PRICE = {"input": 3.0, "output": 12.0}
WHOLE = 0
_OFFICINA = "import sys; sys.path.insert(0, {!r}); from app.cli import main; main()"
_LONGEST = 300.0
"""Seconds after which a process that has not ended is taken to hang."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What run is wanted; `state` is sqlite or a URL."""

    rows: int
    in_flight: int
    workers: int = 1
    state: str = "sqlite"
    limits: Mapping[str, float] = field(default_factory=dict[str, float])
    patience: float = 30.0
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    """More variables for its processes."""

    def spent(self, seen: Seen, name: str) -> float:
        """Return what the server has seen, as the limit of this name counts it."""
        if name == "calls":
            return seen.completed
        if name == "tokens":
            return seen.input_tokens + seen.output_tokens
        dollars = seen.input_tokens * PRICE["input"] + seen.output_tokens * PRICE["output"]
        return dollars / 1e6


def heed_signals() -> None:
    """Heed again what a shell lets its background jobs ignore, and they hand on."""
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_DFL)


class Life:
    """One run folder, and the process that is at it, if one is."""

    def __init__(self, run: Path, url: str, wanted: Wanted) -> None:
        self.run, self.url, self.wanted = run, url, wanted
        self.seconds = 0.0
        """How long its processes have worked."""
        self.said = ""
        self.code = WHOLE
        self.orphans = 0
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self._began = 0.0
        self._kept = run.with_name(f"{run.name}-wanted")
        self._kept.mkdir(parents=True, exist_ok=True)
        brief = {"rows": wanted.rows, "limits": _whole_numbers(wanted.limits)}
        (self._kept / "brief.yaml").write_text(yaml.safe_dump(brief), "utf-8")
        services = {
            "prices": {MODEL: PRICE},
            "patience": wanted.patience,
            "servers": {url: {"most_in_flight": wanted.in_flight}},
        }
        (self._kept / "officina.yaml").write_text(yaml.safe_dump(services), "utf-8")

    @property
    def is_running(self) -> bool:
        """Whether a process is at the run."""
        return self._process is not None

    def begin(self, *more: str) -> None:
        """Start the run, or go on with it where it was started."""
        workers = ["--workers", str(self.wanted.workers)]
        if (self.run / "run.json").exists():
            self._start("resume", str(self.run), *workers, *more)
            return
        brief = ["--brief", str(self._kept / "brief.yaml"), "--out", str(self.run)]
        model = ["--model", f"{MODEL}@{self.url}", "--concurrency", str(self.wanted.in_flight)]
        self._start("run", str(MANUALS), *brief, *model, *workers)

    def reach(self, point: tuple[int, float]) -> bool:
        """Wait until the server has completed so many calls, and so long; False if it ends."""
        calls, seconds = point
        while calls and stats(self.url).completed < calls:
            if not self._lives(0.01):
                return False
        return self._lives(seconds)

    def kill(self, victims: str) -> None:
        """Kill the run's own process, one worker, or both."""
        assert self._process
        children = psutil.Process(self._process.pid).children(recursive=True)
        if victims != "run" and children:
            children[0].kill()
        if victims != "worker":
            self._process.send_signal(signal.SIGKILL)
            _, alive = psutil.wait_procs(children, timeout=10)
            self.orphans += len(alive)
            self._ended()
            while stats(self.url).in_flight:
                time.sleep(0.01)

    def signal(self, number: signal.Signals) -> list[psutil.Process]:
        """Send the run's own process a signal; return the processes that it has started."""
        assert self._process
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(number)
        return children

    def end(self, add: str = "") -> int:
        """Let the run end, with more budget where some is given; return the exit code."""
        # Where it was killed after it had written its result, its exit code is that of a resume.
        if not self.is_running and (add or self.code < WHOLE or not self._is_over()):
            self.begin(*(["--add-budget", add] if add else []))
        if self._process:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LONGEST)
            self._ended()
        return self.code

    def calls(self) -> int:
        """Return how many calls the journal holds."""
        asked = subprocess.run(
            [*_command(), "status", str(self.run), "--json"],
            capture_output=True,
            text=True,
            env=self._environment(),
        )
        return json.loads(asked.stdout)["calls"] if asked.returncode == 0 else 0

    def faults_beside(self, whole: Life, code: int) -> list[str]:
        """Return what is wrong with the ended run, beside one that was never killed."""
        if code != WHOLE:
            return [f"exit code {code}: {self.said[-2000:]}"]
        rows, expected = self._rows(), whole._rows()
        doubled = rows.total() - len(rows)
        return [
            *([f"{len(expected - rows)} rows lost"] if expected - rows else []),
            *([f"{doubled} rows doubled"] if doubled else []),
            *(["another dataset"] if self._sums() != whole._sums() else []),
            *(["another journal"] if self.calls() != whole.calls() else []),
            *([f"{self.orphans} orphans"] if self.orphans else []),
            *(["a traceback"] if "Traceback" in self.said else []),
        ]

    def _start(self, *arguments: str) -> None:
        self._log = (self._kept / "said").open("a+", encoding="utf-8")
        self._process = subprocess.Popen(
            [*_command(), *arguments],
            stdout=self._log,
            stderr=self._log,
            text=True,
            env=self._environment(),
            preexec_fn=heed_signals,
        )
        self._began = time.monotonic()

    def _lives(self, seconds: float) -> bool:
        assert self._process
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            return False
        return True

    def _ended(self) -> None:
        assert self._process
        assert self._log
        if self._process.poll() is None:
            self._process.kill()
        self.code = self._process.wait()
        self._log.close()
        self._process = None
        self.said = (self._kept / "said").read_text("utf-8")
        self.seconds += time.monotonic() - self._began

    def _is_over(self) -> bool:
        file = self.run / "run.json"
        return file.exists() and json.loads(file.read_text("utf-8"))["result"] is not None

    def _rows(self) -> Counter[str]:
        files = [self.run / "dataset" / f"{s}.jsonl" for s in ("train", "validation", "test")]
        lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
        return Counter(lines)

    def _sums(self) -> bytes:
        return (self.run / "dataset" / "manifest.json").read_bytes()

    def _environment(self) -> dict[str, str]:
        state = "" if self.wanted.state == "sqlite" else self.wanted.state
        return {**variables(), "OPENAI_API_KEY": "none", STATE_URL: state, **self.wanted.more}


def _command() -> list[str]:
    return [sys.executable, "-c", _OFFICINA.format(str(ROOT))]


def _whole_numbers(limits: Mapping[str, float]) -> dict[str, float]:
    return {name: value if name == "money" else int(value) for name, value in limits.items()}
