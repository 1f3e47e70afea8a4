"""The bench of near-duplicates counts by its labels, and says what a file lacks."""

import json
import re
import sys

import pytest

from bench.duplicates import main, read_pairs, report
from bench.duplicates_scale import synthetic_rows
from tests.conftest import ROOT
from tests.openai_server import embedding_with, serving
from tests.word_vectors import WordVectors

PUMP = "Start the pump with the green key S1. Stop the pump with the red key S2."
ON = {"question": "How do I start the pump?", "evidence": PUMP, "answer": "With the green key S1."}
ON_AGAIN = ON | {"question": "What is the way to turn the pump on?"}
OFF = {"question": "How do I stop the pump?", "evidence": PUMP, "answer": "With the red key S2."}


def write(path, *pairs):
    lines = [json.dumps({"a": a, "b": b, "duplicate": same}) for a, b, same in pairs]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def bench(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["bench.duplicates", *map(str, arguments)])
    main()


def shares(path, mode):
    """Return the shares that are printed below the mode, by name."""
    lines = list(report(read_pairs(path), None))
    start = next(at for at, line in enumerate(lines) if line.startswith(mode))
    found: dict[str, str] = {}
    for line in lines[start + 1 :]:
        if not line.startswith("  "):
            break
        name, share = re.split(r"\s{2,}|(?<=evidence) ", line.strip(), maxsplit=1)
        found[name] = share.strip()
    return found


def test_labels_decide_what_counts(tmp_path):
    path = write(tmp_path / "pairs.jsonl", (ON, ON_AGAIN, True), (ON, OFF, False))
    found = shares(path, "with evidence and answer")
    assert found["recall"].startswith("100.0%")
    assert found["false alarms"].startswith("0.0%")
    path = write(tmp_path / "pairs.jsonl", (ON, ON_AGAIN, False), (ON, OFF, True))
    found = shares(path, "with evidence and answer")
    assert found["recall"].startswith("0.0%")
    assert found["false alarms"].startswith("100.0%")
    assert found["false alarms, the same evidence"].endswith("of 1")


def test_mode_uses_pairs_that_have_its_parts(tmp_path):
    bare = {"question": "How do I start the pump?"}
    path = write(tmp_path / "pairs.jsonl", (ON, ON_AGAIN, True), (ON, bare, True))
    assert shares(path, "with evidence and answer")["recall"].endswith("of 1")
    assert shares(path, "on questions alone")["recall"].endswith("of 2")


def test_examples_are_read_and_told_apart(monkeypatch, capsys):
    bench(monkeypatch, ROOT / "examples" / "duplicates.jsonl")
    said = capsys.readouterr().out
    assert said.startswith("34 duplicates among 68 pairs")
    assert "with embeddings: not measured" in said
    assert "recall in it" in said


def test_embeddings_are_asked_and_named(monkeypatch, tmp_path, capsys):
    path = write(tmp_path / "pairs.jsonl", (ON, ON_AGAIN, True), (ON, OFF, False))
    with serving(embedding_with(WordVectors())) as url:
        bench(monkeypatch, path, "--embeddings", f"openai:m@{url}")
    said = capsys.readouterr().out
    assert said.count("without embeddings") == said.count(", with embeddings") == 3


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"a": {}, "b": {}}',
        '{"a": 1, "b": 2, "duplicate": true}',
        '{"duplicate": 1}',
    ],
)
def test_line_that_is_no_pair_is_told(monkeypatch, tmp_path, line):
    path = tmp_path / "pairs.jsonl"
    path.write_text(f"\n{line}", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"pairs\.jsonl:2 is no pair"):
        bench(monkeypatch, path)


def test_missing_file_is_told(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match="cannot be read"):
        bench(monkeypatch, tmp_path / "none.jsonl")


def test_scale_prints_time_and_memory(monkeypatch, capsys):
    bench(monkeypatch, "--scale", 400)
    said = capsys.readouterr().out
    assert re.search(r"400 rows in .* MB", said)
    assert "times the CPU for twice the rows" in said


def test_synthetic_rows_are_as_many_as_asked():
    rows = synthetic_rows(101)
    assert len({row.id for row in rows}) == 101
    assert rows == synthetic_rows(101)
