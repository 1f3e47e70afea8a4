"""A small manual, and contexts whose models say what a script says."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.context import Context
from graph.ingest import ingest_folder
from graph.ledger_tables import LIVES
from graph.plan import next_candidates, windows
from graph.state import QuestionInput
from tools.documents import read_folder
from tools.passages import split
from training.recipe import load_recipe, save_recipe
from training.rows import TrainingRow

PAGES = {
    "page_1": "# Jaw\n\nThe sealing jaw of the press must be tightened to 24 Nm with a torque "
    "wrench before the first start of every shift.",
    "page_2": "# Oil\n\nThe gearbox holds 1.5 litres of oil of grade VG 220. Change the oil of the "
    "gearbox every 4,000 hours, and never mix grades of oil.",
    "page_3": "# Belt\n\nThe tension of the drive belt must be checked every week with the gauge. "
    "A belt with cracks must be replaced at once, whatever its age may be.",
    "page_4": "# Filter\n\nThe air filter of the cabinet must be cleaned with dry air whenever the "
    "lamp on the door is lit, and replaced when it is torn.",
}
QUESTION = "To what torque must the sealing jaw of the press be tightened?"
QUOTE = "The sealing jaw of the press must be tightened to 24 Nm"


def question(text: str = QUESTION, quote: str = QUOTE) -> dict[str, Any]:
    reply = {"quote": quote, "text": text, "kind": "value", "difficulty": "easy"}
    return {"role": "generator", "reply": reply}


def critique(score: int = 8, instructions: str = "") -> dict[str, Any]:
    reply = {
        "reasons": "It names its subject.",
        "relevance": score,
        "global_relevance": score,
        "coverage": score,
        "instructions": instructions,
    }
    return {"role": "critic", "reply": reply}


def judgement(score: int = 9, instructions: str = "") -> dict[str, Any]:
    reply = {
        "reasons": "The passage says so.",
        "faithfulness": score,
        "completeness": score,
        "instructions": instructions,
    }
    return {"role": "critic", "reply": reply}


SEARCH = {
    "role": "answerer",
    "tool_calls": [{"name": "search_manuals", "args": {"query": "sealing jaw torque"}}],
}
ENOUGH = {"role": "answerer", "reply": "That is enough."}


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    (folder / "press.json").write_text(json.dumps(PAGES), encoding="utf-8")
    return folder


@pytest.fixture
def passage_id(manuals: Path) -> str:
    (document,), _ = read_folder(manuals)
    return next(passage.id for passage in split(document) if "24 Nm" in passage.text)


@pytest.fixture
def answer(passage_id: str) -> Callable[..., list[dict[str, Any]]]:
    """Return the three turns of an answer: search, stop, and the answer itself."""

    def turns(text: str = f"{QUOTE}.", quote: str = QUOTE, **over: Any) -> list[dict[str, Any]]:
        citations = [{"passage_id": passage_id, "quote": quote}]
        reply = {"abstained": False, "text": text, "citations": citations, "missing": ""}
        return [SEARCH, ENOUGH, {"role": "answerer", "reply": {**reply, **over}}]

    return turns


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Context]]]:
    """Open a context whose three roles say the lines given."""
    async with AsyncExitStack() as stack:

        async def open_one(
            lines: list[dict[str, Any]],
            run: str = "run",
            machines: Path | None = None,
            **brief: Any,
        ) -> Context:
            script = tmp_path / f"{run}.jsonl"
            script.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
            folder = tmp_path / run
            folder.mkdir(exist_ok=True)
            settings = read_settings(model=f"scripted:{script}", by_role={}, concurrency=4)
            wanted = read_brief({"rows": 1, "distractors": 1, **brief}, "the test's brief")
            opened = open_context(folder, wanted, settings, machines)
            return await stack.enter_async_context(opened)

        yield open_one


async def first_question(context: Context, manuals: Path) -> QuestionInput:
    """Ingest the manuals and plan the candidate whose window holds the jaw's torque."""
    await ingest_folder(str(manuals), context, emit=lambda _: None)
    known = windows(context.library.documents, context.brief)
    held = [w for w in known if w.pages[0] == 1]
    (candidate,) = next_candidates(
        held, round_=1, missing=1, rate=1.0, most=1, asked={}, exhausted=set()
    )
    context.ledger.plan([candidate])
    return QuestionInput(candidate)


def edit_row(context: Context, row: TrainingRow) -> None:
    """Change a row in the ledger's file, as a hand would."""
    edited = update(LIVES).where(LIVES.c.candidate == row.id)
    with context.ledger._engine.begin() as connection:
        connection.execute(edited.values(row=row.model_dump_json()))


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[[int], str]:
    """Write the tiny recipe with another length, and return its path."""

    def write(max_length: int) -> str:
        values = load_recipe("tiny-cpu").model_copy(update={"max_length": max_length})
        path = tmp_path / f"recipe-{max_length}.yaml"
        save_recipe(values, path)
        return str(path)

    return write
