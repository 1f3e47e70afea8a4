"""Commands whose Elasticsearch is really killed: they wait and say so, or can be gone on with."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from agents.offline import OfflineModel
from tests.app.test_interrupted import ROWS, reach, run_on, start
from tests.conftest import ROOT
from tests.elastic_cluster import Node
from tests.openai_server import Holding, answering_with, serving

EXAMPLES = ROOT / "examples" / "manuals"
pytestmark = pytest.mark.slow


@pytest.fixture
def node(own_node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node that the commands find in their environment."""
    monkeypatch.setenv("ELASTICSEARCH_URL", own_node.url)
    return own_node


def patience(seconds: float) -> None:
    Path("officina.yaml").write_text(f"patience: {seconds}\n", encoding="utf-8")


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Return the exit code of a command, and what it said on stderr since it was last read."""
    _, said = process.communicate(timeout=180)
    return process.returncode, said


def read_until(words: str, process: "subprocess.Popen[str]") -> str:
    """Return the first line on stderr with these words."""
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying: {words}")


def manifest(run: Path) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


@pytest.fixture
def held() -> Iterator[tuple[Holding, str]]:
    """A model that is held in the middle, so that no run ends before its node is killed."""
    model = Holding(answering_with(OfflineModel()), 45)
    with serving(model.handle) as url:
        yield model, url


@pytest.fixture(scope="module")
def calm(spare_node: Node, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The sums of a run on the node while it stands."""
    spare_node.empty()
    folder = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELASTICSEARCH_URL", spare_node.url)
        patch.chdir(folder)
        with serving(answering_with(OfflineModel())) as url:
            code, said = ended(run_on(url, folder / "run"))
    assert code == 0, said
    return manifest(folder / "run")


def test_run_waits_for_a_killed_node_and_says_so(node, calm, held, tmp_path):
    run, (model, url) = tmp_path / "run", held
    process = run_on(url, run)
    reach(run, 40, process)
    node.kill()
    model.release()
    line = read_until("waiting for Elasticsearch; again in", process)
    assert f"/{ROWS}, drafts" in line
    node.start()
    code, said = ended(process)
    assert code == 0, said
    assert manifest(run) == calm


def test_node_away_past_patience_leaves_a_run_to_resume(node, calm, held, tmp_path):
    run, (model, url) = tmp_path / "run", held
    patience(1)
    process = run_on(url, run)
    reach(run, 40, process)
    node.kill()
    model.release()
    code, said = ended(process)
    assert code == 3, said
    assert f"Elasticsearch at {node.url} does not answer" in said.splitlines()[-1]
    code, said = ended(start("resume", run))
    assert code == 2
    assert f"Elasticsearch at {node.url} does not answer" in said.splitlines()[-1]
    node.start()
    patience(60)
    code, said = ended(start("resume", run))
    assert code == 0, said
    assert manifest(run) == calm


@pytest.fixture
def long_manuals(tmp_path: Path) -> Path:
    """Manuals whose ingest takes some seconds."""
    folder = tmp_path / "long"
    folder.mkdir()
    for number in range(24):
        steps = (
            f"Step {n} of press {number}: tighten bolt {n * 7} to {n} Nm." for n in range(3000)
        )
        (folder / f"press-{number}.md").write_text("\n\n".join(steps), encoding="utf-8")
    return folder


def taken_in(client: Elasticsearch) -> int:
    held = client.indices.stats(index="*", metric="indexing")["_all"]["total"]
    return held.get("indexing", {}).get("index_total", 0)


def fill_begins(node: Node, process: "subprocess.Popen[str]") -> None:
    """Wait until passages have come into an index that is not yet whole."""
    with Elasticsearch(node.url) as client:
        while not taken_in(client):
            assert process.poll() is None
            time.sleep(0.05)


def test_ingest_waits_for_a_killed_node(node, long_manuals):
    process = start("ingest", long_manuals)
    fill_begins(node, process)
    node.kill()
    read_until("waiting for Elasticsearch", process)
    node.start()
    told, said = process.communicate(timeout=180)
    assert process.returncode == 0, said
    with Elasticsearch(node.url) as client:
        assert told.startswith(f"{client.count(index='officina-long')['count']:,} passages of 24")
        [(_, held)] = client.indices.get(index="*").items()
        assert json.dumps(held["mappings"]["_meta"]).count("complete") == 1


def test_ingest_past_patience_leaves_readers_nothing_half(node, long_manuals):
    patience(1)
    process = start("ingest", long_manuals)
    fill_begins(node, process)
    node.kill()
    code, said = ended(process)
    assert code == 2
    assert "Then run `officina ingest` again" in said.splitlines()[-1]
    node.start()
    patience(60)
    with Elasticsearch(node.url) as client:
        assert not client.indices.exists_alias(name="officina-long")
        code, said = ended(start("ingest", long_manuals))
        assert code == 0, said
        assert client.count(index="officina-long")["count"] > 1000


def test_run_waits_for_a_node_killed_while_it_fills(node, long_manuals, tmp_path):
    run = tmp_path / "run"
    patience(1)
    process = start("run", long_manuals, "--rows", "2", "--out", run)
    fill_begins(node, process)
    node.kill()
    code, said = ended(process)
    assert code == 2
    assert "officina resume" in said.splitlines()[-1]
    assert not (run / "dataset").exists()
    node.start()
    patience(60)
    code, said = ended(start("resume", run))
    assert code in (0, 3), said
    with Elasticsearch(node.url) as client:
        assert client.count(index="officina-long")["count"] > 1000
