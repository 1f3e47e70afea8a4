"""Runs that are really killed: they resume, pay for nothing twice, and end with the same sums."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"
OFFICINA = Path(sys.executable).parent / "officina"
ROWS = "30"


def start(*arguments: object) -> "subprocess.Popen[str]":
    command = [str(OFFICINA), *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell gives its background jobs a Ctrl-C that is ignored, and they hand it on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def calls(run: Path) -> int:
    """Return how many calls are in the journal of a run that is under way."""
    with contextlib.suppress(sqlite3.Error):
        connection = sqlite3.connect(f"file:{run / 'journal.sqlite'}?mode=ro", uri=True)
        with contextlib.closing(connection):
            return connection.execute("SELECT count(*) FROM calls").fetchone()[0]
    return 0


def reach(run: Path, point: int, process: "subprocess.Popen[str]") -> None:
    """Wait until the run has finished this many calls."""
    while calls(run) < point or not (run / "run.json").exists():
        assert process.poll() is None, f"the run ended before call {point}"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    process = start("run", EXAMPLES, "--rows", ROWS, "--out", run)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return run


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.95])
def test_killed_run_ends_as_one_never_killed(never_killed, tmp_path, share):
    whole, run = calls(never_killed), tmp_path / "run"
    process = start("run", EXAMPLES, "--rows", ROWS, "--out", run)
    reach(run, int(whole * share), process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    survived = calls(run)
    assert survived < whole
    resumed = start("resume", run, "--json")
    told, said = resumed.communicate()
    assert resumed.returncode == 0, said
    assert calls(run) == whole
    assert f'"calls": {whole}' in told
    sums = "dataset/manifest.json"
    assert (run / sums).read_bytes() == (never_killed / sums).read_bytes()


@pytest.mark.slow
def test_interrupt_says_how_to_resume(tmp_path):
    run = tmp_path / "run"
    process = start("run", EXAMPLES, "--rows", "200", "--out", run)
    reach(run, 10, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "officina resume" in said
    assert "Traceback" not in said
