"""ChatOpenAI against a server on this machine that speaks the OpenAI protocol."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.graph import START, StateGraph
from pydantic import BaseModel
from sqlalchemy import create_engine

from agents.budget import Budget, Caps
from agents.calls import Calls
from agents.faults import (
    ModelError,
    ModelUnavailableError,
    PromptTooLongError,
    UnreadableReplyError,
)
from agents.gates import Gates
from agents.journal import CallKey, Journal
from agents.models import open_model, parse_spec
from agents.sending import TRIES
from prompts.templates import Prompts
from tests.openai_server import Reply, completion, refusal, said, serving
from tools.patience import Patience

KEY = CallKey("candidate", "draft", 0)
ASKED = [HumanMessage("How many?")]


class Count(BaseModel):
    """How many there are."""

    count: int


class Server:
    """Answers with the replies it was given, and keeps the requests."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    def handle(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        return self.replies.pop(0)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with serving(server.handle) as server.url:
        yield server


@pytest.fixture
def calls(tmp_path) -> Iterator[Calls]:
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=50))
    patience = Patience(30)
    yield Calls(journal, Gates(2), budget, Prompts(), patience=patience)
    engine.dispose()


async def ask(server: Server, calls: Calls) -> Count:
    model = open_model("critic", f"openai:m@{server.url}", {"OPENAI_API_KEY": "sk-planted"})
    try:
        return await calls.ask(model, ASKED, Count, KEY)
    finally:
        await model.close()


async def test_schema_is_sent_and_tokens_counted(server, calls):
    server.replies = [said('{"count": 3}')]
    assert (await ask(server, calls)).count == 3
    sent = server.requests[0]["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is True
    assert calls.journal.spent()[0].input_tokens == 11


async def test_tokens_that_a_server_does_not_count_stay_reserved(server, calls):
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = completion({"role": "assistant", "content": None, "tool_calls": [call]})[1]
    server.replies = [(200, {**body, "usage": None})]
    model = open_model("critic", f"openai:m@{server.url}", {"OPENAI_API_KEY": "none"})
    await calls.say(model, ASKED, KEY)
    await model.close()
    (spent,) = calls.journal.spent()
    assert spent.output_tokens == model.output_tokens
    assert spent.input_tokens >= len("How many?")


async def test_prose_is_repaired_over_the_wire(server, calls):
    server.replies = [said("There are three."), said('{"count": 3}')]
    assert (await ask(server, calls)).count == 3
    assert [m["role"] for m in server.requests[1]["messages"]] == ["user", "assistant", "user"]


async def test_busy_server_is_tried_again(server, calls):
    server.replies = [refusal(429, "slow down"), refusal(503, "down"), said('{"count": 3}')]
    assert (await ask(server, calls)).count == 3
    assert len(server.requests) == 3


async def test_long_prompt_is_told_apart(server, calls):
    words = "This model's maximum context length is 4096 tokens."
    server.replies = [refusal(400, words, "context_length_exceeded")]
    with pytest.raises(PromptTooLongError):
        await ask(server, calls)


@pytest.mark.parametrize(("status", "sentence"), [(401, "refuses the key"), (404, "not have")])
async def test_wrong_setup_is_a_sentence(server, calls, status, sentence):
    server.replies = [refusal(status, "no")]
    with pytest.raises(ModelError, match=sentence) as caught:
        await ask(server, calls)
    assert "sk-planted" not in str(caught.value)
    assert len(server.requests) == 1


async def test_key_is_never_in_the_journal(server, calls, tmp_path):
    server.replies = [said('{"count": 3}')]
    await ask(server, calls)
    assert b"sk-planted" not in (tmp_path / "journal.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("offline", "offline", None),
        ("openai:gpt-5", "openai:gpt-5", None),
        ("openai:org/m@http://localhost:8000/v1", "openai:org/m", "http://localhost:8000/v1"),
        ("openai:m@https://host/v1", "openai:m", "https://host/v1"),
    ],
)
def test_spec_names_provider_model_and_url(text, name, url):
    spec = parse_spec(text)
    assert (spec.name, spec.url) == (name, url)


@pytest.mark.parametrize("text", ["", "gpt-5", "openai", "openai:", "scripted", "ollama:x"])
def test_wrong_spec_lists_the_providers(text):
    with pytest.raises(ModelError, match="offline, scripted"):
        parse_spec(text)


def test_missing_key_is_a_sentence():
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        open_model("critic", "openai:gpt-5", {})


@pytest.mark.parametrize(
    ("finish", "sentence"), [("length", "output_tokens"), ("content_filter", "filter")]
)
async def test_reply_cut_off_is_repaired_once(server, calls, finish, sentence):
    status, body = said('{"cou')
    body["choices"][0]["finish_reason"] = finish
    server.replies = [(status, body)] * 2
    for _ in range(2):
        with pytest.raises(UnreadableReplyError, match=sentence):
            await ask(server, calls)
    assert (calls.journal.count(), calls.replayed) == (2, 2)


@pytest.mark.parametrize("body", ["<html>", [1], {"choices": None}, {"choices": []}])
async def test_server_that_speaks_something_else(server, calls, body):
    server.replies = [(200, body)] * TRIES
    with pytest.raises(ModelUnavailableError, match="no chat completion"):
        await ask(server, calls)


async def test_repair_carries_no_unanswered_tool_call(server, calls):
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    called = completion({"role": "assistant", "content": "", "tool_calls": [call]})
    server.replies = [called, said('{"count": 3}')]
    assert await ask(server, calls) == Count(count=3)
    assert not any("tool_calls" in message for message in server.requests[1]["messages"])


async def test_reply_is_used_as_it_is_replayed(server, calls):
    broken = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{"}}
    half = {"role": "assistant", "content": "half \ud83d", "tool_calls": [broken]}
    server.replies = [completion(half)]
    model = open_model("critic", f"openai:m@{server.url}", {"OPENAI_API_KEY": "sk-planted"})
    first, again = [await calls.say(model, ASKED, KEY) for _ in range(2)]
    assert (first, first.text, first.invalid_tool_calls) == (again, "half ?", [])


AZURE = {"AZURE_OPENAI_API_VERSION": "2024-10-21"}


async def test_azure_is_asked_by_deployment(calls):
    heard: list[tuple[str, str, str]] = []

    def hear(path: str, headers: dict[str, str]) -> None:
        heard.append((path, headers.get("api-key", ""), headers.get("authorization", "")))

    with serving(lambda _: said('{"count": 3}'), hear) as url:
        at = {**AZURE, "AZURE_OPENAI_ENDPOINT": url.removesuffix("/v1")}
        for number, access in enumerate(["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"]):
            model = open_model("critic", "azure:my-gpt", {**at, access: "planted"})
            key = CallKey("candidate", "draft", number)
            assert await calls.ask(model, ASKED, Count, key) == Count(count=3)
            await model.close()
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert heard == [(path, "planted", ""), (path, "", "Bearer planted")]
    assert model.name == "azure:my-gpt"


async def test_azure_without_a_key_signs_in_with_entra(calls, monkeypatch):
    pytest.importorskip("azure.identity", reason="needs pip install -e '.[azure]'")
    heard: list[tuple[str, str]] = []

    def hear(path: str, headers: dict[str, str]) -> None:
        heard.append((path.partition("?")[0], headers.get("authorization", "")))

    with serving(lambda _: said('{"count": 3}'), hear, token="entra-token") as url:
        # What an app on Azure finds in its environment, and signs in by.
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "planted")
        at = {**AZURE, "AZURE_OPENAI_ENDPOINT": url.removesuffix("/v1")}
        model = open_model("critic", "azure:my-gpt", at)
        assert await calls.ask(model, ASKED, Count, KEY) == Count(count=3)
        await model.close()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/nothing")
        model = open_model("critic", "azure:my-gpt", at)
        with pytest.raises(ModelError, match="Entra gives no token"):
            await calls.ask(model, ASKED, Count, CallKey("candidate", "draft", 1))
        await model.close()
    assert heard[0][0] == "/v1/token"
    assert ("/openai/deployments/my-gpt/chat/completions", "Bearer entra-token") in heard


@pytest.mark.parametrize("missing", ["AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"])
def test_azure_says_what_is_missing(missing):
    given = {
        "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com",
        "OPENAI_API_VERSION": "2024-10-21",
        "AZURE_OPENAI_API_KEY": "planted",
    }
    with pytest.raises(ModelError, match=missing):
        open_model("critic", "azure:m", {**given, missing: ""})


async def test_nothing_is_streamed_inside_a_graph(server, calls):
    server.replies = [said('{"count": 3}')]
    model = open_model("critic", f"openai:m@{server.url}", {})

    async def node(state: dict[str, Any]) -> dict[str, Any]:
        return {"count": (await calls.ask(model, ASKED, Count, KEY)).count}

    graph = StateGraph(dict)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    async for _ in graph.compile().astream({}, stream_mode="messages"):
        pass
    await model.close()
    assert [request.get("stream", False) for request in server.requests] == [False]


def test_client_survives_several_loops(server, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'loops.sqlite'}")

    async def once(number: int) -> Count:
        journal = Journal(engine)
        calls = Calls(journal, Gates(1), Budget(journal, Caps(calls=9)), Prompts())
        model = open_model("critic", f"openai:m@{server.url}", {})
        try:
            return await calls.ask(model, ASKED, Count, CallKey("candidate", "draft", number))
        finally:
            await model.close()

    for number in range(3):
        server.replies = [said('{"count": 3}')]
        assert asyncio.run(once(number)) == Count(count=3)
    engine.dispose()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("azure:my-gpt", "azure:my-gpt"),
        ("vllm:org/m", "vllm:org/m"),
        ("vllm:org/m@http://host:8000/v1", "vllm:org/m"),
        ("vllm:/models/tiny", "vllm:tiny"),
    ],
)
def test_name_holds_neither_url_nor_folder(text, name):
    assert parse_spec(text).name == name
    assert parse_spec(text).starts_vllm == (text.startswith("vllm") and "@" not in text)
