"""Traces and keys of a run on real services: what the sink sees, and what nobody sees."""

import base64
import json

import pytest

from agents.offline import OfflineModel
from tests.app.test_models import PLANTED, officina
from tests.conftest import ROOT
from tests.elastic_cluster import own_name
from tests.langsmith_sink import langsmith_sink, never_too_late
from tests.openai_server import answering_with, serving
from tests.postgres_server import PASSWORD

EXAMPLES = ROOT / "examples" / "manuals"
SECRETS = {
    **PLANTED,
    "ELASTICSEARCH_API_KEY": base64.b64encode(b"planted-id:planted-search-5").decode(),
}


@pytest.fixture
def services(monkeypatch, elasticsearch_url, postgres, database, tmp_path):
    """Settings that name real services, each let in with a key or a password."""
    never_too_late(monkeypatch)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POSTGRES_URL", postgres.url(database))
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    with (
        own_name(elasticsearch_url) as (_, alias),
        langsmith_sink() as sink,
        serving(answering_with(OfflineModel())) as url,
    ):
        monkeypatch.setenv("ELASTICSEARCH_URL", elasticsearch_url)
        monkeypatch.setenv("OFFICINA_MODEL", f"openai:m@{url}")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", sink.url)
        named = {"elasticsearch": {"index": alias}, "patience": 0.3}
        (tmp_path / "officina.yaml").write_text(json.dumps(named), encoding="utf-8")
        assert officina(monkeypatch, "machines", "load", EXAMPLES / "machines.csv") == 0
        yield sink


def test_search_is_a_retriever_under_its_tool(services, monkeypatch, tmp_path):
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", tmp_path / "run") == 0
    searches = [run for run in services.runs.values() if run["name"] == "search passages"]
    above = {services.runs[run["parent_run_id"]]["name"] for run in searches}
    assert {run["run_type"] for run in searches} == {"retriever"}
    assert "search_manuals" in above
    under_tools = [
        run for run in searches if services.runs[run["parent_run_id"]]["name"] == "search_manuals"
    ]
    assert {services.runs[run["parent_run_id"]]["run_type"] for run in under_tools} == {"tool"}
    first = under_tools[0]
    assert first["inputs"]["query"]
    assert first["outputs"]["documents"][0]["page_content"]
    root = services.runs[first["trace_id"]]
    assert "search passages  [retriever]" in services.drawn(root)


AWAY = {
    "none": {},
    "elasticsearch": {"ELASTICSEARCH_URL": "http://elastic:planted-word@127.0.0.1:9"},
    "postgres": {"POSTGRES_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:9/names"},
}


@pytest.mark.parametrize("fault", AWAY)
def test_keys_of_services_are_in_no_byte(services, monkeypatch, tmp_path, capfd, fault):
    run = tmp_path / "run"
    monkeypatch.setattr("app.starting.START_SECONDS", 0.2)
    for name, url in AWAY[fault].items():
        monkeypatch.setenv(name, url)
    code = officina(monkeypatch, "--debug", "run", EXAMPLES, "--rows", "2", "--out", run)
    assert code == (0 if fault == "none" else 2)
    told = capfd.readouterr()
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    everything = services.everything + (told.out + told.err).encode()
    everything += b"".join(path.read_bytes() for path in left)
    assert bool(services.roots) == (fault == "none")
    assert len(left) > 5 or fault != "none"
    for value in (*SECRETS.values(), PASSWORD, "planted-search-5", "planted-word"):
        assert value.encode() not in everything
