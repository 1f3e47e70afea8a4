"""Settings: which officina.yaml holds, what is a secret, and what a resumed run keeps."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.opening_index import for_manuals
from app.ray_workers import farming_of
from app.run_file import read_run, settings_of
from app.runs import create_run
from app.settings import Settings, SettingsError, read_settings, redact
from graph.brief import Brief
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"


def settings(folder: Path | None = None) -> Settings:
    return read_settings(model="offline", by_role={}, concurrency=None, folder=folder)


def test_file_beside_the_brief_comes_first(tmp_path):
    beside = tmp_path / "briefs"
    beside.mkdir()
    (beside / "officina.yaml").write_text("patience: 7\nelasticsearch: {ca_file: ca.pem}")
    (tmp_path / "officina.yaml").write_text("patience: 9")
    assert settings(beside).services.patience == 7
    assert settings(beside).services.elasticsearch.ca_file == beside / "ca.pem"
    assert settings(tmp_path / "none").services.patience == 9
    assert settings().services.patience == 9


def test_resumed_run_keeps_what_decides_its_rows(tmp_path):
    beside = tmp_path / "briefs"
    beside.mkdir()
    file = beside / "officina.yaml"
    file.write_text("patience: 7\nelasticsearch: {k1: 1.5}")
    create_run(tmp_path / "run", EXAMPLES, Brief(), settings(beside), None)
    file.write_text("patience: 30\nelasticsearch: {k1: 1.1, ca_file: ca.pem}")
    resumed = settings_of(read_run(tmp_path / "run")[0]).services
    assert (resumed.patience, resumed.elasticsearch.k1) == (30, 1.5)
    assert resumed.elasticsearch.ca_file == beside / "ca.pem"
    file.unlink()
    assert settings_of(read_run(tmp_path / "run")[0]).services.patience == 7


def test_run_on_a_cluster_stays_on_it(tmp_path, monkeypatch):
    started = create_run(tmp_path / "run", EXAMPLES, Brief(), settings(), None)
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9200")
    assert settings_of(started).index == "embedded"
    monkeypatch.delenv("ELASTICSEARCH_URL")
    with pytest.raises(SettingsError, match="Set ELASTICSEARCH_URL"):
        settings_of(replace(started, index="elasticsearch"))


def test_more_processes_than_a_server_takes_calls_are_refused(tmp_path):
    (tmp_path / "officina.yaml").write_text("servers: {http://host: {most_in_flight: 2}}")
    limited = settings(tmp_path)
    assert farming_of(2, "local", "sqlite", limited).workers == 2
    for workers, engine in ((3, "local"), (2, "ray")):
        with pytest.raises(SettingsError, match="3 processes cannot share 2 in flight"):
            farming_of(workers, engine, "postgres", limited)


def test_alias_is_named_after_the_manuals(tmp_path, monkeypatch):
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9200")
    named = for_manuals(settings(), tmp_path / "Presse 40").services.elasticsearch.index
    assert named == "officina-presse-40"


def test_fields_of_somebody_mean_reading(tmp_path):
    (tmp_path / "officina.yaml").write_text("elasticsearch: {fields: {text: content}}")
    assert not settings().ingest


@pytest.mark.parametrize("index", ["Upper", "star*", "_hidden", "a b", ""])
def test_impossible_index_name_is_told(tmp_path, index):
    (tmp_path / "officina.yaml").write_text(f'elasticsearch: {{index: "{index}"}}')
    with pytest.raises(SettingsError, match=r"elasticsearch\.index"):
        settings()


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("COHERE_API_KEY", "planted-cohere", "planted-cohere"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=planted", "x-api-key=planted"),
        ("ELASTICSEARCH_URL", "https://me:pa[ssword@host:9200", "pa[ssword"),
        ("POSTGRES_URL", "postgresql://me:p%40ssword@host/db", "p@ssword"),
        ("POSTGRES_URL", "postgresql://host/db?password=planted-one", "planted-one"),
        ("ELASTICSEARCH_URL", "http://a:first-word@h:1,http://b:second-word@h:2", "second-word"),
    ],
)
def test_secrets_are_known_by_name_and_place(monkeypatch, name, value, secret):
    monkeypatch.setenv(name, value)
    assert secret not in redact(f"the server said: {secret}!")
    assert name not in settings().environment


def test_model_url_that_is_none_is_told(tmp_path):
    with pytest.raises(SettingsError, match="The URL of openai:x is none"):
        read_settings(model="openai:x@http://[bad", by_role={}, concurrency=None)
