"""The command line: exit codes, sentences, JSON, and that keys never reach a run folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from typer.main import get_command

from agents.offline import OfflineModel
from app.cli import app, main
from app.state import open_books
from graph.ledger import Note
from tests.conftest import ROOT
from tests.openai_server import answering_with, serving

EXAMPLES = ROOT / "examples" / "manuals"


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished run of eight rows."""
    run = tmp_path_factory.mktemp("cli") / "run"
    command = [
        Path(sys.executable).parent / "officina",
        "run",
        EXAMPLES,
        "--rows",
        "8",
        "--out",
        run,
    ]
    done = subprocess.run(
        [*map(str, command), "--json"], capture_output=True, text=True, check=True
    )
    assert done.stderr.startswith("Model: offline")
    (run.parent / "stdout").write_text(done.stdout, encoding="utf-8")
    return run


def test_last_line_is_one_json_object(finished):
    last = (finished.parent / "stdout").read_text(encoding="utf-8").splitlines()[-1]
    told = json.loads(last)
    assert set(told) == {
        "accepted",
        "dropped",
        "calls",
        "replayed",
        "tokens",
        "cost",
        "seconds",
        "rows_path",
        "reason",
    }
    assert told["accepted"] == 8
    assert Path(told["rows_path"]).exists()


def test_run_folder_holds_what_was_promised(finished):
    promised = ["brief.yaml", "run.json", "ledger.sqlite", "journal.sqlite", "index", "documents"]
    promised += ["dataset/card.md", "dataset/manifest.json", "rejected.jsonl", "report.html"]
    assert [name for name in promised if not (finished / name).exists()] == []


def test_status_lists_unknown_machines(finished, tmp_path, monkeypatch, capsys):
    run = shutil.copytree(finished, tmp_path / "run")
    assert officina(monkeypatch, "status", run) == 0
    assert "machine names" not in capsys.readouterr().out
    with open_books(run) as (ledger, _):
        ledger.note([Note("unknown_machine", "Ares 300", 0, "Named in a.md.")])
    assert officina(monkeypatch, "status", run) == 0
    assert "Not among the machine names: Ares 300." in capsys.readouterr().out
    assert officina(monkeypatch, "status", run, "--json") == 0
    assert json.loads(capsys.readouterr().out)["unknown_machines"] == ["Ares 300"]


def test_verbs_read_a_finished_run(finished, monkeypatch, capsys):
    assert officina(monkeypatch, "status", finished) == 0
    shown = capsys.readouterr().out
    assert "8/8" in shown
    assert "It has ended." in shown
    assert officina(monkeypatch, "status", finished, "--json") == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 8
    assert officina(monkeypatch, "why", finished) == 0
    first = capsys.readouterr().out.split()[0]
    assert officina(monkeypatch, "why", finished, first) == 0
    shown = capsys.readouterr().out
    assert "draft" in shown
    named = shown.partition("document ")[2].partition(",")[0]
    assert (EXAMPLES / named).is_file()


def test_run_without_outcomes_says_so(finished, tmp_path, monkeypatch, capsys):
    run = shutil.copytree(finished, tmp_path / "run")
    told = json.loads((run / "run.json").read_text("utf-8"))
    (run / "run.json").write_text(json.dumps({**told, "result": None}), encoding="utf-8")
    with open_books(run) as (ledger, _):
        ledger.clear()
    assert officina(monkeypatch, "why", run) == 0
    assert capsys.readouterr().out == "Nothing was dropped.\n"
    assert officina(monkeypatch, "status", run) == 0
    assert f"It has not ended. Where no process is at it, go on with `officina resume {run}`" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("name", ["messages", "prompt-completion", "sharegpt", "alpaca", "seed"])
def test_every_format_is_exported(finished, monkeypatch, capsys, tmp_path, name):
    assert officina(monkeypatch, "export", finished, "--format", name, "--out", tmp_path / "x") == 0
    folder = Path(capsys.readouterr().out.strip())
    lines = [line for path in folder.glob("*.jsonl") for line in path.open(encoding="utf-8")]
    assert len(lines) == 8
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_resume_of_a_finished_run_changes_nothing(finished, monkeypatch, capsys):
    before = {p: p.read_bytes() for p in sorted((finished / "dataset").iterdir())}
    stamps = (finished / "run.json").stat().st_mtime_ns
    assert officina(monkeypatch, "resume", finished) == 0
    assert "nothing was changed" in capsys.readouterr().err
    brief = (finished / "brief.yaml").read_text()
    assert officina(monkeypatch, "resume", finished, "--add-budget", "calls=500") == 0
    assert "Its limits are as they were." in capsys.readouterr().err
    assert (finished / "brief.yaml").read_text() == brief
    assert {p: p.read_bytes() for p in sorted((finished / "dataset").iterdir())} == before
    assert (finished / "run.json").stat().st_mtime_ns == stamps


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "nowhere"], "There is no folder nowhere"),
        (["status", "nowhere"], "There is no run in nowhere"),
        (["resume", "nowhere"], "There is no run in nowhere"),
        (["run", EXAMPLES, "--model", "gpt-5"], "No model provider is called 'gpt-5'"),
        (["run", EXAMPLES, "--model", "openai:gpt-5"], "OPENAI_API_KEY"),
        (["run", EXAMPLES, "--concurrency", "0"], "Concurrency is '0'"),
        (["run", EXAMPLES, "--brief", "none.yaml"], "none.yaml cannot be read"),
        (["run", EXAMPLES, "--rows", "many"], "--rows"),
        (["run", EXAMPLES, "--machines", "none.csv"], "none.csv"),
        (["fly"], "No such command 'fly'. `officina --help`"),
        (["run"], "Missing argument 'MANUALS'. `officina --help`"),
    ],
)
def test_mistake_is_a_sentence_and_leaves_with_two(monkeypatch, capsys, arguments, sentence):
    assert officina(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_mistakes_in_settings_come_at_once(monkeypatch, capsys):
    bad = ["--generator", "gpt-5", "--critic", "llama", "--concurrency", "-1"]
    assert officina(monkeypatch, "run", EXAMPLES, *bad) == 2
    said = capsys.readouterr().err
    assert "gpt-5" in said
    assert "llama" in said
    assert "Concurrency" in said


def test_folder_that_holds_a_run_is_refused(finished, monkeypatch, capsys):
    assert officina(monkeypatch, "run", EXAMPLES, "--out", finished) == 2
    assert "officina resume" in capsys.readouterr().err


def test_folder_of_other_files_is_refused(monkeypatch, capsys, tmp_path):
    kept = tmp_path / "own" / "dataset" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    assert officina(monkeypatch, "run", EXAMPLES, "--out", tmp_path / "own") == 2
    assert "dataset" in capsys.readouterr().err
    assert [path for path in (tmp_path / "own").rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize(
    "mistake", [["--machines", "none.csv"], ["--model", "openai:m"], ["--brief", "b.yaml"]]
)
def test_mistake_leaves_no_half_made_run(monkeypatch, tmp_path, mistake):
    (tmp_path / "b.yaml").write_text("train: nothing\n", encoding="utf-8")
    assert officina(monkeypatch, "run", EXAMPLES, "--out", "run", *mistake) == 2
    assert not (tmp_path / "run").exists()


def test_name_of_a_run_may_be_odd(monkeypatch, tmp_path):
    run = tmp_path / "first?mode=ro#1"
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "1", "--out", run) == 0
    assert (run / "journal.sqlite").exists()


@pytest.mark.parametrize("content", ["5", "[]", "null", '{"result": null}', "{"])
def test_broken_run_file_is_a_sentence(monkeypatch, capsys, tmp_path, content):
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    assert officina(monkeypatch, "status", tmp_path) == 2
    assert "run.json" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["status", "resume", "why"])
def test_file_in_the_place_of_a_run(monkeypatch, capsys, tmp_path, verb):
    (tmp_path / "file").touch()
    assert officina(monkeypatch, verb, tmp_path / "file") == 2
    assert "There is no run" in capsys.readouterr().err


def test_place_that_cannot_be_made(monkeypatch, capsys):
    assert officina(monkeypatch, "run", EXAMPLES, "--out", "/dev/null/run") == 2
    assert "/dev/null/run" in capsys.readouterr().err


def test_run_goes_on_without_its_manuals(monkeypatch, tmp_path):
    manuals, run, brief = tmp_path / "manuals", tmp_path / "run", tmp_path / "brief.yaml"
    shutil.copytree(EXAMPLES, manuals)
    brief.write_text("rows: 4\nlimits: {calls: 10}\n", encoding="utf-8")
    assert officina(monkeypatch, "run", manuals, "--brief", brief, "--out", run) == 3
    shutil.rmtree(manuals)
    shutil.rmtree(run / "index")
    brief.write_text("rows: 4\n", encoding="utf-8")
    brief.replace(run / "brief.yaml")
    assert officina(monkeypatch, "resume", run) == 0


def test_lost_dataset_is_exported_again(monkeypatch, tmp_path):
    run = tmp_path / "run"
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", run) == 0
    sums = (run / "dataset" / "manifest.json").read_bytes()
    shutil.rmtree(run / "dataset")
    assert officina(monkeypatch, "resume", run) == 0
    assert (run / "dataset" / "manifest.json").read_bytes() == sums


def test_second_process_is_refused(finished, monkeypatch, capsys):
    with FileLock(finished / ".lock"):
        assert officina(monkeypatch, "train", finished, "--recipe", "tiny-cpu") == 2
    assert "in use by another process" in capsys.readouterr().err


def test_nothing_readable_ends_with_two(monkeypatch, capsys, tmp_path):
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "a.json").write_text("{", encoding="utf-8")
    assert officina(monkeypatch, "run", tmp_path / "manuals") == 2
    assert "a.json" in capsys.readouterr().err


@pytest.mark.parametrize(("limit", "most"), [("calls", 30), ("tokens", 1)])
def test_short_run_leaves_with_three(monkeypatch, capsys, tmp_path, limit, most):
    brief = tmp_path / "brief.yaml"
    brief.write_text(f"rows: 50\nlimits: {{{limit}: {most}}}\n", encoding="utf-8")
    assert officina(monkeypatch, "run", EXAMPLES, "--brief", brief, "--json") == 3
    told = capsys.readouterr()
    assert f"limits.{limit}" in told.err
    assert json.loads(told.out)[limit] <= most


def test_debug_shows_the_traceback(monkeypatch, capsys):
    assert officina(monkeypatch, "status", "nowhere", "--debug") == 2
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.rstrip().endswith("There is no run in nowhere. Start one with `officina run`.")


def test_planted_key_is_in_no_byte_of_a_run(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-42")
    run = tmp_path / "run"
    with serving(answering_with(OfflineModel())) as url:
        wanted = ["--rows", "3", "--model", f"openai:m@{url}", "--out", run]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 0
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if b"sk-planted-42" in path.read_bytes()]
    told = capfd.readouterr()
    assert "sk-planted-42" not in told.out + told.err


@pytest.mark.parametrize("place", ["sk-planted-42@127.0.0.1/v1", "127.0.0.1/v1?key=sk-planted-42"])
def test_key_in_a_url_is_refused(monkeypatch, capsys, tmp_path, place):
    out = tmp_path / "run"
    wanted = ["--model", f"openai:m@http://{place}", "--out", out]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 2
    assert "sk-planted-42" not in capsys.readouterr().err
    assert not out.exists()


def test_export_that_was_cut_off_is_made_again(finished, monkeypatch, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    sums = (run / "dataset" / "manifest.json").read_bytes()
    # What a kill between the export's two renames leaves.
    (run / "dataset").rename(run / "dataset.unfinished")
    assert officina(monkeypatch, "resume", run) == 0
    assert (run / "dataset" / "manifest.json").read_bytes() == sums


@pytest.mark.parametrize("name", ["train.jsonl", "manifest.json"])
def test_changed_dataset_is_written_again(finished, monkeypatch, capsys, tmp_path, name):
    run = shutil.copytree(finished, tmp_path / "run")
    file = run / "dataset" / name
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"id": "one"}\n')
    assert officina(monkeypatch, "export", run) == 2
    assert "`officina resume` writes the dataset again" in capsys.readouterr().err
    assert officina(monkeypatch, "resume", run) == 0
    assert file.read_bytes() == whole
    assert officina(monkeypatch, "export", run) == 0


def test_doctor_finds_this_environment_well(monkeypatch, capsys):
    assert officina(monkeypatch, "doctor") == 0
    assert "room graph" in capsys.readouterr().out


def test_every_option_says_what_it_is():
    verbs = get_command(app).commands
    assert "run" in verbs
    params = [(verb, param) for verb in verbs for param in verbs[verb].params]
    silent = [f"{verb} {param.name}" for verb, param in params if not param.help]
    assert silent == []


def test_help_loads_nothing_heavy():
    code = (
        "import sys, app.cli; print(*sorted({'langgraph', 'torch', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
