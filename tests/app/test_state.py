"""Runs whose state is in a real Postgres: the same dataset, through outages, and no password."""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from agents.offline import OfflineModel
from app.reporting import write_run_report
from app.run_file import RunFile, read_run, write_run_file
from app.settings import SettingsError
from app.state import open_books
from tests.app.test_interrupted import ROWS, in_process, run_on, start, until_it_is_held
from tests.conftest import ROOT
from tests.openai_server import Holding, answering_with, serving
from tests.postgres_server import PASSWORD, PostgresServer
from tools.tables import StateError

EXAMPLES = ROOT / "examples" / "manuals"
MIDST = 200
"""Calls of a run of so many rows after which a third of its candidates are done, and not all."""
DISCONNECT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@pytest.fixture
def state(postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a state that commands find in their environment."""
    monkeypatch.setenv("OFFICINA_STATE_URL", postgres.url(database))
    return postgres.url(database)


def made(run: Path, **values: Any) -> Path:
    run.mkdir()
    file = RunFile("m", None, {}, 1, None, {}, state="postgres", **values)
    write_run_file(run, file)
    return run


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    told, said = process.communicate(timeout=240)
    return process.returncode, told, said


def manifest(run: Path) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


def namespaces(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'officina_%'"
        )
        return [name for (name,) in found]


@pytest.fixture
def held() -> Iterator[tuple[Holding, str]]:
    """A model that answers the first calls of a run, and the others when released; its URL."""
    model = Holding(answering_with(OfflineModel()), MIDST)
    with serving(model.handle) as url:
        yield model, url
        model.release()


def until_it_waits(process: "subprocess.Popen[str]") -> str:
    """Return what a run says until it waits for its state."""
    assert process.stderr
    said = [process.stderr.readline()]
    while "waiting for the Postgres" not in said[-1]:
        assert said[-1], "".join(said)
        said.append(process.stderr.readline())
    return "".join(said)


def test_two_runs_in_one_database_do_not_meet(state, tmp_path):
    for name in ("a", "b"):
        with open_books(made(tmp_path / name), new=True):
            pass
    assert len(namespaces(state)) == 2


def test_state_that_is_gone_is_a_sentence(state, tmp_path):
    run = made(tmp_path / "run")
    with pytest.raises(StateError, match="no state of this run"), open_books(run):
        pass
    assert namespaces(state) == []


def test_run_that_was_killed_before_its_state_was_made_begins(state, tmp_path):
    with open_books(made(tmp_path / "run", estimated=True)) as (ledger, _):
        assert ledger.progress().accepted == 0
    assert len(namespaces(state)) == 1


def test_missing_url_is_a_sentence(tmp_path):
    with (
        pytest.raises(SettingsError, match="Set OFFICINA_STATE_URL"),
        open_books(made(tmp_path / "r")),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    ["mysql://u:planted-9@h/d", "u:planted-9@h", "postgresql://u:planted-9@[::1/d", "planted-9"],
)
def test_address_of_something_else_is_a_sentence(tmp_path, monkeypatch, url):
    monkeypatch.setenv("OFFICINA_STATE_URL", url)
    run = made(tmp_path / "run")
    with pytest.raises(StateError, match="postgresql://USER") as told, open_books(run):
        pass
    assert "planted-9" not in str(told.value)


def test_wrong_password_is_a_sentence(postgres, database, tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICINA_STATE_URL", postgres.url(database, password="planted-9"))
    run = made(tmp_path / "run")
    with pytest.raises(StateError, match="Check OFFICINA_STATE_URL") as told, open_books(run):
        pass
    assert "planted-9" not in str(told.value)


@pytest.fixture(scope="module")
def from_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one worker whose state is in files."""
    run = tmp_path_factory.mktemp("files") / "run"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OFFICINA_STATE")]:
            patch.delenv(name)
        with serving(answering_with(OfflineModel())) as url:
            code, _, said = ended(run_on(url, run))
    assert code == 0, said
    return run


@pytest.mark.slow
def test_every_verb_works_on_postgres(from_files, state, tmp_path):
    run, brief = tmp_path / "run", tmp_path / "brief.yaml"
    brief.write_text("limits: {calls: 60}\n", encoding="utf-8")
    with serving(answering_with(OfflineModel())) as url:
        code, told, said = ended(run_on(url, run, "--brief", brief, "--workers", 2))
        assert code == 3, said
        assert "--add-budget" in said
        for verb in (
            ("resume", run, "--add-budget", "calls=5000", "--json"),
            ("status", run, "--json"),
        ):
            code, told, said = ended(start(*verb))
            assert code == 0, said
            assert json.loads(told.splitlines()[-1])["accepted"] == int(ROWS)
    assert ended(start("why", run))[0] == 0
    assert manifest(run) == manifest(from_files)
    assert not [*run.glob("*.sqlite")]
    for file in run.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes(), file
    assert PASSWORD not in told + said


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_run_waits_for_its_killed_state(from_files, state, postgres, held, tmp_path, workers):
    run, (model, url) = tmp_path / "run", held
    process = run_on(url, run, "--workers", workers)
    until_it_is_held(model, process)
    with postgres.away():
        model.release()
        said = until_it_waits(process)
    code, _, rest = ended(process)
    assert code == 0, rest
    assert manifest(run) == manifest(from_files)
    assert PASSWORD not in said + rest


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_signal_ends_a_run_whose_state_is_away(state, postgres, held, tmp_path, workers):
    run, (model, url) = tmp_path / "run", held
    process = run_on(url, run, "--workers", workers)
    until_it_is_held(model, process)
    with postgres.away():
        model.release()
        until_it_waits(process)
        process.send_signal(signal.SIGTERM)
        code, _, said = ended(process)
    assert code == 130, said
    assert said.splitlines()[-1].startswith("Interrupted")
    assert "officina resume" in said.splitlines()[-1]


def test_read_that_loses_its_connection_is_made_again(postgres, state, tmp_path, monkeypatch):
    shown = ("--rows", 8, "--model", "offline", "--out")
    assert in_process(monkeypatch, "run", EXAMPLES, *shown, tmp_path / "calm") == 0
    cut: list[str] = []

    def cut_connections(_: object, __: object, statement: str, *___: object) -> None:
        if not cut and "candidates.id = " in statement and "LIMIT" in statement:
            cut.append(statement)
            postgres.execute("postgres", DISCONNECT)

    event.listen(Engine, "before_cursor_execute", cut_connections)
    try:
        assert in_process(monkeypatch, "run", EXAMPLES, *shown, tmp_path / "run") == 0
    finally:
        event.remove(Engine, "before_cursor_execute", cut_connections)
    assert cut
    # Nothing was begun again.
    assert read_run(tmp_path / "run")[0].result.replayed == 0
    assert manifest(tmp_path / "run") == manifest(tmp_path / "calm")


@pytest.mark.parametrize("is_written", [False, True])
def test_state_away_at_the_end_is_waited_for(postgres, state, tmp_path, monkeypatch, is_written):
    back: list[threading.Timer] = []

    def write_as_it_goes(*what: Any) -> None:
        if is_written:
            write_run_report(*what)
        if not back:
            postgres.kill()
            back.append(threading.Timer(1.0, postgres.start))
            back[0].start()
        if not is_written:
            write_run_report(*what)

    monkeypatch.setattr("app.driving.write_run_report", write_as_it_goes)
    run = tmp_path / "run"
    try:
        assert in_process(monkeypatch, "run", EXAMPLES, "--rows", 4, "--out", run) == 0
    finally:
        back[0].join()
    assert read_run(run)[0].result.accepted == 4
    assert (run / "report.html").is_file()


@pytest.mark.slow
def test_state_away_past_patience_leaves_a_run_to_resume(
    from_files, state, postgres, held, tmp_path
):
    Path("officina.yaml").write_text("patience: 1\n", encoding="utf-8")
    run, (model, url) = tmp_path / "run", held
    process = run_on(url, run)
    until_it_is_held(model, process)
    with postgres.away():
        model.release()
        code, _, said = ended(process)
        assert code == 2, said
        assert "does not answer" in said.splitlines()[-1]
        assert "resume" in said.splitlines()[-1]
        code, _, said = ended(start("status", run))
        assert code == 2
        assert "Check OFFICINA_STATE_URL" in said.splitlines()[-1]
    shutil.rmtree(run / "dataset", ignore_errors=True)
    Path("officina.yaml").write_text("patience: 600\n", encoding="utf-8")
    code, _, said = ended(start("resume", run))
    assert code == 0, said
    assert manifest(run) == manifest(from_files)
