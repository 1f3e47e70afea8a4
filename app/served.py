"""Served: both graphs as LangGraph's own server runs them, on run folders, with our settings.

A server cannot hand a Context of live objects to a graph. So each graph here takes plain values,
builds the Context from settings, and awaits the room's graph inside. langgraph.json names them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from sqlalchemy.exc import SQLAlchemyError

from app.directory import machine_source
from app.driving import drive
from app.errors import MISTAKES, told
from app.opening import open_context
from app.opening_index import for_manuals
from app.run_file import RunError, RunFile, locked, machines_of, read_run, settings_of
from app.runs import create_run
from app.settings import Settings, read_settings
from app.state import RUN_FILE
from graph.brief import Brief, read_brief
from graph.context import Context
from graph.ingest import ingest_folder
from graph.ledger import Entry
from graph.plan import next_candidates
from graph.question import RECURSION_LIMIT, build_question_graph
from graph.state import QuestionInput, QuestionState, Window

Update = dict[str, Any]
_STOPS = "__officina_stops"


@dataclass
class Wish:
    """What a served graph starts from: plain values, as a person writes them."""

    manuals: str
    """The folder of manuals, as the server sees it."""
    run: str = ""
    """The run folder. runs/NAME if not given, NAME being that of the manuals' folder; questions
    asked one by one are kept apart, in runs/NAME-questions."""
    brief: dict[str, Any] = field(default_factory=dict[str, Any])
    """What brief.yaml may hold."""


@dataclass
class QuestionWish(Wish):
    """Which question is wished; those of one run folder are spread over its windows."""

    document: str = ""
    """A manual's path in its folder; any if not given."""
    page: int = 0
    """A page that the question is to be about; any if 0."""


@dataclass
class QuestionEnd:
    """How a question ended: what the ledger of the run folder says of its candidate."""

    status: str = ""
    reason: str = ""
    row: dict[str, Any] | None = None
    life: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


@dataclass
class QuestionLife(QuestionEnd, QuestionWish):
    """Where a served question stands; all of it plain values, for any saver to keep."""

    candidate: str = ""


@dataclass
class DatasetEnd:
    """How a dataset ended, as run.json says."""

    result: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class DatasetLife(DatasetEnd, Wish):
    """Where a served dataset stands."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A run folder, and what its run was started with."""

    run: Path
    started: RunFile
    brief: Brief
    settings: Settings


class ServedGraph(CompiledStateGraph[Any, None, Any, Any]):
    """Carries a run's interrupts to the graph inside, whose nodes they name.

    LangGraph itself keeps them to the outermost graph.
    """

    async def astream(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        input: object,
        config: RunnableConfig | None = None,
        *,
        interrupt_before: Sequence[str] | None = None,
        interrupt_after: Sequence[str] | None = None,
        **options: Any,
    ) -> AsyncIterator[Any]:
        """Stream the run as LangGraph does."""
        stops = {"interrupt_before": interrupt_before, "interrupt_after": interrupt_after}
        config = ensure_config(config)
        config["configurable"] = {**config.get("configurable", {}), _STOPS: stops}
        async for part in super().astream(input, config, **stops, **options):
            yield part


async def plan(state: QuestionLife, runtime: Runtime[None]) -> Update:
    """Read the manuals unless that was done, and plan one candidate as wished."""
    async with _context_of(state) as context:
        await ingest_folder(state.manuals, context, runtime.stream_writer)
        chosen = next_candidates(
            _wished_windows(state, context),
            round_=context.ledger.last_round() + 1,
            missing=1,
            rate=1.0,
            most=1,
            asked=context.ledger.times_asked(),
            exhausted=context.ledger.exhausted_windows(),
        )
        if not chosen:
            raise RunError("Nothing is left to ask about there. Name another document or page.")
        context.ledger.plan(chosen)
    return {"candidate": chosen[0].id}


async def question(state: QuestionLife, config: RunnableConfig) -> Update:
    """Await the question graph for the candidate."""
    async with _context_of(state) as context:
        await _QUESTION.ainvoke(
            _input(state.candidate, context),
            config={"recursion_limit": RECURSION_LIMIT},
            context=context,
            **config.get("configurable", {}).get(_STOPS, {}),
        )
        entry = _entry(state.candidate, context)
    row = entry.row.model_dump(mode="json") if entry.row else None
    life = [asdict(step) for step in entry.life]
    return {"status": entry.status, "reason": entry.reason, "row": row, "life": life}


async def dataset(state: DatasetLife, runtime: Runtime[None]) -> Update:
    """Await the dataset graph, as `officina run` does."""
    with _told_as_sentences():
        it = await asyncio.to_thread(_open, state)
        with locked(it.run):
            result = await drive(it.run, it.started, it.brief, it.settings, runtime.stream_writer)
    return {"result": asdict(result)}


def _entry(candidate: str, context: Context) -> Entry:
    entry = context.ledger.entry(candidate)
    if entry is None:
        raise RunError("The run folder does not know the candidate. Start a new thread.")
    return entry


def _input(candidate: str, context: Context) -> QuestionInput:
    entry = _entry(candidate, context)
    asked = context.ledger.asked(entry.candidate.window.id, before=entry.candidate.round)
    return QuestionInput(entry.candidate, asked)


def _wished_windows(wish: QuestionWish, context: Context) -> list[Window]:
    document = context.library.by_path(wish.document).id if wish.document else None
    return [
        window
        for window in context.windows
        if document in (None, window.document_id)
        and (not wish.page or window.pages[0] <= wish.page <= window.pages[1])
    ]


@asynccontextmanager
async def _context_of(wish: Wish) -> AsyncGenerator[Context]:
    with _told_as_sentences():
        it = await asyncio.to_thread(_open, wish)
        machines = machines_of(it.run, it.started)
        with locked(it.run):
            async with open_context(it.run, it.brief, it.settings, machines) as context:
                yield context


def _open(wish: Wish) -> Opened:
    """Return the run that is wished; its folder is made at first, and gone on with after that."""
    manuals = Path(wish.manuals)
    apart = "-questions" if isinstance(wish, QuestionWish) else ""
    run = Path(wish.run or f"runs/{manuals.resolve().name}{apart}")
    brief = read_brief(wish.brief, "The brief")
    if not (run / RUN_FILE).exists():
        settings = read_settings(model=None, by_role={}, concurrency=None)
        settings = for_manuals(settings, manuals)
        names = machine_source(manuals, None, settings)
        started = create_run(run, manuals, brief, settings, names)
        return Opened(run, started, brief, settings)
    started, kept = read_run(run)
    if (started.manuals, kept) != (str(manuals.resolve()), brief):
        raise RunError(
            f"{run} was made from other manuals or with another brief. Name another run folder."
        )
    return Opened(run, started, brief, settings_of(started))


@contextmanager
def _told_as_sentences() -> Generator[None]:
    try:
        yield
    except (*MISTAKES, OSError, SQLAlchemyError) as error:
        # The server hides the text of errors that are not built in.
        raise RuntimeError(told(error)[1]) from error


def _compile_question() -> CompiledStateGraph[QuestionState, Context, QuestionInput, Any]:
    builder = build_question_graph()
    # The server describes schemas as JSON, and there is no JSON for live objects.
    builder.context_schema = None
    return builder.compile(name="question")


def _serve_question() -> ServedGraph:
    builder = StateGraph(QuestionLife, input_schema=QuestionWish, output_schema=QuestionEnd)
    builder.add_node("plan", plan)
    builder.add_node("question", question)
    builder.add_edge(START, "plan")
    builder.add_edge("plan", "question")
    builder.add_edge("question", END)
    return ServedGraph(**vars(builder.compile(name="question")))


def _serve_dataset() -> ServedGraph:
    builder = StateGraph(DatasetLife, input_schema=Wish, output_schema=DatasetEnd)
    builder.add_node("dataset", dataset)
    builder.add_edge(START, "dataset")
    builder.add_edge("dataset", END)
    return ServedGraph(**vars(builder.compile(name="dataset")))


_QUESTION = _compile_question()
question_served = _serve_question()
dataset_served = _serve_dataset()
