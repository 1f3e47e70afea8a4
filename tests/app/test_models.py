"""Whole runs on servers of every kind, driven by the command line."""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agents.offline import OfflineModel
from app.cli import main
from app.opening import greet
from app.settings import read_settings
from tests.conftest import ROOT
from tests.openai_server import Reply, answering_with, plain, refusal, serving
from tests.vllm_stand_in import alive, install

EXAMPLES = ROOT / "examples" / "manuals"
ANSWERED = answering_with(OfflineModel())
PLANTED = {
    "OPENAI_API_KEY": "sk-planted-openai-1",
    "AZURE_OPENAI_API_KEY": "planted-azure-2",
    "AZURE_OPENAI_AD_TOKEN": "planted-token-3",
    "VLLM_API_KEY": "planted-vllm-4",
    "ELASTICSEARCH_API_KEY": "planted-search-5",
    "LANGSMITH_API_KEY": "planted-trace-7",
    "HF_TOKEN": "hf_planted-8",
}


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def rows_in(journal: Path) -> int:
    with closing(sqlite3.connect(journal)) as connection:
        return connection.execute("SELECT count(*) FROM calls").fetchone()[0]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none-at-all")


class Served:
    """Counts what a handler completes, and keeps what it was asked."""

    def __init__(self, handle: Callable[[dict[str, Any]], Reply]) -> None:
        self.handle_one = handle
        self.completed = 0
        self.requests: list[dict[str, Any]] = []

    def handle(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        status, reply = self.handle_one(request)
        self.completed += status == 200
        return status, reply


def test_completed_responses_equal_journal_rows(monkeypatch, tmp_path, capsys):
    served, run = Served(ANSWERED), tmp_path / "run"
    prices = "prices: {'openai:m': {input: 1, output: 2}}"
    (tmp_path / "officina.yaml").write_text(prices, encoding="utf-8")
    with serving(served.handle) as url:
        spec = f"openai:m@{url}"
        wanted = ["--rows", "3", "--model", spec, "--out", run, "--json"]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert served.completed == rows_in(run / "journal.sqlite") == told["calls"]
    assert told["replayed"] == 0
    assert told["cost"] == pytest.approx((11 * 1 + 5 * 2) * told["calls"] / 1e6)
    assert not any(request.get("stream") for request in served.requests)


def test_server_without_schema_or_tools_is_worked_around(monkeypatch, tmp_path, capsys):
    served, run = Served(plain(ANSWERED)), tmp_path / "run"
    with serving(served.handle) as url:
        wanted = ["--rows", "3", "--model", f"openai:m@{url}", "--out", run]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 0
    said = capsys.readouterr().err
    assert "openai:m: Its server keeps to no JSON schema" in said
    assert "It calls no tools" in said
    assert "keeps to no JSON schema" in (run / "report.html").read_text(encoding="utf-8")
    assert served.completed == rows_in(run / "journal.sqlite")
    refused = [r for r in served.requests if "response_format" in r or "tools" in r]
    assert len(refused) == 2
    assert b"Let me think" not in (run / "journal.sqlite").read_bytes()


def test_resumed_run_asks_no_probe_again(monkeypatch, tmp_path):
    run, brief = tmp_path / "run", tmp_path / "brief.yaml"
    brief.write_text("rows: 2\nlimits: {calls: 8}\n", encoding="utf-8")
    served = Served(ANSWERED)
    with serving(served.handle) as url:
        wanted = ["--brief", brief, "--model", f"openai:m@{url}", "--out", run]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 3
        (run / "brief.yaml").write_text("rows: 2\n", encoding="utf-8")
        assert officina(monkeypatch, "resume", run) == 0
    probes = [r for r in served.requests if "press.md" in str(r["messages"])]
    assert len(probes) == 1
    assert served.completed == rows_in(run / "journal.sqlite")


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (refusal(401, "no"), "refuses the key. Check OPENAI_API_KEY"),
        (refusal(404, "The model `m` does not exist."), "does not have this model"),
        (refusal(400, "bad"), "refused the call"),
        (refusal(429, "You exceeded it", "insufficient_quota"), "no credit left"),
        (refusal(503, "down"), "busy or failing"),
        ((200, {"choices": None}), "no chat completion"),
    ],
)
def test_server_at_fault_leaves_nothing_made(monkeypatch, tmp_path, capsys, reply, sentence):
    (tmp_path / "officina.yaml").write_text("patience: 0.2\n", encoding="utf-8")
    with serving(lambda _: reply) as url:
        wanted = ["--model", f"openai:m@{url}", "--out", tmp_path / "run"]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert url in said
    assert not (tmp_path / "run").exists()


def test_folder_of_before_stays_where_a_server_is_at_fault(monkeypatch, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    with serving(lambda _: refusal(401, "no")) as url:
        wanted = ["--model", f"openai:m@{url}", "--out", run]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 2
    assert list(run.iterdir()) == []


@pytest.mark.parametrize("goes_on", ["run", "resume"])
def test_run_killed_at_its_first_calls_pays_for_none_twice(monkeypatch, tmp_path, goes_on):
    run, served = tmp_path / "run", Served(ANSWERED)

    async def cut(*arguments: Any) -> None:
        await greet(*arguments)
        raise KeyboardInterrupt

    with serving(served.handle) as url:
        wanted = ["--rows", "2", "--model", f"openai:m@{url}", "--out", run]
        with monkeypatch.context() as killed:
            killed.setattr("app.runs.greet", cut)
            assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 130
        assert served.completed == rows_in(run / "journal.sqlite") > 0
        again = ["resume", run] if goes_on == "resume" else ["run", EXAMPLES, *wanted]
        assert officina(monkeypatch, *again) == 0
    assert served.completed == rows_in(run / "journal.sqlite")


def test_run_whose_only_prompts_are_refused_drops_them(monkeypatch, tmp_path):
    """What the probe was served tells that the server is well, also in a process that sent none."""
    refused, numbers = list[str](), itertools.count()

    def handle(request: dict[str, Any]) -> Reply:
        asked = json.dumps(request["messages"])
        if "a plant" not in asked and next(numbers) < 2:
            refused.append(asked)
        return refusal(400, "no") if asked in refused else ANSWERED(request)

    with serving(handle) as url:
        options = ("--rows", 1, "--model", f"openai:m@{url}", "--out", tmp_path / "run")
        assert officina(monkeypatch, "run", EXAMPLES, *options) == 0
    assert len(refused) == 2


def test_dead_server_is_told_with_its_address(monkeypatch, tmp_path, capsys):
    (tmp_path / "officina.yaml").write_text("patience: 0.2\n", encoding="utf-8")
    wanted = ["--critic", "openai:m@http://127.0.0.1:9/v1", "--out", tmp_path / "run"]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 2
    assert "http://127.0.0.1:9/v1 cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_outage_in_the_middle_is_waited_for(monkeypatch, tmp_path, capsys):
    run, asked = tmp_path / "run", [0]

    def goes_away(request: dict[str, Any]) -> Reply:
        asked[0] += 1
        return refusal(503, "down") if 15 < asked[0] < 40 else ANSWERED(request)

    served = Served(goes_away)
    with serving(served.handle) as url:
        wanted = ["--rows", "3", "--model", f"openai:m@{url}", "--out", run]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 0
    assert f"waiting for the model server at {url}" in capsys.readouterr().err
    assert served.completed == rows_in(run / "journal.sqlite")


def echoing(status: int) -> tuple[Callable[..., None], Callable[[dict[str, Any]], Reply]]:
    """Return what hears a server's headers, and a handler that repeats them."""
    heard: list[str] = []

    def hear(path: str, headers: dict[str, str]) -> None:
        heard.append(headers.get("authorization", "") + headers.get("api-key", ""))

    def handle(request: dict[str, Any]) -> Reply:
        if status != 200 and len(heard) > 12:
            return refusal(status, f"Incorrect API key provided: {heard[-1]}")
        answered = ANSWERED(request)
        message = answered[1]["choices"][0]["message"]
        said = message.get("content") or ""
        message["content"] = said.replace('"reasons":"', f'"reasons":"{heard[-1]} ')
        return answered

    return hear, handle


@pytest.mark.parametrize("provider", ["openai", "azure", "vllm"])
@pytest.mark.parametrize("status", [200, 401, 400, 500])
def test_planted_keys_are_in_no_byte(monkeypatch, tmp_path, capfd, provider, status):
    for name, value in list(PLANTED.items())[:4]:
        monkeypatch.setenv(name, value)
    rest = [f"{name}={value}" for name, value in list(PLANTED.items())[4:]]
    (tmp_path / ".env").write_text("\n".join(rest), encoding="utf-8")
    (tmp_path / "officina.yaml").write_text("patience: 0.2\n", encoding="utf-8")
    run, (hear, handle) = tmp_path / "run", echoing(status)
    with serving(handle, hear) as url:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", url.removesuffix("/v1"))
        monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
        spec = "azure:m" if provider == "azure" else f"{provider}:m@{url}"
        wanted = ["--rows", "2", "--model", spec, "--out", run, "--debug"]
        code = officina(monkeypatch, "run", EXAMPLES, *wanted)
    told = capfd.readouterr()
    left = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert code == {200: 0, 401: 2, 400: 2, 500: 3}[status], told.err
    assert status in (200, 500) or "then go on with `officina resume`" in told.err
    assert len(left) > 5
    assert b"[redacted]" in b"".join([*left.values(), told.err.encode()])
    for value in PLANTED.values():
        assert value not in told.out + told.err
        assert not [path for path, content in left.items() if value.encode() in content]


def test_vllm_is_started_shared_and_stopped(monkeypatch, tmp_path, capfd):
    folder, run = tmp_path / "bin", tmp_path / "run"
    install(folder, "late")
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    (tmp_path / "officina.yaml").write_text("vllm: {arguments: [--seed, '7']}", encoding="utf-8")
    wanted = ["--rows", "2", "--model", "vllm:org/m", "--out", run]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 0
    given = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    assert given["words"][-2:] == ["--seed", "7"]
    assert {n for n in PLANTED if given["environment"].get(n)} == {"HF_TOKEN"}
    assert alive(given["pids"]) == []
    assert "vLLM answers after" in capfd.readouterr().err
    assert json.loads((run / "run.json").read_text("utf-8"))["models"]["critic"] == "vllm:org/m"


@pytest.mark.parametrize(
    ("served", "code"),
    [pytest.param(2, 2, id="after the probes"), pytest.param(60, 3, id="with calls kept")],
)
def test_vllm_that_ends_early_shows_its_log(monkeypatch, tmp_path, capfd, served, code):
    folder, run = tmp_path / "bin", tmp_path / "run"
    install(folder, f"falls {served}")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    wanted = ["--rows", "20", "--model", "vllm:org/m", "--out", run]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == code
    said = capfd.readouterr().err
    assert said.count("vLLM for org/m ended by itself, with code 9.") == 2
    assert "cannot be reached" not in said
    assert "CUDA out of memory" in said
    assert "CUDA" not in (run / "run.json").read_text(encoding="utf-8")


def test_vllm_that_ends_while_it_is_probed_tells_nothing_of_itself(monkeypatch, tmp_path, capfd):
    folder, run = tmp_path / "bin", tmp_path / "run"
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    install(folder, "falls 1")
    wanted = ["--rows", "2", "--model", "vllm:org/m", "--out", run]
    assert officina(monkeypatch, "run", EXAMPLES, *wanted) == 2
    assert "ended by itself" in capfd.readouterr().err
    install(folder)
    assert officina(monkeypatch, "resume", run) == 0
    assert "calls no tools" not in capfd.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 130), (9, -9)])
def test_stopped_run_leaves_no_vllm(monkeypatch, tmp_path, number, code):
    folder = tmp_path / "bin"
    install(folder)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    command = [Path(sys.executable).parent / "officina", "run", EXAMPLES, "--rows", "300"]
    command += ["--model", "vllm:m", "--out", tmp_path / "run"]
    process = subprocess.Popen(
        [*map(str, command)], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stderr
    assert any("vLLM answers" in line for line in process.stderr)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    given = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    # The kernel ends the command with its parent; its own children are its own to end.
    assert alive(given["pids"][: 1 if number == 9 else None]) == []


def test_vllm_that_cannot_start_is_told(monkeypatch, tmp_path, capfd):
    install(tmp_path / "bin", "dies")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setenv("HF_TOKEN", PLANTED["HF_TOKEN"])
    assert officina(monkeypatch, "run", EXAMPLES, "--model", "vllm:m", "--out", "run") == 2
    said = capfd.readouterr().err
    assert "with code 7. The end of its log:\nloading the weights" in said
    assert "my token is [redacted]" in said


def test_one_model_on_two_servers_stays_on_both(monkeypatch, tmp_path):
    schemas, plainly = Served(ANSWERED), Served(plain(ANSWERED))
    with serving(schemas.handle) as one, serving(plainly.handle) as other:
        wanted = ["--rows", "2", "--model", f"openai:m@{one}", "--critic", f"openai:m@{other}"]
        assert officina(monkeypatch, "run", EXAMPLES, *wanted, "--out", tmp_path / "run") == 0
    completed = schemas.completed + plainly.completed
    assert completed == rows_in(tmp_path / "run" / "journal.sqlite")
    assert min(schemas.completed, plainly.completed) > 4


def test_doctor_looks_at_each_model(monkeypatch, capsys):
    with serving(ANSWERED) as url:
        monkeypatch.setenv("OFFICINA_MODEL", f"openai:m@{url}")
        monkeypatch.setenv("OFFICINA_CRITIC", f"openai:other@{url}")
        monkeypatch.setenv("OFFICINA_ANSWERER", "openai:m@http://127.0.0.1:9/v1")
        monkeypatch.setenv("COLUMNS", "300")
        assert officina(monkeypatch, "doctor") == 2
    said = capsys.readouterr().out
    assert f"ok openai:m at {url}, reachable" in said
    assert "It does not list other, but m" in said
    assert "http://127.0.0.1:9/v1 cannot be reached" in said


@pytest.mark.parametrize("name", ["POSTGRES_URL", "ELASTICSEARCH_URL", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("form", ["planted%20pa%2Fss", "planted pa/ss"])
def test_password_of_a_url_is_redacted(tmp_path, name, form):
    at = f"{name}=scheme://user:planted%20pa%2Fss@host/x\n"
    (tmp_path / ".env").write_text(at, encoding="utf-8")
    settings = read_settings(model=None, by_role={}, concurrency=None)
    assert settings.redact(f"no {form} here") == "no [redacted] here"
