"""A worker says why it ended early."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from app.ray_workers import RayWorker
from app.run_file import read_run
from tests.app.test_interrupted import start
from tests.conftest import ROOT

MODELS = dict.fromkeys(("generator", "critic", "answerer"), "offline")
REACHED = "The limit of 60 model calls is reached"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that its budget ended, with candidates still open."""
    folder = tmp_path_factory.mktemp("short")
    (folder / "brief.yaml").write_text("rows: 30\nlimits: {calls: 60}\n", encoding="utf-8")
    brief = ("--brief", folder / "brief.yaml", "--out", folder / "run")
    process = start("run", ROOT / "examples" / "manuals", *brief)
    _, said = process.communicate()
    assert process.returncode == 3, said
    return folder / "run"


def test_worker_tells_what_ended_it(short):
    models = [f"{role}={spec}" for role, spec in MODELS.items()]
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.worker", str(short), "a" * 16, *models],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert worker.stdin
    assert worker.stderr
    said = worker.stderr.read()
    assert worker.wait() == 3
    worker.stdin.close()
    assert said.splitlines()[-1].startswith(REACHED)


def test_ray_worker_returns_what_ended_it(short):
    ended = asyncio.run(RayWorker().work(str(short), read_run(short)[0].id, MODELS))
    assert ended.startswith(REACHED)
