"""Runs whose machine names are in a real Postgres that is killed, restarted, or changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.offline import OfflineModel
from app.directory import POSTGRES, MachineSource
from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput
from tests.conftest import ROOT
from tests.openai_server import Reply, answering_with, serving
from tests.postgres_server import PostgresServer
from tools.machines import MachineDirectoryError
from tools.machines_csv import read_table
from tools.patience import ServiceDownError
from tools.postgres import load_machines

EXAMPLES = ROOT / "examples" / "manuals"
MACHINES = EXAMPLES / "machines.csv"
pytestmark = pytest.mark.slow
Happen = Callable[[dict[str, Any]], None]


@pytest.fixture
async def model(monkeypatch: pytest.MonkeyPatch):
    """A served model that looks up a machine with each of its searches."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    answered = answering_with(OfflineModel())

    def handle(request: dict[str, Any]) -> Reply:
        status, reply = answered(request)
        message = reply["choices"][0]["message"]
        if message.get("tool_calls"):
            asked = {"name": "find_machine", "arguments": json.dumps({"name": "Ares 200"})}
            message["tool_calls"].append({"id": "find", "type": "function", "function": asked})
        return status, reply

    with serving(handle) as url:
        yield f"openai:m@{url}"


@pytest.fixture
async def names(postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Names in Postgres that a run asks for at every turn; the database."""
    await load_machines(postgres.url(database), read_table(MACHINES))
    # A server that runs may take its time, though the pool is given up soon.
    monkeypatch.setenv("POSTGRES_URL", f"{postgres.url(database)}?connect_timeout=60")
    monkeypatch.setattr("tools.postgres.FRESH_SECONDS", -1.0)
    monkeypatch.setattr("tools.postgres.CONNECT_SECONDS", 2)
    return database


async def make(run: Path, model: str, machines: MachineSource, on_event: Happen | None = None):
    """Make a dataset, or go on with it; return how it ended, and the sums of what it holds."""
    run.mkdir(exist_ok=True)
    settings = read_settings(model=model, by_role={}, concurrency=4)
    brief = read_brief({"rows": 8, "distractors": 1, "languages": ["en"]}, "brief")
    ended: Any = None
    async with open_context(run, brief, settings, machines) as context:
        stream = dataset_graph.astream(
            DatasetInput(str(EXAMPLES)), context=context, stream_mode=["custom", "values"]
        )
        async for mode, value in stream:
            if mode == "values":
                ended = value
            elif on_event:
                on_event(value)
    return ended, (run / "dataset" / "manifest.json").read_bytes()


def patience(seconds: float) -> None:
    Path("officina.yaml").write_text(f"patience: {seconds}\n", encoding="utf-8")


async def test_dataset_is_that_of_the_file(tmp_path, model, names):
    _, from_file = await make(tmp_path / "csv", model, MACHINES)
    _, from_postgres = await make(tmp_path / "postgres", model, POSTGRES)
    assert from_postgres == from_file


@pytest.mark.parametrize("moment", ["reading", "accepted"])
async def test_run_waits_for_a_killed_server(tmp_path, model, names, postgres, moment):
    _, never_killed = await make(tmp_path / "csv", model, MACHINES)
    happened: list[str] = []

    def kill_and_start(event: dict[str, Any]) -> None:
        if event["event"] == moment and moment not in happened:
            postgres.kill()
        if event["event"] == "waiting" and "waiting" not in happened:
            assert event["service"] == f"Postgres at 127.0.0.1:{postgres.port}/{names}"
            postgres.start()
        happened.append(event["event"])

    ended, sums = await make(tmp_path / "run", model, POSTGRES, kill_and_start)
    assert "waiting" in happened
    assert (ended["decision"], ended["report"].accepted) == ("export", 8)
    assert sums == never_killed


async def test_spent_patience_leaves_a_run_to_resume(tmp_path, model, names, postgres):
    _, never_killed = await make(tmp_path / "csv", model, MACHINES)
    patience(1)
    killed: list[str] = []

    def kill(event: dict[str, Any]) -> None:
        if event["event"] == "accepted" and not killed:
            killed.append("once")
            postgres.kill()

    try:
        short, _ = await make(tmp_path / "run", model, POSTGRES, kill)
    finally:
        postgres.start()
    assert short["decision"] == "stop_short"
    assert "Postgres at" in short["reason"]
    assert "does not answer" in short["reason"]
    patience(600)
    ended, sums = await make(tmp_path / "run", model, POSTGRES)
    assert ended["decision"] == "export"
    assert sums == never_killed


async def test_server_lost_while_reading_is_an_error(tmp_path, model, names, postgres):
    patience(0)

    def kill(event: dict[str, Any]) -> None:
        if event["event"] == "reading" and not killed:
            killed.append("once")
            postgres.kill()

    killed: list[str] = []
    try:
        with pytest.raises(ServiceDownError, match="does not answer"):
            await make(tmp_path / "run", model, POSTGRES, kill)
    finally:
        postgres.start()
    patience(600)
    ended, _ = await make(tmp_path / "run", model, POSTGRES)
    assert ended["decision"] == "export"


async def test_name_that_changes_changes_no_row(tmp_path, model, names, postgres):
    _, before = await make(tmp_path / "csv", model, MACHINES)
    renamed: list[str] = []

    def rename(event: dict[str, Any]) -> None:
        if event["event"] == "accepted" and not renamed:
            renamed.append("once")
            postgres.execute(names, "UPDATE officina_machines SET name = name || ' S'")

    _, after = await make(tmp_path / "run", model, POSTGRES, rename)
    assert renamed
    assert after == before


async def test_names_lost_in_mid_run_are_told(tmp_path, model, names, postgres):
    def drop(event: dict[str, Any]) -> None:
        if event["event"] == "planned" and event["round"] == 1:
            postgres.execute(names, "DROP TABLE officina_documents")

    with pytest.raises(MachineDirectoryError, match="officina machines load"):
        await make(tmp_path / "run", model, POSTGRES, drop)
    await load_machines(postgres.url(names), read_table(MACHINES))
    ended, _ = await make(tmp_path / "run", model, POSTGRES)
    assert ended["decision"] == "export"
