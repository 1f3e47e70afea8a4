"""The real vLLM, on a CPU, with a tiny model of random weights."""

import os
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from sqlalchemy import create_engine

from agents.answerer import Answer
from agents.budget import Budget, Caps
from agents.calls import Calls
from agents.faults import UnreadableReplyError
from agents.gates import Gates
from agents.journal import CallKey, Journal
from agents.probe import probe
from app.roles import open_roles
from app.settings import read_settings
from prompts.templates import Prompts
from tests.vllm_tiny_model import write_tiny_model
from tools.patience import Patience

VLLM = os.environ.get("OFFICINA_TEST_VLLM", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not VLLM, reason="run `make vllm`, and set OFFICINA_TEST_VLLM to what it prints"
    ),
]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("PATH", str(Path(VLLM).parent), prepend=":")
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    arguments = "[--enable-auto-tool-choice, --tool-call-parser, hermes, --enforce-eager]"
    (tmp_path / "officina.yaml").write_text(
        f"vllm: {{arguments: {arguments}}}\noutput_tokens: 600\n", encoding="utf-8"
    )
    return read_settings(model=f"vllm:{tmp_path / 'tiny'}", by_role={}, concurrency=2)


async def test_real_vllm_serves_keeps_schema_and_stops(settings, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    journal = Journal(engine)
    budget = Budget(journal, Caps(calls=99))
    calls = Calls(journal, Gates(2), budget, Prompts(), patience=Patience(5))
    async with open_roles(settings) as models:
        model = models["critic"]
        assert model.name == "vllm:tiny"
        found = await probe(model, calls, Prompts(), number=0, with_tools=True)
        assert found.keeps_schema
        # Random weights never call a tool, but the server takes them.
        assert not found.calls_tools
        answers = 0
        for number in range(6):
            try:
                key = CallKey("c", "answer", number)
                await calls.ask(model, [HumanMessage("To what torque?")], Answer, key)
                answers += 1
            except UnreadableReplyError:
                continue
        assert answers
    assert model.server.ended()
    engine.dispose()
