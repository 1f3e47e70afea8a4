"""Whole runs while the connections to every service are cut at random, or late."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from agents.offline import OfflineModel
from app.cli import main
from tests.conftest import ROOT
from tests.elastic_cluster import own_name
from tests.openai_server import Reply, answering_with, serving
from tests.postgres_server import PostgresServer
from tests.proxy import Proxy

EXAMPLES = ROOT / "examples" / "manuals"
ROWS = 12
# Per service: how many connections are cut, and within how many bytes. The cluster's are kept open
# for many requests, so that each of them is cut sooner or later; its bulk is of about 400 kB.
CUTS = {"elasticsearch": (1.0, 600_000), "postgres": (1.0, 12_000), "models": (0.2, 8000)}


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@dataclass
class Services:
    """Three real services, each reached over a port that a proxy may take the place of."""

    monkeypatch: pytest.MonkeyPatch
    client: Elasticsearch
    alias: str
    postgres: PostgresServer
    database: str
    ports: dict[str, int]
    asked: list[str] = field(default_factory=list)
    proxies: dict[str, Proxy] = field(default_factory=dict)

    def officina(self, *arguments: object) -> int:
        """Run a command with the services behind their proxies, if they have one."""
        ports = {**self.ports, **{name: proxy.port for name, proxy in self.proxies.items()}}
        names = {
            "ELASTICSEARCH_URL": f"http://127.0.0.1:{ports['elasticsearch']}",
            "POSTGRES_URL": self.postgres.url(self.database, port=ports["postgres"]),
            "OFFICINA_MODEL": f"openai:m@http://127.0.0.1:{ports['models']}/v1",
            "OPENAI_API_KEY": "sk-none-at-all",
        }
        for name, value in names.items():
            self.monkeypatch.setenv(name, value)
        return officina(self.monkeypatch, *arguments)

    def behind(self, stack: ExitStack, names: list[str], *, seed: int = 0, delay: float = 0.0):
        """Put a proxy before each of these services: one that cuts, or one that is late."""
        for name in names:
            share, within = (0.0, 0) if delay else CUTS[name]
            proxy = Proxy(
                self.ports[name], cut_share=share, cut_within=within, delay=delay, seed=seed
            )
            self.proxies[name] = stack.enter_context(proxy)
        stack.callback(self.proxies.clear)

    def remove_index(self) -> None:
        """Remove what was made under the alias, so that the next run fills it again."""
        self.client.indices.delete(index=list(self.client.indices.get(index=f"{self.alias}*")))

    def passages(self) -> int:
        """Return how many passages readers see."""
        self.client.indices.refresh(index=self.alias)
        return self.client.count(index=self.alias)["count"]


@pytest.fixture
def services(
    monkeypatch: pytest.MonkeyPatch,
    elasticsearch_url: str,
    postgres: PostgresServer,
    database: str,
    tmp_path: Path,
) -> Iterator[Services]:
    answered = answering_with(OfflineModel())
    # Names that are asked for at every turn, so that there is something to cut.
    monkeypatch.setattr("tools.postgres.FRESH_SECONDS", -1.0)
    with own_name(elasticsearch_url) as (client, alias), ExitStack() as stack:
        ports = {"elasticsearch": int(elasticsearch_url.rpartition(":")[2])}
        made = Services(monkeypatch, client, alias, postgres, database, ports)

        def handle(request: dict[str, Any]) -> Reply:
            made.asked.append(json.dumps(request, sort_keys=True))
            return find_machines(answered(request))

        url = stack.enter_context(serving(handle))
        ports.update(models=int(url.split(":")[2].partition("/")[0]), postgres=postgres.port)
        named = {"elasticsearch": {"index": alias}, "patience": 60}
        (tmp_path / "officina.yaml").write_text(json.dumps(named), encoding="utf-8")
        assert made.officina("machines", "load", EXAMPLES / "machines.csv") == 0
        yield made


def find_machines(reply: Reply) -> Reply:
    """Let the model look a machine up with each of its searches."""
    message = reply[1]["choices"][0]["message"]
    if message.get("tool_calls"):
        asked = {"name": "find_machine", "arguments": json.dumps({"name": "Ares 200"})}
        message["tool_calls"].append({"id": "find", "type": "function", "function": asked})
    return reply


def journal_of(run: Path) -> list[tuple[object, ...]]:
    """Return every call of a run: what it was for, and what was sent."""
    called = "SELECT candidate, step, attempt, ask, sent FROM calls ORDER BY 1, 2, 3, 4"
    with closing(sqlite3.connect(run / "journal.sqlite")) as connection:
        return connection.execute(called).fetchall()


def manifest(run: Path) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


@dataclass
class Undisturbed:
    """What a run without proxies on the same services has left."""

    run: Path
    asked: list[str]
    passages: int


@pytest.fixture
def undisturbed(services: Services, tmp_path: Path) -> Undisturbed:
    run = tmp_path / "undisturbed"
    assert services.officina("run", EXAMPLES, "--rows", ROWS, "--out", run) == 0
    made = Undisturbed(run, sorted(services.asked), services.passages())
    assert len(made.asked) == len(journal_of(run))
    services.remove_index()
    services.asked.clear()
    return made


def see_nothing_lost(services: Services, undisturbed: Undisturbed, run: Path) -> None:
    """See that a run has the rows, the calls and the passages of the undisturbed one."""
    assert manifest(run) == manifest(undisturbed.run)
    assert journal_of(run) == journal_of(undisturbed.run)
    # A reply that was cut off is asked for again, and nothing else is.
    assert set(services.asked) == set(undisturbed.asked)
    assert services.passages() == undisturbed.passages
    assert len(services.client.indices.get(index=f"{services.alias}*")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("names", [*([name] for name in CUTS), list(CUTS)], ids="+".join)
def test_cut_connections_lose_and_double_nothing(services, undisturbed, tmp_path, capsys, names):
    run = tmp_path / "shaken"
    with ExitStack() as stack:
        services.behind(stack, names, seed=1)
        code = services.officina("run", EXAMPLES, "--rows", ROWS, "--out", run)
        cuts = {name: proxy.cuts for name, proxy in services.proxies.items()}
    assert code == 0, capsys.readouterr().err
    assert min(cuts.values()) >= 4, cuts
    see_nothing_lost(services, undisturbed, run)


@pytest.mark.slow
def test_late_services_change_nothing(services, undisturbed, tmp_path, capsys):
    run = tmp_path / "late"
    with ExitStack() as stack:
        services.behind(stack, list(CUTS), delay=0.02)
        code = services.officina("run", EXAMPLES, "--rows", ROWS, "--out", run)
        assert all(proxy.connections for proxy in services.proxies.values())
    assert code == 0, capsys.readouterr().err
    see_nothing_lost(services, undisturbed, run)


@pytest.mark.slow
def test_cut_ingest_stores_every_passage(services, capsys):
    assert services.officina("ingest", EXAMPLES) == 0
    whole = services.passages()
    with ExitStack() as stack:
        services.behind(stack, ["elasticsearch", "postgres"], seed=2)
        for _ in range(5):
            assert services.officina("ingest", EXAMPLES, "--recreate") == 0
            assert services.passages() == whole
        assert services.proxies["elasticsearch"].cuts >= 10
    assert f"{whole} passages of 5 documents" in capsys.readouterr().out
