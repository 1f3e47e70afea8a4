"""Every `officina` command of the README runs, in order, in one folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agents.offline import OfflineModel
from app.cli import app
from tests.conftest import ROOT
from tests.openai_server import answering_with, serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(officina .*)$", README, re.MULTILINE)
NAMED = set(re.findall(r"officina (\w+)", README))


def test_readme_names_every_verb():
    verbs = {command.callback.__name__ for command in app.registered_commands}
    verbs |= {group.name for group in app.registered_groups}
    assert len(verbs) > 10
    assert verbs <= NAMED
    assert len(COMMANDS) >= 10


@pytest.mark.slow
def test_every_readme_command_runs(tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    with serving(answering_with(OfflineModel())) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        for command in COMMANDS:
            words = shlex.split(command)
            words[0] = str(Path(sys.executable).parent / "officina")
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"


def test_file_map_names_every_room():
    rooms = ["app", "graph", "agents", "prompts", "tools", "checks", "training", "bench"]
    assert [room for room in rooms if f"{room}/" not in README] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"), [("01_one_question.py", "Accepted"), ("02_dataset.py", "12 rows")]
)
def test_every_example_runs(name, words, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert words in done.stdout
