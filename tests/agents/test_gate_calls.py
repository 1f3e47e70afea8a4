"""How calls wait for a server: a busy one serves others, a dead one nobody."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from sqlalchemy import Engine, create_engine

from agents.budget import Budget, Caps
from agents.call import RoleModel
from agents.calls import Calls
from agents.faults import ModelDownError
from agents.gates import Gates
from agents.journal import CallKey, Journal
from prompts.templates import Prompts
from tools.patience import Patience


class Crowded(BaseChatModel):
    """Holds so many calls at once, and refuses the others."""

    admits: int
    in_flight: int = 0
    refusals: int = 0

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
        if self.in_flight >= self.admits:
            self.refusals += 1
            raise ModelDownError("too many at once")
        self.in_flight += 1
        await asyncio.sleep(0.005)
        self.in_flight -= 1
        return ChatResult(generations=[ChatGeneration(message=AIMessage("served"))])


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield engine
    engine.dispose()


async def asked(engine: Engine, model: Crowded, calls: int, patience: Patience) -> list[Any]:
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=10 * calls))
    engaged = Calls(journal, Gates(16), budget, Prompts(), patience=patience)
    role = RoleModel("critic", "crowded", model)
    keys = [CallKey(f"c{number}", "critique", 0) for number in range(calls)]
    ways = (engaged.say(role, [HumanMessage("Well?")], key) for key in keys)
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
    assert model.refusals > 16


async def test_calls_of_a_dead_server_are_few(engine, monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.1)
    model = Crowded(admits=0)
    await asked(engine, model, 100, Patience(0.35))
    assert 16 < model.refusals <= 16 + 10
