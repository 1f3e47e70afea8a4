"""A replay makes a run's dataset again from its journal: no server, no key, no training."""

import hashlib
import json
from types import SimpleNamespace
from typing import cast

import pytest
from langgraph.runtime import Runtime

from agents.offline import OfflineModel
from app.state import open_books
from graph.context import Context
from graph.dataset import route_after_export
from graph.state import DatasetState
from tests.app.test_interrupted import EXAMPLES, start
from tests.openai_server import Reply, answering_with, refusal, serving
from training.recipe import load_recipe

pytestmark = pytest.mark.slow


def officina(*arguments: object, code: int = 0) -> str:
    process = start(*arguments)
    told, said = process.communicate(timeout=240)
    assert process.returncode == code, said
    return told + said


def made(run, *options: object, code: int = 0) -> bytes:
    officina("run", EXAMPLES, "--rows", 12, "--out", run, *options, code=code)
    return manifest(run)


def manifest(run) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


@pytest.mark.parametrize("limits", ["", "limits: {calls: 60}", "limits: {calls: 60, drafts: 1}"])
def test_dataset_is_the_same_also_where_a_limit_ended_the_run(tmp_path, limits):
    brief = tmp_path / "brief.yaml"
    brief.write_text(f"rows: 12\n{limits}\ntrain: tiny-cpu\n" if limits else "rows: 12\n")
    code = 3 if limits else 0
    whole = made(tmp_path / "run", "--brief", brief, code=code)
    said = officina("replay", tmp_path / "run", code=code)
    assert "byte for byte" in said
    assert manifest(tmp_path / "run-replayed") == whole


def test_nothing_but_the_folder_is_needed(tmp_path, monkeypatch):
    """Some prompts are refused, and nothing is in the journal of their candidates but that."""
    answer = answering_with(OfflineModel())

    def handle(request: dict[str, object]) -> Reply:
        asked = json.dumps(request, sort_keys=True).encode()
        is_refused = hashlib.sha256(asked).digest()[1] < 20
        return refusal(400, "no") if is_refused else answer(request)

    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with serving(handle) as url:
        whole = made(tmp_path / "run", "--model", f"openai:m@{url}")
    monkeypatch.delenv("OPENAI_API_KEY")
    with open_books(tmp_path / "run") as (ledger, journal):
        dropped, calls = ledger.progress().dropped, journal.count()
    assert dropped
    assert "byte for byte" in officina("replay", tmp_path / "run", "--out", tmp_path / "again")
    assert manifest(tmp_path / "again") == whole
    with open_books(tmp_path / "again") as (ledger, journal):
        assert (ledger.progress().dropped, journal.count()) == (dropped, calls)


async def test_replay_trains_nothing():
    recipe = load_recipe("tiny-cpu")
    state = DatasetState("manuals", decision="export")
    for replays, after in ((False, "audit"), (True, "done")):
        context = SimpleNamespace(recipe=recipe, replays=replays)
        runtime = cast("Runtime[Context]", SimpleNamespace(context=context))
        assert await route_after_export(state, runtime) == after


def test_state_in_postgres_is_replayed_into_files(postgres, database, tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICINA_STATE_URL", postgres.url(database))
    whole = made(tmp_path / "run")
    officina("replay", tmp_path / "run")
    assert manifest(tmp_path / "run-replayed") == whole
    assert (tmp_path / "run-replayed" / "journal.sqlite").exists()


def test_what_the_journal_does_not_hold_is_told(tmp_path):
    made(tmp_path / "run")
    (tmp_path / "run" / "brief.yaml").write_text("rows: 12\nscenario: another plant\n")
    said = officina("replay", tmp_path / "run", code=3)
    assert "The journal ends before" in said
    assert "Other than in" in said
    assert "is there already" in officina("replay", tmp_path / "run", code=2)
