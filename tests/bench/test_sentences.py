import json
import subprocess
import sys
from pathlib import Path

from bench.sentences import count_sentences

ROOT = Path(__file__).parents[2]


def test_distinct_sentences_are_counted(tmp_path: Path):
    (tmp_path / "a.md").write_text("Set 5 bar. Wait. Then set\n6 bar.\n\n- Set 5  BAR.\n")
    (tmp_path / "b.txt").write_text("SET 5 bar. Oil it after 500 h!")
    (tmp_path / "machines.csv").write_text("a,b,1\n")
    assert count_sentences(tmp_path) == {"files": 2, "sentences": 3}


def test_table_rows_are_sentences(tmp_path: Path):
    (tmp_path / "a.json").write_text(
        json.dumps({"page_1": "| Part | Nm |\n| --- | --- |\n| Jaw | 25 |\n| Knife | 9 |"})
    )
    (tmp_path / "b.html").write_text("<table><tr><td>Jaw</td><td>30</td></tr></table><p>No.</p>")
    assert count_sentences(tmp_path) == {"files": 2, "sentences": 3}


def test_command_prints_one_json_line(tmp_path: Path):
    (tmp_path / "a.txt").write_text("Set 5 bar.")
    command = [sys.executable, "-m", "bench.sentences", str(tmp_path)]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(shown) == {"files": 1, "sentences": 1}


def test_command_without_folder_explains():
    command = [sys.executable, "-m", "bench.sentences", "nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Name one folder" in done.stderr
