"""A run with evaluation questions: rows near them are left out, listed, and made up for."""

import json
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.cli import main
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def exported(run: Path) -> list[dict[str, object]]:
    return pq.read_table(run / "dataset" / "rows.parquet").to_pylist()


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of ten rows, and a file that asks what two of them ask."""
    folder = tmp_path_factory.mktemp("wanted")
    with pytest.MonkeyPatch.context() as patch:
        officina(
            patch, "run", EXAMPLES, "--rows", 10, "--out", folder / "run", "--model", "offline"
        )
    taken = [{"question": row["question"], "id": row["id"]} for row in exported(folder / "run")[:2]]
    file = folder / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, taken)), "utf-8")
    return folder / "run", file


def test_rows_near_them_are_left_out_and_listed(wanted, monkeypatch, capsys, tmp_path):
    _, file = wanted
    run = tmp_path / "run"
    options = ("--rows", 10, "--out", run, "--model", "offline")
    assert officina(monkeypatch, "run", EXAMPLES, *options, "--eval-questions", file) == 0
    asked = {json.loads(line)["question"] for line in file.read_text().splitlines()}
    rows = exported(run)
    assert len(rows) == 10
    assert asked.isdisjoint(row["question"] for row in rows)
    rejected = [json.loads(line) for line in (run / "rejected.jsonl").open(encoding="utf-8")]
    reasons = {each["question"]: each["reason"] for each in rejected}
    lines = {reasons[question] for question in asked}
    assert lines == {f"near_evaluation_question of line {number}" for number in (1, 2)}
    capsys.readouterr()
    officina(monkeypatch, "status", run, "--json")
    assert json.loads(capsys.readouterr().out)["dropped"]["near_evaluation_question"] >= 2
    assert "near evaluation question" in (run / "report.html").read_text("utf-8")
    assert officina(monkeypatch, "audit", run) == 0


def test_they_go_with_a_run_that_is_moved(wanted, monkeypatch, tmp_path):
    _, file = wanted
    shutil.copyfile(file, tmp_path / "mine")
    made, moved = tmp_path / "made", tmp_path / "moved"
    options = ("--rows", 10, "--out", made, "--model", "offline")
    officina(monkeypatch, "run", EXAMPLES, *options, "--eval-questions", tmp_path / "mine")
    before = (made / "dataset" / "manifest.json").read_bytes()
    made.rename(moved)
    (tmp_path / "mine").unlink()
    shutil.rmtree(moved / "dataset")
    assert officina(monkeypatch, "resume", moved) == 0
    assert (moved / "dataset" / "manifest.json").read_bytes() == before


def test_audit_tells_rows_that_came_in_all_the_same(wanted, monkeypatch, capsys, tmp_path):
    finished, file = wanted
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    shutil.copyfile(file, run / "evaluation_questions")
    capsys.readouterr()
    assert officina(monkeypatch, "audit", run, "--json") == 3
    said = capsys.readouterr()
    assert len(json.loads(said.out)["near_evaluation"]) >= 2
    assert "near a question of the file of evaluation questions" in said.err


def test_bad_lines_stop_the_run_before_it_starts(monkeypatch, capsys, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "Good?"}\n{"question": 5}\nnot JSON\n')
    out = tmp_path / "run"
    assert officina(monkeypatch, "run", EXAMPLES, "--out", out, "--eval-questions", file) == 2
    told = capsys.readouterr().err
    assert "line 2:" in told
    assert "line 3:" in told
    assert not out.exists()
