"""The bench of splits counts what was planted, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.leakage import measure, parted, shared_by, table
from tests.conftest import ROOT

JAW = "Loosen the four screws of the sealing jaw, lift it off its seat and tighten them to 24 Nm."
PUMP = "Drain the oil of the vacuum pump while it is warm and fill in two litres of the new kind."


def silent(_: str) -> None:
    return


def row(id: str, split: str, question: str, text: str, start: int = 0) -> dict[str, Any]:
    return {
        "id": id,
        "split": split,
        "question": question,
        "answer": text[:30],
        "context": [{"text": text, "role": "oracle"}, {"text": PUMP, "role": "distractor"}],
        "citations": [{"document": "a.md", "start": start, "quote": text[:40]}],
    }


def counts(rows: list[dict[str, Any]], sections: list[list[str]]) -> dict[str, tuple[int, int]]:
    found = parted(shared_by(rows, sections, silent), [each["split"] for each in rows])
    return {kind: (found.exact[kind], found.near[kind]) for kind in found.exact}


def test_pairs_in_one_split_are_not_counted():
    rows = [row("a", "train", "Why?", JAW), row("b", "train", "Why?", JAW)]
    assert set(counts(rows, [[JAW], [JAW]]).values()) == {(0, 0)}


def test_each_planted_kind_is_counted():
    rows = [
        row("a", "train", "To what torque are the four screws of the jaw tightened?", JAW),
        row("b", "test", "To what torque are the FOUR screws of the jaw tightened?", PUMP),
    ]
    assert counts(rows, [["one"], ["two"]])["question"] == (1, 0)
    again = [rows[0], row("b", "test", "What?", JAW)]
    assert counts(again, [["one"], ["two"]]) == {
        "question": (0, 0),
        "answer and evidence": (1, 0),
        "passage": (1, 0),
        "section": (0, 0),
    }
    assert counts(rows, [[JAW], [JAW.upper()]])["section"] == (1, 0)


def test_nearly_the_same_is_counted_apart():
    rows = [
        row("a", "train", "To what torque are the four screws of the jaw tightened?", JAW),
        row(
            "b", "test", "To what torque are the six screws of the jaw tightened?", JAW + " " + PUMP
        ),
    ]
    found = counts(rows, [[JAW], [PUMP]])
    assert (found["question"], found["passage"], found["section"]) == ((0, 1), (0, 1), (0, 0))


def test_distractors_are_not_counted():
    rows = [row("a", "train", "Why?", JAW), row("b", "test", "What?", PUMP)]
    assert counts(rows, [[JAW], [PUMP]])["passage"] == (0, 0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of eight rows on one section each, two of which share theirs across splits."""
    texts = [f"{JAW} Part {number}: {'very ' * number}well." for number in range(8)]
    texts = [f"{number} {text[number * 9 :]}" for number, text in enumerate(texts)]
    texts[7] = texts[0]
    whole = "".join(texts)
    starts = [sum(map(len, texts[:number])) for number in range(8)]
    sections = [{"start": s, "end": s + len(t)} for s, t in zip(starts, texts, strict=True)]
    (tmp_path / "documents").mkdir()
    (tmp_path / "dataset").mkdir()
    line = json.dumps({"id": "d", "path": "a.md", "sections": sections})
    (tmp_path / "documents" / "documents.jsonl").write_text(line + "\n")
    (tmp_path / "documents" / "d.txt").write_text(whole)
    rows = [
        row(str(n), "test" if n > 5 else "train", f"Question {n}", f"{n}{n}{n}", starts[n])
        for n in range(8)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "dataset" / "rows.parquet")
    return tmp_path


def test_sections_are_read_from_the_documents(run: Path):
    found = measure(run, 5, silent)
    assert found["pairs"]["section"]["exact"] == 1  # pyright: ignore
    assert found["held_out_in_training"]["rows"] == 1  # pyright: ignore
    assert "1 of 2" in table(found, 5)


def test_command_prints_one_json_line(run: Path):
    command = [sys.executable, "-m", "bench.leakage", str(run), "--seeds", "3", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1])["rows"]["test"] == 2


def test_command_without_a_run_says_so(tmp_path: Path):
    command = [sys.executable, "-m", "bench.leakage", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "no dataset" in done.stderr
