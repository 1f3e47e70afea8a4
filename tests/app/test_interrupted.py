"""Runs that are really killed: they resume, pay for nothing twice, and end with the same sums."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from agents.offline import OfflineModel
from bench.lives import Life, Wanted
from bench.mock import Mock
from bench.mock_server import serving, stats
from tests.app.test_models import officina as in_process
from tests.conftest import ROOT
from tests.openai_server import Holding, answering_with
from tests.openai_server import serving as serving_model

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
        env={"OPENAI_API_KEY": "sk-none", **os.environ},
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


def until_it_is_held(model: Holding, process: "subprocess.Popen[str]") -> None:
    """Wait until a run is in its midst, and cannot end before its model is released."""
    while not model.is_holding.wait(0.1):
        assert process.poll() is None, process.communicate()[1]


def run_on(url: str, run: Path, *more: object) -> "subprocess.Popen[str]":
    """Start a run whose models are at the URL."""
    model = f"openai:m@{url}"
    return start("run", EXAMPLES, "--rows", ROWS, "--out", run, "--model", model, *more)


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    with serving_model(answering_with(OfflineModel())) as url:
        process = run_on(url, run)
        _, said = process.communicate()
    assert process.returncode == 0, said
    return run


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.95])
def test_killed_run_ends_as_one_never_killed(never_killed, tmp_path, share):
    whole, run = calls(never_killed), tmp_path / "run"
    # Without its last call, the run cannot end before it is killed.
    model = Holding(answering_with(OfflineModel()), whole - 1)
    with serving_model(model.handle) as url:
        process = run_on(url, run)
        reach(run, int(whole * share), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert calls(run) < whole
        model.release()
        resumed = start("resume", run, "--json")
        told, said = resumed.communicate()
    assert resumed.returncode == 0, said
    assert calls(run) == whole
    assert f'"calls": {whole}' in told
    sums = "dataset/manifest.json"
    assert (run / sums).read_bytes() == (never_killed / sums).read_bytes()


@pytest.fixture
def served(tmp_path):
    """A run against a server that takes its time, and the server's URL."""
    with serving(Mock(0.5, offline=True)) as url:
        yield Life(tmp_path / "run", url, Wanted(200, 8)), url


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 2)]
)
def test_stopped_run_keeps_calls_in_flight(served, number, workers):
    life, url = served
    life.wanted = replace(life.wanted, workers=workers)
    life.begin()
    assert life.reach((20, 0.2))
    started = life.signal(number)
    assert life.end() == 130
    assert "officina resume" in life.said
    assert "Traceback" not in life.said
    seen = stats(url)
    assert seen.requests == seen.completed == life.calls()
    assert psutil.wait_procs(started, timeout=5)[1] == []


@pytest.mark.slow
def test_second_signal_ends_at_once(tmp_path):
    run = tmp_path / "run"
    model = Holding(answering_with(OfflineModel()), 20)
    with serving_model(model.handle) as url:
        process = run_on(url, run)
        reach(run, 20, process)
        assert model.is_holding.wait(60)
        process.send_signal(signal.SIGINT)
        assert process.stderr
        assert any("Stopping" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait() == 130
        model.release()
    assert "Stopped at once" in said
    assert "Traceback" not in said
    assert calls(run) == 20


@pytest.mark.slow
def test_stopped_estimate_keeps_calls_in_flight(served, tmp_path):
    _, url = served
    run = tmp_path / "estimated"
    model = ["--model", f"openai:mock@{url}", "--concurrency", "8"]
    process = start("estimate", EXAMPLES, "--rows", ROWS, "--out", run, *model)
    reach(run, 12, process)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 130
    assert f"officina resume {run}" in said
    assert "sampling 12 candidates" in said
    seen = stats(url)
    assert seen.requests == seen.completed == calls(run)


@pytest.mark.slow
def test_run_outlives_its_readers(tmp_path):
    run = tmp_path / "run"
    process = start("run", EXAMPLES, "--rows", "5", "--out", run)
    for stream in (process.stdout, process.stderr):
        assert stream
        stream.close()
    assert process.wait() == 0
    assert (run / "report.html").exists()


def test_report_that_was_cut_off_is_made_by_resume(tmp_path, monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("app.driving.write_run_report", full)
        assert in_process(patch, "run", EXAMPLES, "--rows", "4", "--out", run) == 2
    assert "officina resume" in capsys.readouterr().err
    assert in_process(monkeypatch, "resume", run) == 0
    assert (run / "report.html").is_file()
