"""Tracing at the edge: what is sampled, what is redacted, and what a bad endpoint may cost."""

import asyncio
import json
import logging
import threading
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda
from langsmith import traceable
from langsmith.utils import get_env_var

from app.courier import Courier
from app.doctor import examine
from app.outbox import MOST_WAITING, tracing_mode
from app.settings import SettingsError, read_settings
from app.traces import read_traces, run_filter, trace_of
from app.tracing import open_tracing, spared_threads
from graph.tracing import Ending, Score
from tests.app.test_cli import EXAMPLES, officina
from tests.langsmith_sink import NOWHERE, langsmith_sink, metadata, never_too_late, wait_until

KEY = 'sk-"planted"-0123456789-è'


@pytest.fixture(autouse=True)
def in_time(monkeypatch):
    never_too_late(monkeypatch)


def settings_of(url: str, **variables: str):
    lines = {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": url, **variables}
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    Path(".env").write_text(text, encoding="utf-8")
    return read_settings(model="offline", by_role={}, concurrency=4)


def opened(url: str, tmp_path: Path, **variables: str):
    return open_tracing(tmp_path, settings_of(url, **variables))


def live(tracing, candidate: str, said: object = "said", **more: object) -> None:
    """Lead a candidate's life in one step."""
    trace = tracing.candidate(candidate, f"life of {candidate}", more)
    with trace.following() as config:
        RunnableLambda(lambda given: given).invoke(said, config)
        scores = [Score("coverage", 8, f"fine, {more.get('why', '')}")]
        trace.ended(Ending(candidate, {"verdict": "accept"}, scores))


def traced(sink) -> set[str]:
    return {metadata(root)["candidate"] for root in sink.roots}


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.5, 10, 50), (1, 60, 60)])
def test_share_of_candidates_is_traced(tmp_path, share, least, most, monkeypatch):
    monkeypatch.setattr("app.outbox.MOST_WAITING", 100)
    monkeypatch.setattr("app.outbox.MOST_WAITING_LONG", 100)
    Path("officina.yaml").write_text(f"langsmith: {{sampling: {share}}}", encoding="utf-8")
    found: list[set[str]] = []
    for _ in range(2):
        with langsmith_sink() as sink:
            tracing = opened(sink.url, tmp_path)
            for number in range(60):
                live(tracing, f"candidate {number}")
            tracing.close()
            found.append(traced(sink))
    assert least <= len(found[0]) <= most
    assert found[0] == found[1]


def test_langsmiths_own_sampling_rate_counts_too(tmp_path):
    with langsmith_sink() as sink:
        tracing = opened(sink.url, tmp_path, LANGSMITH_TRACING_SAMPLING_RATE="0")
        live(tracing, "one")
        tracing.close()
        assert sink.roots == []
        for wrong in ("half", "7", "-1", "nan"):
            with pytest.raises(SettingsError, match=f"SAMPLING_RATE is '{wrong}'"):
                opened(sink.url, tmp_path, LANGSMITH_TRACING_SAMPLING_RATE=wrong)


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"])
def test_older_and_newer_name_turn_tracing_on(tmp_path, name):
    with langsmith_sink() as sink:
        tracing = opened(sink.url, tmp_path, **{"LANGSMITH_TRACING": "", name: "true"})
        live(tracing, "one")
        tracing.close()
        assert traced(sink) == {"one"}


def test_unsampled_candidate_is_not_traced_by_the_environment(tmp_path, monkeypatch):
    with langsmith_sink() as sink:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", sink.url)
        get_env_var.cache_clear()
        Path("officina.yaml").write_text("langsmith: {sampling: 0}", encoding="utf-8")
        tracing = open_tracing(tmp_path, read_settings(model="offline", by_role={}, concurrency=4))
        live(tracing, "one")
        tracing.close()
        get_env_var.cache_clear()
        assert not sink.roots


def test_hidden_inputs_and_outputs_are_not_sent(tmp_path):
    hide = {"LANGSMITH_HIDE_INPUTS": "true", "LANGSMITH_HIDE_OUTPUTS": "true"}
    with langsmith_sink() as sink:
        tracing = opened(sink.url, tmp_path, **hide)
        live(tracing, "one", "a word of the manual")
        tracing.close()
        assert traced(sink) == {"one"}
        assert b"a word of the manual" not in sink.everything


def test_no_key_reaches_a_trace(tmp_path):
    def fail(given: str) -> str:
        raise ValueError(f"refused: {given}")

    with langsmith_sink() as sink:
        tracing = opened(sink.url, tmp_path, OPENAI_API_KEY=f"'{KEY}'")
        live(tracing, "one", {"prompt": [f"Bearer {KEY}", {KEY: KEY}]}, why=KEY)
        trace = tracing.candidate("two", f"named {KEY}", {"tags": [KEY]})
        with pytest.raises(ValueError, match="refused"), trace.following() as config:
            RunnableLambda(fail).invoke(KEY, {**config, "tags": [KEY]})
        with tracing.dataset(f"dataset {KEY}", {KEY: KEY}).following() as config:
            RunnableLambda(str).invoke(KEY, config)
        tracing.close()
        assert len(sink.roots) == 3
        assert b"0123" not in sink.everything
        assert sink.everything.count(b"*" * len(KEY)) > 10


@pytest.mark.parametrize(
    ("mode", "said", "seconds"),
    [
        ("refusing", "is busy (HTTP 503)", 60.0),
        ("no_key", "refuses the key (HTTP 401)", 60.0),
        ("hanging", "is too slow", 0.2),
    ],
)
def test_lost_traces_are_told_once(tmp_path, caplog, mode, said, seconds, monkeypatch):
    monkeypatch.setattr("app.outbox.SECONDS_TO_CLOSE", seconds)
    with langsmith_sink(mode) as sink:
        tracing = opened(sink.url, tmp_path)
        for number in range(MOST_WAITING + 8):
            live(tracing, f"candidate {number}")
        # A second post comes once the first was seen to be refused.
        wait_until(lambda: mode != "refusing" or sink.refused > 1)
        tracing.close()
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert said in record.getMessage()
    assert f"the traces of {MOST_WAITING + 8} candidates were lost" in record.getMessage()
    assert list(read_traces(tmp_path)) == []


def test_traces_wait_for_a_server_that_comes_back(tmp_path, caplog):
    with langsmith_sink("refusing") as sink:
        tracing = opened(sink.url, tmp_path)
        live(tracing, "one")
        threading.Timer(0.3, lambda: setattr(sink, "mode", "ok")).start()
        wait_until(lambda: list(read_traces(tmp_path)))
        live(tracing, "two")
        tracing.close()
        assert traced(sink) == {"one", "two"}
    assert not caplog.records
    assert [line.candidate for line in read_traces(tmp_path)] == ["one", "two"]


def test_stopped_courier_ends_a_hanging_request():
    with langsmith_sink("hanging") as sink:
        courier = Courier(lambda runs, taken: None, bytes)
        threading.Timer(0.2, courier.stop).start()
        answer = courier.request("POST", f"{sink.url}/runs/multipart", data=b"")
    assert answer.status_code == 202
    assert courier.request("POST", f"{sink.url}/runs/multipart", data=b"").ok


def test_line_cut_off_by_a_kill_is_left_out(tmp_path):
    whole = {"candidate": "c", "row": None, "trace": "t", "project": "p", "url": None}
    text = json.dumps(whole) + "\n" + '{"candidate": "d", "ro'
    (tmp_path / "traces.jsonl").write_text(text, encoding="utf-8")
    assert [line.candidate for line in read_traces(tmp_path)] == ["c"]
    assert trace_of(tmp_path, "d") is None


def test_mode_is_langsmiths_own_setting():
    assert tracing_mode({}) == "langsmith"
    assert tracing_mode({"LANGSMITH_OTEL_ENABLED": "true"}) == "hybrid"
    assert tracing_mode({"LANGSMITH_OTEL_ONLY": "true"}) == "otel"
    assert tracing_mode({"LANGSMITH_TRACING_MODE": "otel"}) == "otel"
    with pytest.raises(SettingsError, match="Invalid tracing_mode"):
        opened("http://localhost", Path(), LANGSMITH_TRACING_MODE="none")


def test_run_why_and_report_name_the_traces(tmp_path, monkeypatch, capsys):
    with langsmith_sink() as sink:
        Path(".env").write_text(f"LANGSMITH_TRACING=true\nLANGSMITH_ENDPOINT={sink.url}\n")
        assert officina(monkeypatch, "run", EXAMPLES, "--rows", "3", "--out", "run") == 0
        run = tmp_path / "run"
        run_id = json.loads((run / "run.json").read_text())["id"]
        dataset = sink.root("dataset of 3 rows from manuals")
        candidates = [root for root in sink.roots if root is not dataset]
        lines = list(read_traces(run))
        assert {line.trace for line in lines} == {root["id"] for root in candidates}
        assert {metadata(root)["run"] for root in sink.roots} == {run_id}
        assert all(not run.get("parent_run_id") or run["trace_id"] for run in sink.runs.values())
        row = next(line for line in lines if line.row)
        capsys.readouterr()
        assert officina(monkeypatch, "why", run, row.candidate) == 0
        assert f"/r/{row.trace}" in capsys.readouterr().out
        report = (run / "report.html").read_text(encoding="utf-8")
        assert run_filter(run_id).replace('"', "&#34;") in report
        held = b"".join(path.read_bytes() for path in (run / "dataset").iterdir())
        assert run_id.encode() not in held

        rows = {line.row for line in lines if line.row}
        for said in ("3 rows added, 0 updated", "0 rows added, 3 updated"):
            assert officina(monkeypatch, "upload", run, "--name", "presses") == 0
            assert said in capsys.readouterr().out
    (made,) = sink.datasets.values()
    assert made["name"] == "presses"
    assert {each["metadata"]["id"] for each in sink.examples.values()} <= rows
    assert len(sink.examples) == 3
    for each in sink.examples.values():
        assert each["inputs"]["question"]
        assert each["outputs"]["citations"]
        assert each["split"] in ("train", "validation", "test")


def test_run_is_the_same_with_its_endpoint_down(monkeypatch, capsys, tmp_path, caplog):
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", "plain") == 0
    Path(".env").write_text(f"LANGSMITH_TRACING=true\nLANGSMITH_ENDPOINT={NOWHERE}\n")
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", "down") == 0
    assert "does not answer (ConnectionError)" in caplog.text
    plain, down = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "dataset").iterdir()}
        for name in ("plain", "down")
    )
    assert plain == down
    assert not (tmp_path / "down" / "traces.jsonl").exists()


def test_upload_without_a_server_is_a_sentence(monkeypatch, capsys):
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", "run") == 0
    assert officina(monkeypatch, "upload", "run") == 2
    assert "LANGSMITH_API_KEY" in capsys.readouterr().err
    Path(".env").write_text(f"LANGSMITH_ENDPOINT={NOWHERE}\n")
    assert officina(monkeypatch, "upload", "run") == 2
    assert "cannot be uploaded to LangSmith" in capsys.readouterr().err


def test_doctor_says_whether_langsmith_answers(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://name:planted-word@127.0.0.1:1")
    assert examine()
    told = capsys.readouterr().out
    assert "http://127.0.0.1:1 does not answer" in told
    assert "planted-word" not in told
    with langsmith_sink() as sink:
        monkeypatch.setenv("LANGSMITH_ENDPOINT", sink.url)
        assert examine()
        assert f"at {sink.url}" in capsys.readouterr().out
    monkeypatch.delenv("LANGSMITH_TRACING")
    assert examine()
    assert "LangSmith" not in capsys.readouterr().out


@pytest.mark.parametrize("traced", [False, True])
def test_middleware_goes_to_a_thread_only_where_it_is_traced(tmp_path, monkeypatch, traced):
    elsewhere: list[object] = []
    run_in_executor = asyncio.BaseEventLoop.run_in_executor

    def noted(loop, executor, call):
        elsewhere.append(call)
        return run_in_executor(loop, executor, call)

    @traceable
    async def hook(given: str) -> str:
        return given

    async def lead(tracing) -> str:
        with tracing.candidate("one", "life of one", {}).following():
            return await hook("said")

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", noted)
    with langsmith_sink() as sink:
        settings = settings_of(sink.url, LANGSMITH_TRACING=str(traced).lower())
        tracing = open_tracing(tmp_path, settings)
        with spared_threads(settings):
            assert asyncio.run(lead(tracing)) == "said"
        assert bool(elsewhere) == traced
        # Whoever else uses LangSmith in this process finds it as it is.
        assert asyncio.run(lead(tracing)) == "said"
        tracing.close()
    assert elsewhere
