"""A child of a process that is killed ends with it, and with all that the child started."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT

# It starts a process of its own and heeds no polite signal, as a training's launcher may.
CHILD = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(inner.pid))
print("progress: it has begun", flush=True)
time.sleep(600)
"""
PARENT = """
import asyncio, sys
from pathlib import Path
from training.launch import _run
folder = Path(sys.argv[1])
command = [sys.executable, "-c", sys.argv[2], str(folder / "inner")]
asyncio.run(_run(command, folder / "log", folder / "result", "", {}, print))
"""


@pytest.fixture
def parent(tmp_path: Path):
    command = [sys.executable, "-c", PARENT, str(tmp_path), CHILD]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert "begun" in process.stdout.readline()
    started = psutil.Process(process.pid).children(recursive=True)
    assert int((tmp_path / "inner").read_text()) in [each.pid for each in started]
    yield process, started
    for each in started:
        if each.is_running():
            each.kill()


def test_killed_parent_leaves_no_child(parent):
    process, started = parent
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(started, timeout=60)
    assert left == []


def test_command_keeps_its_exit_code():
    command = [sys.executable, "-m", "training.leash", sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait(timeout=60) == 7
