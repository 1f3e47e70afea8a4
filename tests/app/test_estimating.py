"""An estimate before a run, and the run that takes over what it asked."""

import asyncio
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents.faults import ModelError
from app.cli import main
from app.expected import beside_truth, keep, kept
from app.minutes import minutes_of
from app.opening import open_books
from app.trial import Batch
from graph.forecast import Interval, Round
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def written(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "dataset").iterdir())}


def calls_in(run: Path) -> int:
    with open_books(run) as (_, journal):
        return sum(each.calls for each in journal.spent())


def test_run_takes_over_its_estimate(tmp_path, monkeypatch, capsys):
    plain, estimated = tmp_path / "plain", tmp_path / "estimated"
    wanted = [EXAMPLES, "--rows", 8, "--out"]
    assert officina(monkeypatch, "run", *wanted, plain) == 0
    assert officina(monkeypatch, "estimate", *wanted, estimated, "--sample", 6, "--json") == 0
    told = capsys.readouterr()
    assert "at most" in told.err
    asked = calls_in(estimated)
    assert json.loads(told.out.splitlines()[-1])["sampled"] >= 6
    assert officina(monkeypatch, "run", *wanted, estimated, "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert 0 < told["replayed"] <= asked
    assert calls_in(estimated) - asked < calls_in(plain)
    assert written(estimated) == written(plain)
    assert 'id="estimate"' in (estimated / "report.html").read_text("utf-8")
    assert 'id="estimate"' not in (plain / "report.html").read_text("utf-8")
    assert officina(monkeypatch, "status", estimated, "--json") == 0
    found = json.loads(capsys.readouterr().out)["estimate"]
    assert found["calls"]["so_far"] == calls_in(estimated)
    made = kept(estimated)
    assert made is not None
    # What the sample took is a part of both.
    assert 0 < made.minutes_over < found["minutes"]["so_far"]
    assert made.minutes_over < found["minutes"]["low"]
    assert officina(monkeypatch, "estimate", *wanted, estimated) == 2


def test_another_estimate_takes_the_folder(tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    estimate = ["estimate", EXAMPLES, "--out", run, "--sample", 4, "--rows"]
    assert officina(monkeypatch, *estimate, 30) == 0
    asked = calls_in(run)
    assert officina(monkeypatch, *estimate, 6) == 0
    made = kept(run)
    assert made is not None
    assert made.rows == 6
    # What the first asked stays on the account.
    assert made.calls.low >= asked


def test_same_estimate_again_times_a_sample_of_its_own(tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    estimate = ["estimate", EXAMPLES, "--rows", 30, "--out", run, "--sample", 4]
    assert officina(monkeypatch, *estimate) == 0
    first = kept(run)
    assert officina(monkeypatch, *estimate) == 0
    second = kept(run)
    assert first is not None
    assert second is not None
    assert second.sampled > first.sampled
    assert second.minutes is not None


def trial_with(*batches: Batch, opening: float = 0.2) -> Any:
    return SimpleNamespace(batches=batches, opening=opening)


def test_calls_that_were_there_already_say_nothing_of_waiting():
    context: Any = SimpleNamespace(concurrency=16, calls=SimpleNamespace(worked=0.0))
    walk: Any = SimpleNamespace(left=[Round(20, 100, 6)])
    # Each call takes 2 s; of the second trial all but a life's last call was there already.
    whole = trial_with(Batch(60, Round(12, 60, 6), 12.1, 0.1))
    rest = trial_with(Batch(60, Round(1, 1, 1), 2.1, 0.1))
    first, second = (minutes_of([walk], trial, context, 1) for trial in (whole, rest))
    assert first is not None
    assert first == second
    assert minutes_of([walk], trial_with(Batch(60, Round(0, 0, 0), 0.1, 0.1)), context, 1) is None
    # A vLLM that loaded for an hour is started again.
    loaded = trial_with(Batch(60, Round(12, 60, 6), 12.1, 0.1), opening=3600)
    late = minutes_of([walk], loaded, context, 1)
    assert late is not None
    assert late.low > 30 > first.high


def test_dry_count_asks_nothing(tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    assert officina(monkeypatch, "estimate", EXAMPLES, "--out", run, "--sample", 0) == 0
    told = capsys.readouterr()
    assert "by a dry count" in told.out
    assert "at most" not in told.err
    assert calls_in(run) == 0


def test_too_many_rows_are_told(tmp_path, monkeypatch, capsys):
    manuals = tmp_path / "manuals"
    manuals.mkdir()
    (manuals / "vega.md").write_bytes((EXAMPLES / "vega-40.md").read_bytes())
    run = tmp_path / "run"
    wanted = ["--rows", 900, "--sample", 4, "--out", run]
    assert officina(monkeypatch, "estimate", manuals, *wanted) == 0
    assert "of the 900 rows are likely to be had" in capsys.readouterr().out


def test_few_windows_are_asked_deep(tmp_path, monkeypatch, capsys):
    manuals, run = tmp_path / "manuals", tmp_path / "run"
    manuals.mkdir()
    (manuals / "vega.md").write_bytes((EXAMPLES / "vega-40.md").read_bytes())
    assert officina(monkeypatch, "estimate", manuals, "--rows", 200, "--out", run, "--json") == 0
    expected = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert expected["sampled"] > 3 * expected["windows"]
    assert expected["accepted"]["high"] < 200
    officina(monkeypatch, "resume", run, "--json")
    accepted = json.loads(capsys.readouterr().out.splitlines()[-1])["accepted"]
    assert expected["accepted"]["low"] <= accepted <= expected["accepted"]["high"]


def test_limit_that_comes_first_is_told(tmp_path, monkeypatch, capsys):
    brief = tmp_path / "brief.yaml"
    brief.write_text("rows: 20\nlimits: {tokens: 20000, minutes: 60}\n", encoding="utf-8")
    wanted = ["--brief", brief, "--sample", 0, "--out", tmp_path / "run"]
    assert officina(monkeypatch, "estimate", EXAMPLES, *wanted) == 0
    assert "Reckoned without `limits.tokens`, where" in capsys.readouterr().out


@pytest.mark.parametrize(("limit", "most"), [("calls", 2), ("calls", 60), ("tokens", 30_000)])
def test_limit_that_the_sample_reaches_leaves_an_estimate(
    tmp_path, monkeypatch, capsys, limit, most
):
    brief = tmp_path / "brief.yaml"
    brief.write_text(f"rows: 20\nlimits: {{{limit}: {most}}}\n", encoding="utf-8")
    wanted = ["--brief", brief, "--out", tmp_path / "run", "--json"]
    assert officina(monkeypatch, "estimate", EXAMPLES, *wanted) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["note"].startswith("The sample was cut short")
    assert f"limits.{limit}" in told["note"]
    assert told["calls"]["low"] >= calls_in(tmp_path / "run") > 0


def test_broken_estimate_is_none(tmp_path):
    (tmp_path / "estimate.json").write_text('{"rows": 1}', encoding="utf-8")
    assert kept(tmp_path) is None


def test_minutes_after_the_estimate_alone_are_compared_with_none(tmp_path):
    some = asdict(Interval(1, 2, 3))
    counts = dict.fromkeys(("rows", "documents", "passages", "windows", "sampled"), 6)
    named = ("accepted", "calls", "input_tokens", "output_tokens", "cost", "minutes")
    before = {**counts, **dict.fromkeys(named, some), "roles": {}, "unpriced": [], "note": ""}
    (tmp_path / "estimate.json").write_text(json.dumps(before), encoding="utf-8")
    made = kept(tmp_path)
    assert made is not None
    assert "minutes" not in {truth.name for truth in beside_truth(made, [], {}, 300)}
    keep(tmp_path, replace(made, minutes=Interval(1, 2, 3)))
    made = kept(tmp_path)
    assert made is not None
    assert "minutes" in {truth.name for truth in beside_truth(made, [], {}, 300)}


def test_lives_of_a_sample_read_side_by_side(tmp_path, monkeypatch):
    async def live(question, apart) -> None:
        id = question.candidate.id
        reads = [asyncio.to_thread(apart.ledger.entry, id) for _ in range(40)]
        assert {entry.candidate.id for entry in await asyncio.gather(*reads)} == {id}
        await apart.ledger.drop(id, "said", question="", drafts=1, answers=0, life=())

    monkeypatch.setattr("app.trial.run_apart", live)
    assert officina(monkeypatch, "estimate", EXAMPLES, "--rows", 8, "--out", tmp_path / "run") == 0


def test_ledgers_of_a_trial_are_in_the_run_and_gone_with_it(tmp_path, monkeypatch):
    run, seen = tmp_path / "run", list[list[str]]()

    async def live(question, apart) -> None:
        seen.append(sorted(path.name for path in (run / "trial").glob("*.sqlite")))
        raise ModelError("The model is of no use.")

    monkeypatch.setattr("app.trial.run_apart", live)
    wanted = ["estimate", EXAMPLES, "--rows", 8, "--out", run]
    for _ in range(2):
        assert officina(monkeypatch, *wanted) == 2
        assert seen[-1] == ["lives.sqlite", "plan.sqlite"]
        assert not (run / "trial").exists()
        # As a kill leaves it.
        (run / "trial").mkdir()
        (run / "trial" / "lives.sqlite").write_bytes(b"half a page")
    assert officina(monkeypatch, "run", *wanted[1:]) == 0
    assert not (run / "trial").exists()
