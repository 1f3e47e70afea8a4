"""Stubbed lives: three calls to a server, one after the other, in the question graph's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from agents.journal import CallKey
from app import ray_workers
from bench.plain import SYSTEM, Said, prompt
from bench.scale import Clock, Stub, invented_library
from graph import farm
from graph.brief import Brief, load_brief
from graph.context import Context
from graph.state import QuestionInput, Window

STEPS = ("draft", "critique", "answer")
PROMPT = 2000
STUBBED = "stubbed"
"""The file in a run folder that says that its lives are stubs."""


class Life(Stub):
    """A candidate's life: three calls, each of which is told what the last one said, and a row."""

    async def run_apart(self, given: QuestionInput, context: Context) -> None:
        """Live it."""
        candidate, said = given.candidate.id, ""
        for step, role in zip(STEPS, ("generator", "critic", "answerer"), strict=True):
            asked = prompt(int(candidate[:6], 16), PROMPT)
            messages = [SystemMessage(SYSTEM), HumanMessage(f"{asked} {said}")]
            reply = await context.calls.ask(
                context.models[role], messages, Said, CallKey(candidate, step, 0)
            )
            said = str(reply)
        context.calls.forget(candidate)
        await super().run_apart(given, context)


def stub(brief: Brief) -> list[Window]:
    """Put the stub in the question graph's place, in this process; return its windows."""
    library, passages = invented_library(brief.rows, brief.seed)
    farm.run_apart = Life(passages, brief, Clock()).run_apart
    return [
        Window(
            f"{document.id}-{n}",
            document.id,
            page.start,
            page.end,
            (page.number, page.number),
            "en",
            None,
        )
        for document in library.documents
        for n, page in enumerate(document.pages)
    ]


class StubbedRayWorker(ray_workers.RayWorker):
    """A worker on a node whose question graph is the stub."""

    async def work(self, run: str, id: str, models: Any) -> str:  # noqa: ANN401
        """Farm with it."""
        if (Path(run) / STUBBED).exists():
            stub(load_brief(Path(run) / "brief.yaml"))
        return await super().work(run, id, models)
