"""The one way to ask: journal, repair, budget, gate, retries."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from agents.budget import Budget, Caps
from agents.call import RoleModel
from agents.calls import Calls
from agents.faults import (
    BudgetExhaustedError,
    ModelDownError,
    ModelError,
    ModelUnavailableError,
    PromptTooLongError,
    Server,
    UnreadableReplyError,
)
from agents.gates import Gates
from agents.journal import CallKey, Journal, Spent
from agents.sending import TRIES
from prompts.templates import Prompts
from tools.patience import Patience
from tools.redact import Redactor
from tools.tables import sqlite_engine

KEY = CallKey("candidate", "draft", 0)
ASKED = [HumanMessage("How many?")]


class Count(BaseModel):
    """How many there are."""

    count: int


class Listed(BaseChatModel):
    """Says what it is given, or raises it; keeps what it was asked."""

    replies: list[Any]
    heard: list[str] = Field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def _llm_type(self) -> str:
        return "listed"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        self.heard.append(str(messages[-1].text))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return ChatResult(generations=[ChatGeneration(message=AIMessage(reply))])


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    engine = sqlite_engine(tmp_path / "journal.sqlite")
    yield engine
    engine.dispose()


def calls_on(
    engine: Engine, *, most: int = 100, width: int = 4, patience: Patience | None = None
) -> Calls:
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=most))
    return Calls(journal, Gates(width), budget, Prompts(), patience=patience)


def role(*replies: Any) -> RoleModel:
    return RoleModel("generator", "listed", Listed(replies=list(replies)))


async def test_reply_becomes_a_value(engine):
    assert (await calls_on(engine).ask(role('{"count": 3}'), ASKED, Count, KEY)).count == 3


async def test_fenced_reply_is_read(engine):
    fenced = '```json\n{"count": 3}\n```'
    assert (await calls_on(engine).ask(role(fenced), ASKED, Count, KEY)).count == 3


async def test_repair_shows_the_error(engine):
    model = role("three", '{"count": 3}')
    assert (await calls_on(engine).ask(model, ASKED, Count, KEY)).count == 3
    assert "could not be used" in model.chat.heard[1]


async def test_second_junk_is_unreadable(engine):
    with pytest.raises(UnreadableReplyError, match="generator"):
        await calls_on(engine).ask(role("three", "four"), ASKED, Count, KEY)


async def test_finished_call_is_never_sent_again(engine):
    await calls_on(engine).ask(role('{"count": 3}'), ASKED, Count, KEY)
    again, silent = calls_on(engine), role()
    assert (await again.ask(silent, ASKED, Count, KEY)).count == 3
    assert (again.replayed, silent.chat.heard) == (1, [])


@pytest.mark.parametrize("kind", [PromptTooLongError, UnreadableReplyError])
async def test_end_of_a_candidate_is_known_again(engine, kind):
    for model in (role(kind("why")), role()):
        with pytest.raises(kind, match="why"):
            await calls_on(engine).ask(model, ASKED, Count, KEY)


async def test_changed_prompt_is_sent_again(engine):
    await calls_on(engine).ask(role('{"count": 3}'), ASKED, Count, KEY)
    again = calls_on(engine)
    other = await again.ask(role('{"count": 4}'), [HumanMessage("How few?")], Count, KEY)
    assert (other.count, again.replayed) == (4, 0)


async def test_outage_is_waited_for_and_eats_no_call(engine):
    waited: list[str] = []
    patience = Patience(30, on_wait=lambda service, _: waited.append(service))
    calls = calls_on(engine, most=1, patience=patience)
    model = role(*[ModelDownError("busy")] * 10, '{"count": 3}')
    assert (await calls.ask(model, ASKED, Count, KEY)).count == 3
    assert waited == ["the model server at this process"] * 10
    with pytest.raises(BudgetExhaustedError):
        await calls.ask(model, ASKED, Count, CallKey("other", "draft", 0))


async def test_call_that_may_have_run_is_counted(engine):
    calls = calls_on(engine, most=2, patience=Patience(30))
    model = role(TimeoutError("slow"), '{"count": 3}')
    assert (await calls.ask(model, ASKED, Count, KEY)).count == 3
    with pytest.raises(BudgetExhaustedError):
        await calls.ask(model, ASKED, Count, CallKey("other", "draft", 0))


async def test_lasting_fault_is_told(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.05)
    calls = calls_on(engine, patience=Patience(0.2))
    with pytest.raises(ModelUnavailableError, match="does not answer"):
        await calls.ask(role(*[TimeoutError("slow")] * 99), ASKED, Count, KEY)


async def test_useless_reply_is_tried_a_few_times(engine):
    model = role(*[ModelUnavailableError("half a page")] * 99)
    with pytest.raises(ModelUnavailableError, match="half a page"):
        await calls_on(engine, patience=Patience(30)).ask(model, ASKED, Count, KEY)
    assert len(model.chat.heard) == TRIES


async def test_server_that_ended_is_not_waited_for(engine):
    model = role(*[ConnectionError("gone")] * 9)

    def ended() -> str:
        return "It ended by itself." if heard else ""

    heard = model.chat.heard
    model = replace(model, server=Server("here", "no key", ended=ended))
    calls = calls_on(engine, patience=Patience(30))
    for _ in range(2):
        with pytest.raises(ModelUnavailableError, match="ended by itself"):
            await calls.ask(model, ASKED, Count, KEY)
    assert len(heard) == 1


async def test_asked_for_wait_is_kept(engine, monkeypatch):
    slept: list[float] = []
    busy = ModelDownError("busy")
    busy.after = 0.3
    patience = Patience(30, on_wait=lambda _, seconds: slept.append(seconds))
    await calls_on(engine, patience=patience).ask(role(busy, '{"count": 3}'), ASKED, Count, KEY)
    assert slept == [pytest.approx(0.34, abs=0.04)]


async def test_schema_is_described_where_none_is_kept(engine):
    model = replace(role("{}", '{"count": 3}'), keeps_schema=False)
    assert (await calls_on(engine).ask(model, ASKED, Count, KEY)).count == 3
    assert "How many there are." in model.chat.heard[0]
    assert "could not be used" in model.chat.heard[1]


async def test_wrong_setup_is_not_retried(engine):
    model = role(ModelError("no such model"), '{"count": 3}')
    with pytest.raises(ModelError, match="no such model"):
        await calls_on(engine).ask(model, ASKED, Count, KEY)
    assert len(model.chat.heard) == 1


async def test_gate_bounds_calls_in_flight(engine):
    model = role(*['{"count": 1}'] * 20)
    calls = calls_on(engine, width=3)
    keys = [CallKey(f"c{number}", "draft", 0) for number in range(20)]
    await asyncio.gather(*(calls.ask(model, ASKED, Count, key) for key in keys))
    assert model.chat.most_in_flight == 3
    assert calls.journal.count() == 20


async def test_budget_counts_earlier_runs(engine):
    await calls_on(engine).ask(role('{"count": 3}'), ASKED, Count, KEY)
    with pytest.raises(BudgetExhaustedError, match="limit of 1 model call"):
        await calls_on(engine, most=1).ask(role(), ASKED, Count, CallKey("other", "draft", 0))


async def test_journal_keeps_tokens_by_role(engine):
    journal = Journal(engine)
    usage = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
    reply = AIMessage("x", usage_metadata=usage)
    await journal.record_reply(KEY, "hash", role="critic", model="m", reply=reply)
    (spent,) = journal.spent()
    assert spent == Spent("critic", "m", calls=1, input_tokens=7, output_tokens=2)
    assert (await journal.reply(KEY, "hash")).usage_metadata == usage
    assert await journal.reply(KEY, "other") is None


async def test_tool_results_are_kept(engine):
    journal = Journal(engine)
    await journal.record_tool_result(KEY, "hash", json.dumps(["a passage"]))
    assert await journal.tool_result(KEY, "hash") == '["a passage"]'
    assert await journal.tool_result(KEY, "other") is None


async def test_repeated_key_is_not_written_down(engine):
    journal = Journal(engine)
    budget, redact = Budget(journal, Caps(calls=9)), Redactor(["sk-planted"])
    calls = Calls(journal, Gates(1), budget, Prompts(), redact=redact)
    said = await calls.say(role("Your key is sk-planted."), ASKED, KEY)
    assert said.text == "Your key is [redacted]."
    with pytest.raises(ModelError, match=r"bad \[redacted\]"):
        await calls.say(role(ModelError("bad sk-planted")), [HumanMessage("Again?")], KEY)
