"""Whole runs that search by meaning, with an embeddings server behind the OpenAI protocol."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.cli import main
from tests.conftest import ROOT
from tests.elastic_cluster import own_indices
from tests.openai_server import Reply, embedding_with, refusal, serving
from tests.word_vectors import WordVectors
from tools.library import Library
from tools.passages import split

EXAMPLES = ROOT / "examples" / "manuals"
EMBEDDED = embedding_with(WordVectors())
KEY = "sk-planted-embeddings-1"


class Server:
    """Keeps the texts that it gave vectors for, passages by the batch and queries one by one.

    `before` may answer a request instead, by its number.
    """

    def __init__(self, before: Callable[[int], Reply | None] = lambda number: None) -> None:
        self.before = before
        self.asked = 0
        self.passages, self.queries = Counter[str](), Counter[str]()

    def handle(self, request: dict[str, Any]) -> Reply:
        self.asked += 1
        if refused := self.before(self.asked):
            return refused
        texts = request["input"]
        (self.queries if len(texts) == 1 else self.passages).update(texts)
        return EMBEDDED(request)


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture(params=["embedded", "elastic"])
def set_up(request: pytest.FixtureRequest, monkeypatch, tmp_path):
    """Write officina.yaml for the embeddings at a URL, for the one index or the other."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    alias = f"officina-embeddings-test-{uuid4().hex[:8]}"

    def write(url: str, search: str = "hybrid", patience: float = 30) -> None:
        services: dict[str, Any] = {
            "retrieval": {"search": search, "embeddings": f"openai:m@{url}"},
            "elasticsearch": {"index": alias},
            "patience": patience,
        }
        (tmp_path / "officina.yaml").write_text(json.dumps(services), encoding="utf-8")

    if request.param == "embedded":
        yield write
        return
    node = request.getfixturevalue("elasticsearch_url")
    monkeypatch.setenv("ELASTICSEARCH_URL", node)
    yield write
    asyncio.run(remove(node, alias))


async def remove(node: str, alias: str) -> None:
    async with own_indices(node) as (cluster, _):
        made = list(await cluster.client.indices.get(index=f"{alias}-*"))
        if made:
            await cluster.client.indices.delete(index=made)


def run_examples(monkeypatch: pytest.MonkeyPatch, run: Path, rows: int = 1) -> int:
    return officina(monkeypatch, "run", EXAMPLES, "--rows", rows, "--out", run)


def dataset(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run / "dataset").glob("*.jsonl")}


@pytest.mark.parametrize("search", ["knn", "hybrid"])
def test_run_searches_by_meaning(monkeypatch, tmp_path, set_up, search) -> None:
    server, run = Server(), tmp_path / "run"
    with serving(server.handle) as url:
        set_up(url, search)
        assert run_examples(monkeypatch, run) == 0
        assert server.asked > 5
        filled = server.passages.total()
        assert officina(monkeypatch, "resume", run) == 0
    documents = Library.open(run / "documents").documents
    assert server.passages.total() == filled == sum(len(split(each)) for each in documents)
    assert server.queries.pop("officina") <= 3
    assert set(server.queries.values()) == {1}
    assert dataset(run)


def test_outage_in_the_middle_is_waited_for(monkeypatch, tmp_path, capsys, set_up) -> None:
    def away(number: int) -> Reply | None:
        outages = {4: 500, 5: 503, 6: 429, **dict.fromkeys(range(13, 19), 502)}
        return refusal(outages[number], "down") if number in outages else None

    disturbed = Server(away)
    with serving(disturbed.handle) as url:
        set_up(url)
        assert run_examples(monkeypatch, tmp_path / "disturbed") == 0
        assert disturbed.asked > 19
        told = capsys.readouterr().err
        assert f"waiting for the embeddings openai:m@{url}" in told.replace("\n", "")
    with serving(Server().handle) as url:
        set_up(url)
        assert run_examples(monkeypatch, tmp_path / "calm") == 0
    assert dataset(tmp_path / "disturbed") == dataset(tmp_path / "calm")


def test_cut_off_fill_is_not_paid_for_again(monkeypatch, tmp_path, capsys, set_up) -> None:
    first = Server(lambda number: refusal(401, f"no: {KEY}") if number > 4 else None)
    run = tmp_path / "run"
    with serving(first.handle) as url:
        set_up(url)
        assert run_examples(monkeypatch, run) == 2
        said = capsys.readouterr().err
        assert f"openai:m@{url} refuse the key. Check OPENAI_API_KEY" in said
        assert KEY not in said
        first.before = lambda number: None
        assert officina(monkeypatch, "resume", run) == 0
    documents = Library.open(run / "documents").documents
    assert first.passages.total() == sum(len(split(each)) for each in documents)
    held = [path.read_bytes() for path in run.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in held)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (refusal(401, f"Incorrect API key provided: {KEY}"), "refuse the key"),
        (refusal(404, f"no model for {KEY}"), "are not there"),
        (refusal(400, f"bad {KEY}"), "refused the call"),
        (refusal(429, "You exceeded it", "insufficient_quota"), "no credit left"),
        (refusal(503, f"down for {KEY}"), "busy or failing"),
        ((200, {"hello": KEY}), "sent are no vectors"),
        ((200, {"data": []}), "sent are no vectors"),
        ((200, {"data": [{"embedding": [0.0, 0.0]}]}), "all zeros"),
    ],
)
def test_server_at_fault_leaves_nothing_made(
    monkeypatch, tmp_path, capsys, set_up, reply, sentence
) -> None:
    with serving(lambda _: reply) as url:
        set_up(url, patience=0.2)
        assert run_examples(monkeypatch, tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert url in said
    assert KEY not in said
    assert not (tmp_path / "run").exists()


def test_dead_server_is_told_with_its_address(monkeypatch, tmp_path, capsys, set_up) -> None:
    set_up("http://127.0.0.1:9/v1", patience=0.2)
    assert run_examples(monkeypatch, tmp_path / "run") == 2
    assert "openai:m@http://127.0.0.1:9/v1 cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_doctor_looks_at_the_embeddings(monkeypatch, capsys, set_up) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    with serving(EMBEDDED) as url:
        set_up(url)
        assert officina(monkeypatch, "doctor") == 0
        assert f"ok openai:m@{url}" in capsys.readouterr().out
    assert officina(monkeypatch, "doctor") == 2
    assert f"openai:m@{url} cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("retrieval", "sentence"),
    [
        ({"search": "hybrid"}, "needs `embeddings`, as provider:name"),
        ({"embeddings": f"openai:m@http://me:{KEY}@host/v1"}, "may hold a key"),
        ({"embeddings": f"openai:m@http://host/v1?key={KEY}"}, "may hold a key"),
        ({"search": "words"}, "retrieval.search"),
    ],
)
def test_settings_that_cannot_be_used_are_told(
    monkeypatch, tmp_path, capsys, retrieval, sentence
) -> None:
    written = json.dumps({"retrieval": retrieval})
    (tmp_path / "officina.yaml").write_text(written, encoding="utf-8")
    assert run_examples(monkeypatch, tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert KEY not in said


def test_index_of_somebody_is_searched_by_words(
    monkeypatch, tmp_path, capsys, elasticsearch_url
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", elasticsearch_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    services = {
        "retrieval": {"search": "knn", "embeddings": "openai:m@http://127.0.0.1:9/v1"},
        "elasticsearch": {"index": "theirs", "fields": {"text": "content"}},
    }
    (tmp_path / "officina.yaml").write_text(json.dumps(services), encoding="utf-8")
    run = ["run", EXAMPLES, "--no-ingest", "--out", tmp_path / "run"]
    assert officina(monkeypatch, *run) == 2
    assert "set retrieval.search to bm25" in capsys.readouterr().err


def test_questions_are_compared_by_meaning(monkeypatch, tmp_path, capsys) -> None:
    """A brief that says so embeds each accepted question once, also over a resume."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    brief = tmp_path / "brief.yaml"
    brief.write_text("rows: 3\nduplicates: {embeddings: true}\n", encoding="utf-8")
    run = tmp_path / "run"
    start = ["run", EXAMPLES, "--brief", brief, "--out", run]
    assert officina(monkeypatch, *start) == 2
    assert "set retrieval.embeddings in officina.yaml" in " ".join(capsys.readouterr().err.split())
    assert not run.exists()
    server = Server()
    with serving(server.handle) as url:
        services = {"retrieval": {"embeddings": f"openai:m@{url}"}}
        (tmp_path / "officina.yaml").write_text(json.dumps(services), encoding="utf-8")
        assert officina(monkeypatch, *start) == 0
        assert officina(monkeypatch, "resume", run) == 0
    asked = server.passages + server.queries
    lines = (run / "dataset" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    del asked["officina"]
    assert set(asked.values()) == {1}
    assert len(asked) >= 3
