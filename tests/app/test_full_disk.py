"""A disk that fills up, or cannot be written: a sentence, and later the same dataset."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from agents.offline import OfflineModel
from app.state import open_books
from graph.ledger import Note
from tests.conftest import ROOT
from tests.openai_server import Holding, answering_with, serving

pytestmark = pytest.mark.slow
OFFICINA = Path(sys.executable).parent / "officina"
MANUALS = ROOT / "examples" / "manuals"
SUMS = "dataset/manifest.json"


PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def begin(*arguments) -> "subprocess.Popen[str]":
    variables = {**os.environ, "OPENAI_API_KEY": "sk-none"}
    return subprocess.Popen([OFFICINA, *map(str, arguments)], env=variables, **PIPES)


def officina(*arguments) -> "subprocess.CompletedProcess[str]":
    with begin(*arguments) as process:
        told, said = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, told, said)


def wanted(run, url):
    return "run", MANUALS, "--rows", 12, "--out", run, "--model", f"openai:m@{url}"


@contextmanager
def disk(folder, size):
    """Mount a small file system on a folder; skip where we may not."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield lambda options: subprocess.run(
            ["mount", "-o", f"remount,{options}", str(folder)], check=True
        )
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(answering_with(OfflineModel())) as url:
        yield url


@pytest.fixture(scope="module")
def whole(tmp_path_factory, url) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    ended = officina(*wanted(run, url))
    assert ended.returncode == 0, ended.stderr
    return run


def calls(run):
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{run}/journal.sqlite?mode=ro", uri=True)) as it,
    ):
        return it.execute("SELECT count(*) FROM calls").fetchone()[0]
    return 0


def kilobytes(folder):
    """Return what the files of a folder take on a disk, which has whole pages."""
    return sum(-(-file.stat().st_size // 4096) * 4 for file in folder.rglob("*"))


def goes_on_where_there_is_room(run, url, said, whole, remount):
    assert "Traceback" not in said
    assert "resume" in said.splitlines()[-1]
    kept = calls(run)
    remount("size=64m")
    is_begun = (run / "run.json").exists()
    again = officina(*(("resume", run) if is_begun else wanted(run, url)))
    assert again.returncode == 0, again.stderr
    assert kept <= calls(run) == calls(whole)
    assert (run / SUMS).read_bytes() == (whole / SUMS).read_bytes()


# Of what the finished folder takes: full at the ledger's first tables, in ingest, at the plan, in
# the farm.
@pytest.mark.parametrize("share", [0.03, 0.4, 0.6, 0.9])
def test_full_disk_says_so_and_loses_nothing(whole, url, tmp_path, share):
    with disk(tmp_path / "disk", int(share * kilobytes(whole))) as remount:
        run = tmp_path / "disk" / "run"
        ended = officina(*wanted(run, url))
        assert ended.returncode in (2, 3)
        goes_on_where_there_is_room(run, url, ended.stderr, whole, remount)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_disk_that_fills_up_when_so_many_calls_were_made_loses_nothing(whole, tmp_path, share):
    # Without its last call, the run cannot end before the disk is full.
    model = Holding(answering_with(OfflineModel()), calls(whole) - 1)
    with disk(tmp_path / "disk", 8_000) as remount, serving(model.handle) as url:
        run = tmp_path / "disk" / "run"
        with begin(*wanted(run, url)) as running:
            while running.poll() is None and calls(run) < share * calls(whole):
                time.sleep(0.02)
            with suppress(OSError), (tmp_path / "disk" / "others").open("wb", buffering=0) as full:
                while full.write(bytes(4096)):
                    pass
            model.release()
            _, said = running.communicate()
        assert running.returncode in (2, 3)
        goes_on_where_there_is_room(run, url, said, whole, remount)


def test_folder_that_cannot_be_written_is_told(whole, url, tmp_path):
    with disk(tmp_path / "disk", 64_000) as remount:
        run = tmp_path / "disk" / "run"
        shutil.copytree(whole, run)
        shutil.rmtree(run / "dataset")
        remount("ro")
        for arguments in (("resume", run), wanted(tmp_path / "disk" / "other", url)):
            ended = officina(*arguments)
            assert ended.returncode == 2
            assert "Read-only file system" in ended.stderr
            assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("verb", ["status", "resume"])
def test_finished_run_is_shown_where_nothing_can_be_written(whole, tmp_path, verb):
    with disk(tmp_path / "disk", 64_000) as remount:
        run = shutil.copytree(whole, tmp_path / "disk" / "run")
        remount("ro")
        ended = officina(verb, run, "--json")
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout.splitlines()[-1])["accepted"] == 12


def test_what_a_killed_run_left_in_its_log_is_read_where_nothing_can_be_written(tmp_path):
    with disk(tmp_path / "disk", 64_000) as remount:
        with open_books(tmp_path) as (ledger, _):
            ledger.note([Note("lost", "file", 0, "why")])
            # As a kill would leave them: nothing is in the file itself yet.
            for file in tmp_path.glob("*.sqlite*"):
                shutil.copy(file, tmp_path / "disk")
        remount("ro")
        with open_books(tmp_path / "disk") as (ledger, _):
            assert [note.path for note in ledger.notes()] == ["file"]


@pytest.mark.parametrize("name", ["journal.sqlite", "ledger.sqlite"])
@pytest.mark.parametrize("damage", ["torn", "flipped"])
def test_damaged_state_is_told(whole, tmp_path, name, damage):
    """Torn in its last page, or a byte of that page is another; the rows are never other ones."""
    at, run = random.Random(f"{name} {damage}"), tmp_path / "run"
    shutil.copytree(whole, run, ignore=shutil.ignore_patterns("dataset"))
    file = run / name
    content = bytearray(file.read_bytes())
    if damage == "torn":
        del content[-at.randrange(1, 4096) :]
    else:
        content[-4096:-4088] = bytes(byte ^ 0xFF for byte in content[-4096:-4088])
    file.write_bytes(content)
    ended = officina("resume", run)
    assert "Traceback" not in ended.stderr
    if ended.returncode:
        assert ended.returncode == 2
        assert ".recover" in ended.stderr
    else:
        assert (run / SUMS).read_bytes() == (whole / SUMS).read_bytes()
