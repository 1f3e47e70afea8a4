"""The traces of candidates, as a server gets them that speaks LangSmith's protocol."""

import json
from pathlib import Path

import pytest
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import Client
from langsmith.utils import get_env_var

from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.dataset import dataset_graph
from graph.farm import farm_round
from graph.state import DatasetInput
from tests.graph.conftest import SEARCH, critique, first_question, judgement, question
from tests.langsmith_sink import langsmith_sink, metadata, never_too_late, wait_until
from tests.openai_server import completion, said, serving


@pytest.fixture
def sink(monkeypatch):
    """A server, and a `.env` that sends traces to it: the process's environment holds nothing."""
    never_too_late(monkeypatch)
    with langsmith_sink() as sink:
        Path(".env").write_text(
            f"LANGSMITH_TRACING=true\nLANGSMITH_ENDPOINT={sink.url}\nLANGSMITH_PROJECT=manuals\n",
            encoding="utf-8",
        )
        yield sink


@pytest.fixture
def open_run(tmp_path):
    """A function that opens the context of one run again and again."""

    def open_one(model, **brief):
        settings = read_settings(model=model, by_role={}, concurrency=4)
        (tmp_path / "run").mkdir(exist_ok=True)
        wanted = read_brief({"rows": 1, "distractors": 1, **brief}, "the test's brief")
        return open_context(tmp_path / "run", wanted, settings, None)

    return open_one


async def lived(context, manuals):
    await first_question(context, manuals)
    ended = await farm_round(context)
    context.tracing.close()
    return ended


async def test_candidate_is_one_readable_trace(sink, scripted, manuals, answer, snapshot):
    lines = [question("What is it set to?"), question(), critique(), *answer(), judgement()]
    await lived(await scripted(lines), manuals)
    (root,) = sink.roots
    assert root["session_name"] == "manuals"
    assert sink.drawn(root) == snapshot


async def test_root_says_how_the_candidate_ended(sink, scripted, manuals, answer):
    context = await scripted([question(), critique(), *answer(), judgement()])
    await lived(context, manuals)
    (root,) = sink.roots
    (entry,) = context.ledger.entries("accepted")
    shown = metadata(root)
    assert shown["candidate"] == entry.candidate.id
    assert shown["cell"] == entry.candidate.window.id
    assert shown["run"] == shown["thread_id"]
    assert (shown["document"], shown["pages"]) == ("press.json", "1–2")
    assert (shown["verdict"], shown["reason"], shown["attempts"]) == ("accept", "accepted", 2)
    assert all(metadata(run)["thread_id"] == shown["run"] for run in sink.trace(root))


async def test_scores_of_the_critic_are_feedback(sink, scripted, manuals, answer):
    await lived(await scripted([question(), critique(7), *answer(), judgement(9)]), manuals)
    given = sink.feedback_on(sink.roots[0])
    assert {key: each["score"] for key, each in given.items()} == {
        "relevance": 7,
        "global_relevance": 7,
        "coverage": 7,
        "faithfulness": 9,
        "completeness": 9,
    }
    assert given["coverage"]["comment"] == "It names its subject."


async def test_dropped_candidate_says_why(sink, scripted, manuals):
    await lived(await scripted([question(), critique(2)], limits={"drafts": 1}), manuals)
    (root,) = sink.roots
    assert metadata(root)["verdict"] == "drop"
    assert metadata(root)["reason"] == "low_relevance"
    assert sink.feedback_on(root)["relevance"]["score"] == 2


def on_the_wire(lines):
    """Return a handler that says one line after another, as a server words it."""
    left = iter(lines)

    def handle(_):
        line = next(left)
        calls = [
            {"id": "1", "type": "function", "function": {**call, "arguments": json.dumps(args)}}
            for call in line.get("tool_calls", ())
            for args in [call["args"]]
        ]
        if calls:
            return completion({"role": "assistant", "content": None, "tool_calls": calls})
        reply = line["reply"]
        return said(reply if isinstance(reply, str) else json.dumps(reply))

    return handle


async def test_replayed_calls_count_no_tokens_again(sink, open_run, manuals, answer):
    probed = [question(), SEARCH]
    lines = [*probed, question(), critique(), *answer(), judgement()]
    with serving(on_the_wire(lines)) as url:
        async with open_run(f"openai:m@{url}", limits={"calls": 6}) as short:
            assert "limit of 6" in await lived(short, manuals)
        async with open_run(f"openai:m@{url}") as whole:
            await lived(whole, manuals)
            spent = whole.calls.journal.spent()
    first, second = sink.roots
    assert metadata(first)["verdict"] == "unfinished"
    assert metadata(second)["verdict"] == "accept"
    used = [metadata(run).get("usage_metadata") for run in sink.runs.values()]
    tokens = sum(each["total_tokens"] for each in used if each)
    paid = sum(each.input_tokens + each.output_tokens for each in spent)
    assert tokens == paid - len(probed) * 16 == 6 * 16
    assert "generator draft 1" in sink.drawn(first)
    assert "generator draft 1" not in sink.drawn(second)


async def test_nothing_is_sent_when_tracing_is_off(scripted, manuals, answer, monkeypatch):
    with langsmith_sink() as sink:
        monkeypatch.setenv("LANGSMITH_ENDPOINT", sink.url)
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        get_env_var.cache_clear()
        assert get_env_var("TRACING") == "true"
        monkeypatch.delenv("LANGSMITH_TRACING")
        try:
            await lived(await scripted([question(), critique(), *answer(), judgement()]), manuals)
        finally:
            get_env_var.cache_clear()
        assert sink.requests == []


async def test_callers_own_tracing_gets_candidates_apart(open_run, manuals):
    with langsmith_sink() as sink:
        client = Client(sink.url, api_key="none")
        tracer = LangChainTracer(client=client, project_name="the caller's")
        async with open_run("offline") as context:
            await dataset_graph.ainvoke(
                DatasetInput(str(manuals)), {"callbacks": [tracer]}, context=context
            )
            planned = context.ledger.progress().planned
        client.flush()
        wait_until(lambda: len(sink.feedback) >= 3)
        client.close()
    dataset, *candidates = sink.roots
    assert dataset["name"] == "dataset"
    assert len(candidates) == planned
    assert {root["session_name"] for root in sink.roots} == {"the caller's"}
    assert "zstd" in sink.encodings
