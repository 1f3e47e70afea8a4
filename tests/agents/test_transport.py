"""Our transport against the SDK's client on the same server: the same requests, replies, faults."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from openai import DefaultAioHttpClient

from agents.chat_models import AzureModel
from agents.faults import (
    CallError,
    ModelDownError,
    ModelError,
    ModelFailingError,
    ModelUnavailableError,
    NoAccessError,
    PromptTooLongError,
    RefusedError,
    classify,
)
from agents.models import open_model
from agents.replies import cleaned
from agents.specs import Connecting, TransportKind
from tests.openai_server import completion, refusal, said
from tests.raw_server import Heard, Send, answer, serving_raw
from tools.redact import Redactor

WAYS: tuple[TransportKind, ...] = ("aiohttp", "openai")
ASKED = [SystemMessage("You count."), HumanMessage("How many è?")]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "X", "schema": {"type": "object"}}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


async def ask(
    way: TransportKind,
    sends: Sequence[Send],
    variables: dict[str, str] | None = None,
    spec: str = "openai:m",
    timeout: float = 20,
    **options: Any,
) -> tuple[AIMessage | CallError, list[Heard]]:
    """Return the reply to a call, or its fault, and what the server heard."""
    async with serving_raw(list(sends)) as (url, heard):
        given = variables or {"OPENAI_API_KEY": "sk-planted"}
        given = {
            name: value.replace("URL", url.removesuffix("/v1")) for name, value in given.items()
        }
        at = "" if spec.startswith("azure") else f"@{url}"
        model = open_model("critic", spec + at, given, Connecting(64, timeout, way))
        try:
            return await model.chat.ainvoke(ASKED, **options), heard
        except Exception as error:
            fault = classify(error, model.server)
            if fault is None:
                raise
            fault.args = (str(fault).replace(url, "URL"),)
            return fault, heard
        finally:
            await model.close()


@pytest.mark.parametrize("options", [{}, {"response_format": SCHEMA}, {"tools": [TOOL]}])
async def test_both_ways_send_the_same(options, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "our-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "our-project")
    requests = [(await ask(way, [answer(*said("3"))], **options))[1][0] for way in WAYS]
    ours, theirs = requests
    assert ours.line == theirs.line
    assert ours.body == theirs.body
    for each in requests:
        for name in ("host", "accept-encoding", "content-length", "connection", RAW):
            each.headers.pop(name, None)
    assert ours.headers == theirs.headers
    assert ours.headers["authorization"] == "Bearer sk-planted"
    assert ours.headers["openai-organization"] == "our-org"
    assert ours.headers["openai-project"] == "our-project"


RAW = "x-stainless-raw-response"
"""How the SDK's caller wants the answer; it says nothing to a server."""
CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def ended(reason: str, usage: dict[str, Any] | None) -> dict[str, Any]:
    _, body = said('{"count": 3}')
    body["choices"][0]["finish_reason"] = reason
    return {**body, "usage": usage}


@pytest.mark.parametrize(
    "body",
    [
        said('{"count": 3}')[1],
        said("è 😀 \u2028")[1],
        ended("length", USAGE),
        ended("stop", None),
        ended("content_filter", USAGE),
        completion({"role": "assistant", "content": None, "tool_calls": [CALL]})[1],
        completion({"role": "assistant", "content": None, "refusal": "I will not."})[1],
        completion({"role": "assistant", "content": "", "reasoning_content": "Hm"})[1],
    ],
    ids=["value", "text", "length", "no usage", "filter", "tool", "refusal", "thoughts"],
)
async def test_both_ways_read_the_same(body):
    ours, theirs = [(await ask(way, [answer(200, body)]))[0] for way in WAYS]
    assert isinstance(ours, AIMessage)
    assert isinstance(theirs, AIMessage)
    assert cleaned(ours) == cleaned(theirs)
    assert ours.additional_kwargs == theirs.additional_kwargs
    assert ours.invalid_tool_calls == theirs.invalid_tool_calls
    for name in ("finish_reason", "model_name", "headers"):
        assert ours.response_metadata[name] == theirs.response_metadata[name]
    if body["usage"] == USAGE:
        assert ours.usage_metadata is not None
        assert ours.usage_metadata.get("input_token_details") == {"cache_read": 8}
        assert ours.usage_metadata.get("output_token_details") == {"reasoning": 5}


async def same_fault(sends: Sequence[Send], **options: Any) -> CallError:
    """Return the fault that both ways meet."""
    ours, theirs = [(await ask(way, sends, **options))[0] for way in WAYS]
    assert isinstance(ours, CallError)
    assert isinstance(theirs, CallError)
    assert type(ours) is type(theirs)
    assert str(ours) == str(theirs)
    assert ours.may_have_run == theirs.may_have_run
    if isinstance(ours, ModelDownError):
        assert isinstance(theirs, ModelDownError)
        assert ours.after == theirs.after
    return ours


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, refusal(400, "no such field")[1], RefusedError),
        (400, refusal(400, "too long", "context_length_exceeded")[1], PromptTooLongError),
        (400, refusal(400, "Input tokens exceed the configured limit")[1], PromptTooLongError),
        (400, refusal(400, "withheld", "content_filter")[1], RefusedError),
        (401, refusal(401, "no")[1], NoAccessError),
        (403, b"<html>no</html>", NoAccessError),
        (403, refusal(403, "pay", "insufficient_quota")[1], ModelError),
        (404, refusal(404, "no model")[1], NoAccessError),
        (408, {"error": "late"}, ModelDownError),
        (409, {"error": "conflict"}, ModelDownError),
        (425, {"error": "too early"}, ModelDownError),
        (422, {"detail": "unprocessable"}, RefusedError),
        (429, refusal(429, "slow down")[1], ModelDownError),
        (429, refusal(429, "pay", "insufficient_quota")[1], ModelError),
        (500, b"", ModelFailingError),
        (500, b"\xff\xfe broken", ModelFailingError),
        (501, b"", ModelFailingError),
        (502, b"<html>" + b"x" * 5000, ModelDownError),
        (503, [1, 2], ModelDownError),
        (504, b"", ModelDownError),
        (520, b"", ModelFailingError),
        (524, b"error code: 524", ModelFailingError),
        (527, b"", ModelFailingError),
        (529, {"message": "overloaded"}, ModelDownError),
    ],
)
async def test_both_ways_tell_errors_apart_alike(status, body, kind):
    fault = await same_fault([answer(status, body)])
    assert type(fault) is kind
    assert fault.may_have_run == (status in (408, 500, 502, 504, 520, 524, 527))
    fault.show(str)
    assert len(str(fault)) <= 401


@pytest.mark.parametrize("before", range(330, 400, 7))
async def test_no_part_of_a_key_is_shown(before):
    key = "sk-planted-abcdefghijklmnopqrstuvwxyz"
    fault = await same_fault([answer(500, refusal(500, f"{'x' * before} {key} more")[1])])
    fault.show(Redactor([key]))
    assert "sk-plan" not in str(fault)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": None, "completion_tokens": None},
        {"prompt_tokens": -1, "completion_tokens": -50_000},
        {"prompt_tokens": 12.5, "completion_tokens": 7},
        {"prompt_tokens": 2**63, "completion_tokens": 7},
        {"input_tokens": 3, "output_tokens": 5},
    ],
)
@pytest.mark.parametrize("way", WAYS)
async def test_tokens_that_cannot_be_are_not_counted(way, usage):
    reply, _ = await ask(way, [answer(200, ended("stop", {"total_tokens": 3, **usage}))])
    assert isinstance(reply, AIMessage)
    assert cleaned(reply).usage_metadata is None


@pytest.mark.parametrize(
    "usage",
    [
        "many",
        [1],
        {"prompt_tokens": 12},
        {"prompt_tokens": 12, "completion_tokens": "x"},
    ],
    ids=["text", "list", "part", "words"],
)
@pytest.mark.parametrize("way", WAYS)
async def test_odd_usage_spoils_no_reply(way, usage):
    reply, _ = await ask(way, [answer(200, {**said("3")[1], "usage": usage})])
    assert isinstance(reply, AIMessage)
    assert (reply.text, cleaned(reply).usage_metadata) == ("3", None)


@pytest.mark.parametrize("way", WAYS)
async def test_odd_details_leave_the_tokens(way):
    odd = USAGE | {"completion_tokens_details": [1], "prompt_tokens_details": "x"}
    reply, _ = await ask(way, [answer(200, ended("stop", odd))])
    assert isinstance(reply, AIMessage)
    assert reply.usage_metadata
    assert reply.usage_metadata["total_tokens"] == 18


@pytest.mark.parametrize("way", WAYS)
async def test_message_without_a_role_is_the_assistants(way):
    reply, _ = await ask(way, [answer(*completion({"content": "3"}))])
    assert isinstance(reply, AIMessage)
    assert reply.text == "3"


@pytest.mark.parametrize("way", WAYS)
async def test_details_that_cannot_be_leave_the_tokens(way):
    odd = USAGE | {"completion_tokens_details": {"reasoning_tokens": 1.5}}
    reply, _ = await ask(way, [answer(200, ended("stop", odd))])
    assert isinstance(reply, AIMessage)
    counted = cleaned(reply).usage_metadata
    assert counted
    assert (counted["input_tokens"], counted["output_tokens"]) == (11, 7)


async def test_tokens_as_texts_are_not_counted():
    texts = {"prompt_tokens": "12", "completion_tokens": "7", "total_tokens": "19"}
    reply, _ = await ask("aiohttp", [answer(200, ended("stop", texts))])
    assert isinstance(reply, AIMessage)
    assert cleaned(reply).usage_metadata is None


DEEP = {"name": "look", "arguments": '{"a":' * 600 + "1" + "}" * 600}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "3"},
        {"role": "oracle", "content": "3"},
        {"role": "assistant", "content": None, "tool_calls": [{**CALL, "function": DEEP}]},
    ],
    ids=["user", "nobody", "deep"],
)
async def test_message_of_no_assistant_is_no_completion(message):
    fault = await same_fault([answer(200, completion(message)[1])])
    assert type(fault) is ModelUnavailableError
    assert fault.may_have_run


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("retry-after: 7\r\n", 7),
        ("retry-after: 1.5\r\n", 1.5),
        ("retry-after-ms: 250\r\nretry-after: 9\r\n", 0.25),
        (
            "date: Wed, 21 Oct 2015 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2015 07:28:30 GMT\r\n",
            30,
        ),
        ("retry-after: Wed, 21 Oct 2015 07:28:30 GMT\r\n", 0),
        ("retry-after: -3\r\n", 0),
        ("retry-after: nan\r\n", 0),
        ("retry-after: soon\r\n", 0),
        ("retry-after: Wed, 21 Oct 99999999999999999999 10:00:00 GMT\r\n", 0),
        ("", 0),
    ],
)
async def test_server_says_how_long_to_wait(headers, seconds):
    fault = await same_fault([answer(429, refusal(429, "slow down")[1], headers)])
    assert isinstance(fault, ModelDownError)
    assert fault.after == seconds


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>", ModelUnavailableError, "no chat completion"),
        ([1], ModelUnavailableError, "no chat completion"),
        ({"choices": None}, ModelUnavailableError, "no chat completion"),
        ({"choices": []}, ModelUnavailableError, "no chat completion"),
        ({"error": "overloaded"}, ModelFailingError, "failing: overloaded"),
        ({"error": {"message": "x", "code": 429}}, ModelDownError, "failing: x"),
        (b"[" * 100_000, ModelUnavailableError, "no chat completion"),
    ],
)
async def test_success_that_is_none_may_have_run(body, kind, words):
    fault = await same_fault([answer(200, body)])
    assert type(fault) is kind
    assert words in str(fault)
    assert fault.may_have_run


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def cut(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def half(writer: asyncio.StreamWriter) -> None:
    await answer(200, b'{"choices', length=500)(writer)
    writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    await answer(200, b" ", length=5000)(writer)
    while not writer.is_closing():
        await asyncio.sleep(0.05)
        writer.write(b" ")


@pytest.mark.parametrize(
    ("send", "timeout", "told"),
    [
        (hang, 1, "in time"),
        (drip, 1, "in time"),
        (cut, 20, "the end"),
        (half, 20, "the end"),
        (answer(*said("3"), "content-encoding: gzip\r\n"), 20, "the end"),
    ],
    ids=["hang", "drip", "cut", "half", "no gzip"],
)
async def test_answer_that_does_not_come_may_have_run(send, timeout, told):
    fault = await same_fault([send], timeout=timeout)
    assert type(fault) is ModelDownError
    assert told in str(fault)
    assert fault.timed_out == (told == "in time")
    assert fault.may_have_run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
async def test_server_that_is_not_there_has_not_run(way, host):
    model = open_model("critic", f"openai:m@http://{host}/v1", {}, Connecting(64, 5, way))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        await model.chat.ainvoke(ASKED)
    await model.close()
    fault = classify(caught.value, model.server)
    assert type(fault) is ModelDownError
    assert "cannot be reached" in str(fault)
    assert not fault.may_have_run


@pytest.mark.parametrize("way", WAYS)
async def test_handshake_that_hangs_has_not_run(way):
    async with serving_raw([]) as (url, _):
        spec = f"openai:m@{url.replace('http', 'https', 1)}"
        model = open_model("critic", spec, {}, Connecting(64, 1, way))
        with pytest.raises(Exception) as caught:  # noqa: PT011
            await model.chat.ainvoke(ASKED)
        await model.close()
    fault = classify(caught.value, model.server)
    assert type(fault) is ModelDownError
    assert not fault.may_have_run


async def test_body_without_end_is_not_read_on():
    async def endless(writer: asyncio.StreamWriter) -> None:
        await answer(200, b" ", length=2**40)(writer)
        while not writer.is_closing():
            writer.write(b" " * 2**20)
            await writer.drain()

    fault, _ = await ask("aiohttp", [endless])
    assert type(fault) is ModelUnavailableError
    assert fault.may_have_run


LIMITS = (
    "X-RateLimit-Remaining-Requests: 3\r\nx-ratelimit-reset-tokens: 6m0s\r\nset-cookie: a=b\r\n"
)


async def test_both_ways_hand_on_the_limits_only():
    for way in WAYS:
        reply, _ = await ask(way, [answer(200, said("3")[1], LIMITS)])
        assert isinstance(reply, AIMessage)
        assert reply.response_metadata["headers"] == {
            "x-ratelimit-remaining-requests": "3",
            "x-ratelimit-reset-tokens": "6m0s",
        }


async def test_refused_call_hands_on_the_limits():
    for way in WAYS:
        fault, _ = await ask(way, [answer(429, refusal(429, "slow")[1], LIMITS)])
        assert isinstance(fault, ModelDownError)
        assert fault.headers["x-ratelimit-remaining-requests"] == "3"


@pytest.mark.parametrize("access", ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
async def test_both_ways_ask_azure_alike(access):
    given = {access: "planted", "OPENAI_API_VERSION": "v1", "AZURE_OPENAI_ENDPOINT": "URL"}
    requests = [(await ask(way, [answer(*said("3"))], given, "azure:my-gpt"))[1][0] for way in WAYS]
    ours, theirs = requests
    assert ours.line == theirs.line
    assert ours.body == theirs.body
    for name in ("authorization", "api-key"):
        assert ours.headers.get(name) == theirs.headers.get(name)


@pytest.mark.parametrize("way", WAYS)
async def test_token_is_renewed(way):
    async with serving_raw([answer(*said("3"))] * 3) as (url, heard):
        tokens = ["first"]

        async def token() -> str:
            return tokens[-1]

        model = AzureModel(
            azure_endpoint=url.removesuffix("/v1"),
            azure_deployment="my-gpt",
            api_version="v1",
            azure_ad_async_token_provider=token,
            http_async_client=DefaultAioHttpClient(),
        )
        close = model.carried(Connecting(64, 5, way))
        for renewed in ("first", "first", "second"):
            tokens.append(renewed)
            await model.ainvoke(ASKED)
        await close()
    sent = [request.headers["authorization"] for request in heard]
    assert sent == ["Bearer first", "Bearer first", "Bearer second"]


async def test_both_ways_go_through_the_proxy(monkeypatch):
    for way in WAYS:
        async with serving_raw([answer(*said("3"))]) as (url, heard):
            monkeypatch.setenv("HTTP_PROXY", url.removesuffix("/v1").replace("//", "//me:pass@"))
            monkeypatch.setenv("NO_PROXY", "")
            spec = "openai:m@http://model.invalid/v1"
            model = open_model("critic", spec, {}, Connecting(64, 5, way))
            await model.chat.ainvoke(ASKED)
            await model.close()
        assert heard[0].line == "POST http://model.invalid/v1/chat/completions HTTP/1.1"
        assert heard[0].headers["proxy-authorization"] == "Basic bWU6cGFzcw=="


async def test_both_ways_follow_a_redirect():
    for way in WAYS:
        moved = answer(307, b"", "location: /v2/chat/completions\r\n")
        reply, heard = await ask(way, [moved, answer(*said("3"))])
        assert isinstance(reply, AIMessage)
        assert [request.line.split()[1] for request in heard] == [
            "/v1/chat/completions",
            "/v2/chat/completions",
        ]


class Listener(AsyncCallbackHandler):
    """Hears what a tracer would."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def on_chat_model_start(self, *args: Any, **options: Any) -> None:
        self.heard.append("start")

    async def on_llm_end(self, *args: Any, **options: Any) -> None:
        self.heard.append("end")


async def test_callbacks_hear_of_a_call():
    listener = Listener()
    reply, _ = await ask("aiohttp", [answer(*said("3"))], config={"callbacks": [listener]})
    assert listener.heard == ["start", "end"]
    unheard, _ = await ask("aiohttp", [answer(*said("3"))])
    assert isinstance(reply, AIMessage)
    assert isinstance(unheard, AIMessage)
    assert cleaned(reply) == cleaned(unheard)
    assert reply.response_metadata == unheard.response_metadata
