"""How calls wait for a server: a busy one serves others, a dead one nobody."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator
from copy import copy
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from sqlalchemy import Engine

from agents.budget import Budget, Caps
from agents.call import RoleModel
from agents.calls import Calls
from agents.faults import (
    NO_SERVER,
    BudgetExhaustedError,
    CallError,
    ModelDownError,
    ModelFailingError,
    ModelUnavailableError,
    NoAccessError,
    RefusedError,
    Server,
    StatusError,
    UnreadableReplyError,
    classify,
)
from agents.gate import Gate
from agents.gates import Gates, ServerLimits
from agents.journal import CallKey, Journal
from agents.sending import BESIDE, LONELY_TRIES
from prompts.templates import Prompts
from tests.simulation import now, simulate
from tools.patience import Patience
from tools.tables import sqlite_engine


class Crowded(BaseChatModel):
    """Holds so many calls at once, and refuses the others."""

    admits: int
    in_flight: int = 0
    refusals: int = 0
    fault: CallError = ModelDownError("too many at once")
    poisoned: tuple[str, ...] = ()
    """Prompts that have the fault whenever they come."""
    serves: float = math.inf
    """So many calls are served before every one has the fault."""

    @property
    def _llm_type(self) -> str:
        return "crowded"

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
        self.serves -= 1
        is_over = self.in_flight >= self.admits or self.serves < 0
        if is_over or messages[0].text in self.poisoned:
            self.refusals += 1
            raise copy(self.fault)
        self.in_flight += 1
        await asyncio.sleep(0.005)
        self.in_flight -= 1
        return ChatResult(generations=[ChatGeneration(message=AIMessage("served"))])


class Filtering(Crowded):
    """Withholds its reply to a prompt that it served another process."""

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        if messages[0].text == "c0?":
            raise UnreadableReplyError("filtered")
        return await super()._agenerate(messages, *args, **kwargs)


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    engine = sqlite_engine(tmp_path / "journal.sqlite")
    yield engine
    engine.dispose()


async def asked(
    engine: Engine,
    model: Crowded,
    calls: int,
    patience: Patience,
    minutes: float | None = None,
    limits: ServerLimits | None = None,
    server: Server = NO_SERVER,
) -> list[Any]:
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=10 * calls, minutes=minutes))
    gates = Gates(16, {NO_SERVER.address: limits} if limits else {})
    engaged = Calls(journal, gates, budget, Prompts(), patience=patience)
    role = RoleModel("critic", "crowded", model, server)
    keys = [CallKey(f"c{number}", "critique", 0) for number in range(calls)]
    ways = (engaged.say(role, [HumanMessage(f"{key.candidate}?")], key) for key in keys)
    return await asyncio.gather(*ways, return_exceptions=True)


async def test_busy_server_tries_no_patience(engine):
    told: list[str] = []
    model = Crowded(admits=3)
    patience = Patience(0.0, on_wait=lambda service, _: told.append(service))
    replies = await asked(engine, model, 100, patience)
    assert [str(getattr(reply, "text", reply)) for reply in replies] == ["served"] * 100
    assert model.refusals >= 13
    assert not told


async def test_dead_server_ends_all_calls_together(engine):
    model = Crowded(admits=0)
    replies = await asked(engine, model, 100, Patience(0.2))
    assert {type(reply) for reply in replies} == {ModelDownError}
    assert model.refusals >= 16


def test_calls_know_at_once_that_a_server_of_our_own_ended(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.5)
    monkeypatch.setattr("agents.sending.WAIT", 0.5)
    monkeypatch.setattr("agents.gates.Gate", partial(Gate, clock=now))
    monkeypatch.setattr("agents.sending.time", SimpleNamespace(monotonic=now))
    # What ended it is known a moment after what that did to the calls.
    server = Server("here", "no key", ended=lambda: "It ended." if now() > 0.1 else "")

    async def life() -> float:
        replies = await asked(engine, Crowded(admits=0), 100, Patience(600), server=server)
        assert {str(reply) for reply in replies} == {"It ended."}
        return now()

    assert simulate(life()) < 2


def test_calls_of_a_dead_server_are_few(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.1)
    monkeypatch.setattr("agents.gates.Gate", partial(Gate, clock=now))
    monkeypatch.setattr("agents.sending.time", SimpleNamespace(monotonic=now))
    monkeypatch.setattr("agents.sending.WAIT", 0.01)
    model = Crowded(admits=0)
    simulate(asked(engine, model, 100, Patience(0.35)))
    assert 16 < model.refusals <= 16 + 3


@pytest.mark.parametrize("kind", [RefusedError, ModelFailingError, ModelUnavailableError])
async def test_poisoned_prompt_ends_no_other_call(engine, monkeypatch, kind):
    monkeypatch.setattr("agents.sending.WAIT", 0.001)
    model = Crowded(admits=99, fault=kind("no"), poisoned=("c40?", "c80?"))
    replies = await asked(engine, model, 100, Patience(60))
    failed = {number: type(reply) for number, reply in enumerate(replies) if "no" in str(reply)}
    assert failed == {40: UnreadableReplyError, 80: UnreadableReplyError}


async def test_poisoned_prompt_that_is_all_that_was_left_ends_no_run(engine):
    await asked(engine, Crowded(admits=99), 1, Patience(60))
    model = Crowded(admits=99, fault=RefusedError("no"), poisoned=("c1?",))
    replies = await asked(engine, model, 2, Patience(60))
    assert [type(reply) for reply in replies] == [AIMessage, UnreadableReplyError]
    assert model.refusals == 2


@pytest.mark.parametrize("charges", [True, False])
async def test_last_call_that_is_never_taken_ends_no_run(engine, monkeypatch, charges):
    monkeypatch.setattr("agents.sending.WAIT", 0.001)
    monkeypatch.setattr("agents.gate.PAUSE", 0.01)
    fault = ModelDownError("no")
    fault.may_have_run = charges
    model = Crowded(admits=99, fault=fault, poisoned=("c29?",))
    replies = await asked(engine, model, 30, Patience(0.5))
    assert type(replies[-1]) is UnreadableReplyError


async def test_calls_that_always_fail_hold_up_no_others(engine, monkeypatch):
    """Pauses double as long as nothing is served, and each lasts as long as all before it."""
    monkeypatch.setattr("agents.sending.WAIT", 0.001)
    monkeypatch.setattr("agents.gate.PAUSE", 0.01)
    poisoned = tuple(f"c{number}?" for number in range(0, 200, 10))
    model = Crowded(admits=99, fault=ModelFailingError("no"), poisoned=poisoned)
    async with asyncio.timeout(60):
        replies = await asked(engine, model, 200, Patience(600))
    kinds = Counter(type(reply) for reply in replies)
    assert kinds == {UnreadableReplyError: len(poisoned), AIMessage: 200 - len(poisoned)}
    assert model.refusals <= (LONELY_TRIES + BESIDE) * len(poisoned)


async def test_filter_on_the_call_that_is_asked_once_more_ends_no_other(engine):
    await asked(engine, Crowded(admits=99), 1, Patience(60))
    model = Filtering(admits=99, fault=RefusedError("no"), poisoned=("c1?",))
    replies = await asked(engine, model, 2, Patience(60))
    assert "no" in str(replies[1])
    assert type(replies[1]) is UnreadableReplyError


FAULTS = {
    "refuses": RefusedError("no"),
    "strange": ModelUnavailableError("no"),
    "fails": ModelFailingError("no"),
    "hangs": ModelDownError("no"),
}
FAULTS["hangs"].may_have_run = True


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("calls", [20, 80])
async def test_server_that_serves_no_more_costs_no_candidate(engine, monkeypatch, fault, calls):
    monkeypatch.setattr("agents.sending.WAIT", 0.001)
    monkeypatch.setattr("agents.gate.PAUSE", 0.01)
    monkeypatch.setattr("agents.gate.LONGEST_PAUSE", 0.05)
    model = Crowded(admits=99, fault=fault, serves=18)
    replies = await asked(engine, model, calls, Patience(0.3))
    lost = [type(reply) for reply in replies if isinstance(reply, BaseException)]
    assert lost == [type(fault)] * (calls - 18)


async def test_server_that_refuses_all_at_last_is_asked_little(engine):
    model = Crowded(admits=99, fault=RefusedError("no"), serves=30)
    await asked(engine, model, 80, Patience(60))
    assert model.refusals <= 50 + 3


async def test_no_access_after_a_reply_is_one_calls_fault(engine):
    fault = classify(StatusError(403, {"error": {"message": "flagged"}}), NO_SERVER)
    assert isinstance(fault, NoAccessError)
    model = Crowded(admits=99, fault=fault, poisoned=("c40?",))
    replies = await asked(engine, model, 80, Patience(60))
    assert [n for n, reply in enumerate(replies) if isinstance(reply, Exception)] == [40]
    assert type(replies[40]) is UnreadableReplyError
    assert "403: flagged" in str(replies[40])


async def test_no_access_at_first_ends_the_run_at_once(engine):
    model = Crowded(admits=0, fault=NoAccessError("wrong key"))
    assert {str(reply) for reply in await asked(engine, model, 10, Patience(60))} == {"wrong key"}
    assert model.refusals == 10


async def test_many_poisoned_prompts_end_no_run(engine):
    poisoned = tuple(f"c{number}?" for number in range(200) if number % 5 or 60 <= number < 120)
    model = Crowded(admits=99, fault=RefusedError("no"), poisoned=poisoned)
    replies = await asked(engine, model, 200, Patience(60))
    kinds = Counter(type(reply) for reply in replies)
    assert kinds == {UnreadableReplyError: len(poisoned), AIMessage: 200 - len(poisoned)}


async def test_failing_server_is_waited_for(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.05)
    monkeypatch.setattr("agents.sending.WAIT", 0.001)
    model = Crowded(admits=0, fault=ModelFailingError("no"))
    asking = asyncio.create_task(asked(engine, model, 30, Patience(60)))
    while model.refusals < 20:
        await asyncio.sleep(0.01)
    model.admits = 99
    assert [str(reply.text) for reply in await asking] == ["served"] * 30


async def test_minutes_end_what_waits(engine):
    model = Crowded(admits=0)
    replies = await asked(engine, model, 30, Patience(600), minutes=0.3 / 60)
    assert {type(reply) for reply in replies} == {BudgetExhaustedError}
    assert "minutes is reached" in str(replies[0])


async def test_wait_that_is_told_is_the_gates(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 50.0)
    told: list[float] = []
    patience = Patience(600, on_wait=lambda _, seconds: told.append(seconds))
    asking = asyncio.create_task(asked(engine, Crowded(admits=0), 16, patience))
    while not told:
        await asyncio.sleep(0.01)
    asking.cancel()
    assert told[0] >= 49


async def test_wait_for_a_rate_limit_is_told(engine):
    told: list[str] = []
    patience = Patience(600, on_wait=lambda service, _: told.append(service))
    slow = ServerLimits(requests_per_minute=1)
    asking = asyncio.create_task(asked(engine, Crowded(admits=99), 2, patience, limits=slow))
    while not told:
        await asyncio.sleep(0.01)
    asking.cancel()
    assert told == ["the rate limit of the model server at this process"]


async def test_refused_call_gives_its_tokens_back(engine):
    gates = Gates(1, {NO_SERVER.address: ServerLimits(tokens_per_minute=60)})
    calls = Calls(Journal(engine), gates, Budget(Journal(engine), Caps(calls=9)), Prompts())
    role = RoleModel("critic", "crowded", Crowded(admits=0, fault=RefusedError("no")))
    with pytest.raises(RefusedError):
        await calls.say(role, [HumanMessage("c0?")], CallKey("c0", "critique", 0))
    gate = gates.of(NO_SERVER.address)
    assert gate.held(gate.place(1)) <= 0


@pytest.mark.parametrize(
    ("charges", "timed_out", "name"),
    [(False, False, "refused"), (True, False, "failed"), (True, True, "timed_out")],
)
async def test_faults_are_counted_by_what_happened(engine, charges, timed_out, name):
    fault = ModelDownError("no")
    fault.may_have_run, fault.timed_out = charges, timed_out
    budget = Budget(Journal(engine), Caps(calls=99))
    calls = Calls(Journal(engine), Gates(1), budget, Prompts(), patience=Patience(0))
    role = RoleModel("critic", "crowded", Crowded(admits=0, fault=fault))
    with pytest.raises(ModelDownError):
        await calls.say(role, [HumanMessage("c0?")], CallKey("c0", "critique", 0))
    state = calls.state()
    counted = {each: getattr(state, each) for each in ("refused", "failed", "timed_out")}
    assert [each for each, count in counted.items() if count] == [name]
