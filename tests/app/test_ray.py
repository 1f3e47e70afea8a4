"""Runs farmed by Ray actors on nodes that are really killed, over a state in a real Postgres."""

import os
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from agents.offline import OfflineModel
from tests.app.test_interrupted import run_on, start
from tests.conftest import ROOT
from tests.openai_server import Holding, answering_with, serving
from tests.postgres_server import PASSWORD, PostgresServer

EXAMPLES = ROOT / "examples" / "manuals"
pytestmark = pytest.mark.slow
SMALL = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
PLANTED = "sk-planted-on-the-nodes-0123456789"


@pytest.fixture
def state(postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a state that commands and nodes find in their environment."""
    url = postgres.url(database)
    monkeypatch.setenv("OFFICINA_STATE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    return url


@pytest.fixture
def cluster(state: str, monkeypatch: pytest.MonkeyPatch):
    """A head on which nothing runs, and two nodes with room for one worker each."""
    pytest.importorskip("ray", reason="pip install -e '.[ray]' brings Ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **SMALL})
    nodes = [made.add_node(num_cpus=1, **SMALL) for _ in range(2)]
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made, nodes
    made.shutdown()


def asked(url: str, query: str) -> Any:
    """Return what a query finds in the one run of a database; 0 where there is none yet."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'officina_%'"
        ).fetchone()
        if not found:
            return 0
        connection.execute(f"SET search_path TO {found[0]}")  # pyright: ignore
        try:
            row = connection.execute(query).fetchone()  # pyright: ignore
        except psycopg.errors.UndefinedTable:
            return 0
    assert row
    return row[0]


def until(url: str, query: str, least: int, process: Any) -> None:
    while asked(url, query) < least:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)


def manifest(run: Path) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


def test_killed_node_costs_no_row(cluster, state, tmp_path, monkeypatch):
    made, nodes = cluster
    run = tmp_path / "run"
    # Its server keeps the farm open until both workers are there, and one is killed.
    model = Holding(answering_with(OfflineModel()), 20)
    with serving(model.handle) as url:
        process = run_on(url, run, "--engine", "ray", "--workers", 2)
        until(state, "SELECT count(*) FROM sessions WHERE beat >= 0", 3, process)
        made.remove_node(nodes[0], allow_graceful=False)
        model.release()
        _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert asked(state, "SELECT count(*) FROM candidates WHERE status = 'planned'") == 0
    calls = asked(state, "SELECT count(*) FROM calls")
    assert PASSWORD not in said
    for file in [*run.rglob("*"), *Path("/tmp/ray/session_latest/logs").rglob("*")]:
        if file.is_file():
            content = file.read_bytes()
            assert PASSWORD.encode() not in content, file
            assert PLANTED.encode() not in content, file
    monkeypatch.delenv("OFFICINA_STATE_URL")
    with serving(answering_with(OfflineModel())) as url:
        alone = run_on(url, tmp_path / "alone", "--json")
        told, said = alone.communicate(timeout=240)
    assert alone.returncode == 0, said
    assert f'"calls": {calls}' in told
    assert manifest(run) == manifest(tmp_path / "alone")


def test_cluster_without_nodes_leaves_a_run_to_itself(state, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="pip install -e '.[ray]' brings Ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    process = start("run", EXAMPLES, "--rows", 4, "--out", tmp_path / "run", "--engine", "ray")
    _, said = process.communicate(timeout=240)
    assert process.returncode == 2
    assert "There is no Ray cluster to work on" in said
    assert "ray start --head" in said
    process = start("resume", tmp_path / "run")
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said


def test_ray_needs_a_state_in_postgres(tmp_path):
    process = start("run", EXAMPLES, "--rows", 4, "--out", tmp_path / "run", "--engine", "ray")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "OFFICINA_STATE_URL" in said.splitlines()[-1]
    assert not (tmp_path / "run").exists()


async def test_node_without_the_folder_says_so(tmp_path):
    from app.ray_workers import RayWorker

    said = await RayWorker().work(str(tmp_path / "elsewhere"), "id", {})
    assert "put it where all nodes have it" in said
    assert os.environ.get("OFFICINA_STATE_URL") is None
