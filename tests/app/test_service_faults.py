"""Services that are away, refuse, or are changed under a run: a sentence each, and what is left."""

import json
import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from elasticsearch import Elasticsearch

from agents.offline import OfflineModel
from tests.app.test_interrupted import run_on, start, until_it_is_held
from tests.app.test_models import officina
from tests.conftest import ROOT
from tests.elastic_cluster import node, own_name, refusal
from tests.langsmith_sink import NOWHERE
from tests.openai_server import Holding, answering_with, serving

EXAMPLES = ROOT / "examples" / "manuals"
KEYS = {"ELASTICSEARCH_API_KEY": "cGxhbnRlZDprZXk=", "OPENAI_API_KEY": "sk-planted-openai"}
Given = tuple[Elasticsearch, str]


def write_services(name: str, **more: object) -> None:
    services = {"elasticsearch": {"index": name, **more}, "patience": 0.5}
    Path("officina.yaml").write_text(json.dumps(services), encoding="utf-8")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, elasticsearch_url: str) -> Iterator[Given]:
    """A plain client, and an alias that officina.yaml names."""
    monkeypatch.setenv("ELASTICSEARCH_URL", elasticsearch_url)
    with own_name(elasticsearch_url) as (client, name):
        write_services(name)
        yield client, name


@pytest.fixture
def refused(monkeypatch, tmp_path, capsys) -> Callable[..., str]:
    """Run a command that ends 2 without a run folder; return the sentence that it says."""
    monkeypatch.setattr("app.starting.START_SECONDS", 0.2)

    def run(*options: object, verb: str = "run") -> str:
        arguments = ("--out", tmp_path / "run", *options) if verb == "run" else options
        assert officina(monkeypatch, verb, EXAMPLES, *arguments) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert "Traceback" not in told.err
        assert not (tmp_path / "run").exists()
        return told.err.strip()

    return run


def made_by(client: Elasticsearch, name: str) -> list[str]:
    return sorted(client.indices.get(index=f"{name}*"))


ELASTIC = ("ELASTICSEARCH_URL", "", r"Elasticsearch at {} does not answer. Check that it runs, .*")
POSTGRES = ("POSTGRES_URL", "/names", r"Postgres at {} does not answer: .*POSTGRES_URL .*port\.")
MODELS = ("OFFICINA_MODEL", "/v1", r"{} cannot be reached.*")


@pytest.mark.parametrize(
    ("verb", "variable", "path", "sentence"),
    [
        *(("run", *service) for service in (ELASTIC, POSTGRES, MODELS)),
        *(("ingest", *service) for service in (ELASTIC, POSTGRES)),
    ],
)
def test_service_that_is_down_is_one_sentence(
    monkeypatch, named, refused, verb, variable, path, sentence
):
    at = NOWHERE + path
    value = {
        "POSTGRES_URL": at.replace("http://", "postgresql://me:planted-word@"),
        "OFFICINA_MODEL": f"openai:m@{at}",
    }
    monkeypatch.setenv(variable, value.get(variable, at))
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["OPENAI_API_KEY"])
    said = refused(verb=verb)
    assert made_by(*named) == []
    shown = at.removeprefix("http://") if variable == "POSTGRES_URL" else at
    assert re.search(sentence.format(re.escape(shown)), said)
    assert len(said.splitlines()) == 1
    assert "planted" not in said


def test_index_that_is_not_there_is_told(named, refused):
    client, name = named
    said = refused("--no-ingest")
    assert "There is no index or alias of this name" in said
    assert name in said
    assert made_by(client, name) == []


def test_index_of_somebody_needs_its_fields(named, refused):
    client, name = named
    client.index(index=name, document={"content": "theirs"}, refresh=True)
    assert "elasticsearch.fields" in refused("--no-ingest")
    assert "is an index of somebody's" in refused()
    assert "is an index of somebody's" in refused(verb="ingest")
    write_services(name, fields={"text": "body"})
    assert "has a field 'body'" in refused("--no-ingest")
    assert made_by(client, name) == [name]
    assert client.count(index=name)["count"] == 1


@pytest.mark.parametrize("verb", ["run", "ingest"])
@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (refusal(401, "security_exception", "unable to authenticate"), "refuses the key. Check"),
        (refusal(403, "security_exception", "unauthorized"), "does not allow this"),
    ],
    ids=["401", "403"],
)
def test_wrong_key_is_told_and_not_shown(monkeypatch, refused, reply, sentence, verb):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with node(lambda *_: reply) as url:
        monkeypatch.setenv("ELASTICSEARCH_URL", url)
        said = refused(verb=verb)
    assert f"at {url} {sentence}" in said
    assert KEYS["ELASTICSEARCH_API_KEY"] not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("verb", ["run", "ingest"])
def test_certificate_that_is_not_trusted_is_told(monkeypatch, refused, verb):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)
    with node(lambda *_: (200, {}), tls=server) as url:
        monkeypatch.setenv("ELASTICSEARCH_URL", url)
        said = refused(verb=verb)
    assert f"at {url} is not trusted. Name the authority" in said


@pytest.fixture
def read_only(named: Given) -> Iterator[Given]:
    """Every index that is made under the alias takes no passage."""
    client, name = named
    template = {"settings": {"index.blocks.write": True}}
    client.indices.put_index_template(name=name, index_patterns=[f"{name}-*"], template=template)
    yield named
    client.indices.delete_index_template(name=name)


def test_read_only_index_ends_an_ingest(read_only, refused):
    client, name = read_only
    assert "is read-only" in refused(verb="ingest")
    assert made_by(client, name) == []


def test_read_only_index_leaves_readers_what_was_there(named, refused, monkeypatch, request):
    client, name = named
    assert officina(monkeypatch, "ingest", EXAMPLES) == 0
    before, count = made_by(client, name), client.count(index=name)["count"]
    request.getfixturevalue("read_only")
    capsys = request.getfixturevalue("capsys")
    capsys.readouterr()
    assert "is read-only" in refused("--recreate", verb="ingest")
    assert made_by(client, name) == before
    assert client.count(index=name)["count"] == count


def test_read_only_index_leaves_a_run_to_resume(read_only, monkeypatch, tmp_path, capsys):
    client, name = read_only
    run = tmp_path / "run"
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", run) == 2
    assert "is read-only" in capsys.readouterr().err
    assert made_by(client, name) == []
    assert not (run / "dataset").exists()
    client.indices.put_index_template(name=name, index_patterns=[f"{name}-*"], template={})
    assert officina(monkeypatch, "resume", run) == 0


def cut_short(monkeypatch: pytest.MonkeyPatch, run: Path) -> None:
    """Leave a run that has spent its calls in the middle, and give it more."""
    brief = Path("brief.yaml")
    brief.write_text("rows: 6\nlimits: {calls: 20}\n", encoding="utf-8")
    assert officina(monkeypatch, "run", EXAMPLES, "--brief", brief, "--out", run) == 3
    (run / "brief.yaml").write_text("rows: 6\n", encoding="utf-8")


def test_removed_index_is_made_again_by_resume(named, monkeypatch, tmp_path):
    client, name = named
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "6", "--out", whole) == 0
    cut_short(monkeypatch, run)
    client.indices.delete(index=made_by(client, name))
    assert officina(monkeypatch, "resume", run) == 0
    sums = "dataset/manifest.json"
    assert (run / sums).read_bytes() == (whole / sums).read_bytes()
    assert len(made_by(client, name)) == 1


def test_removed_index_of_a_run_without_ingest_is_told(named, monkeypatch, tmp_path, capsys):
    client, name = named
    assert officina(monkeypatch, "ingest", EXAMPLES) == 0
    run, brief = tmp_path / "run", Path("brief.yaml")
    brief.write_text("rows: 6\nlimits: {calls: 20}\n", encoding="utf-8")
    wanted = ["--brief", brief, "--out", run, "--no-ingest"]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 3
    (run / "brief.yaml").write_text("rows: 6\n", encoding="utf-8")
    client.indices.delete(index=made_by(client, name))
    capsys.readouterr()
    assert officina(monkeypatch, "resume", run) == 2
    assert "fill it with `officina ingest`" in capsys.readouterr().err
    assert officina(monkeypatch, "ingest", EXAMPLES) == 0
    assert officina(monkeypatch, "resume", run) == 0


@pytest.mark.slow
def test_index_removed_in_mid_run_is_one_sentence(named, monkeypatch, tmp_path):
    client, name = named
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["OPENAI_API_KEY"])
    whole, run = tmp_path / "whole", tmp_path / "run"
    answering = answering_with(OfflineModel())
    with serving(answering) as url:
        process = run_on(url, whole)
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    # Without its later calls, the run cannot end before its index is removed.
    model = Holding(answering, 60)
    with serving(model.handle) as url:
        process = run_on(url, run)
        until_it_is_held(model, process)
        client.indices.delete(index=made_by(client, name))
        model.release()
        _, said = process.communicate(timeout=240)
        assert process.returncode == 2, said
        assert "There is no index or alias of this name" in said.splitlines()[-1]
        assert "Traceback" not in said
        assert officina(monkeypatch, "resume", run) == 0
    sums = "dataset/manifest.json"
    assert (run / sums).read_bytes() == (whole / sums).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("manuals", ["the same", "others"])
def test_runs_side_by_side_keep_their_passages(named, monkeypatch, tmp_path, manuals):
    client, name = named
    folders = [EXAMPLES, EXAMPLES]
    if manuals == "others":
        folders[1] = tmp_path / "others"
        folders[1].mkdir()
        for file in ("ares-200-en.json", "machines.csv"):
            (folders[1] / file).write_bytes((EXAMPLES / file).read_bytes())
    alone = []
    for number, folder in enumerate(folders):
        run = tmp_path / f"alone-{number}"
        assert officina(monkeypatch, "run", folder, "--rows", "12", "--out", run) == 0
        alone.append((run / "dataset/manifest.json").read_bytes())
        client.indices.delete(index=made_by(client, name))
    for attempt in range(2):
        runs = [tmp_path / f"{attempt}-{number}" for number in (0, 1)]
        processes = [
            start("run", folder, "--rows", "12", "--out", run)
            for folder, run in zip(folders, runs, strict=True)
        ]
        for process in processes:
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said
        assert [(run / "dataset/manifest.json").read_bytes() for run in runs] == alone
        assert client.count(index=name)["count"] > 0


def test_empty_folder_leaves_the_index(named, monkeypatch, tmp_path, capsys):
    client, name = named
    assert officina(monkeypatch, "ingest", EXAMPLES) == 0
    before = client.count(index=name)["count"]
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "empty.txt").touch()
    assert officina(monkeypatch, "ingest", tmp_path / "none") == 2
    assert "the index is left as it was.\n  empty.txt:" in capsys.readouterr().err
    assert client.count(index=name)["count"] == before
