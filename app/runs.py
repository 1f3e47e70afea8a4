"""Run folders: made, locked, described in run.json, and driven through the dataset graph."""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from filelock import FileLock, Timeout

from app.directory import POSTGRES, MachineSource
from app.opening import open_context, rehearse
from app.services import read_services, resumed
from app.settings import STATE_URL, IndexKind, Settings, SettingsError, read_settings
from app.state import RUN_FILE, StateKind, open_books, outlasting
from app.tracing import untraced
from app.workers import ALONE, Farming, helping
from graph.brief import Brief, dump_brief, load_brief
from graph.context import Context
from graph.dataset import dataset_graph
from graph.state import DatasetInput, DatasetState, Decision
from tools.library import DOCUMENTS, MACHINES_KEPT, write_whole
from tools.patience import Patience
from tools.questions_file import KEPT, read_questions

PACKAGES = ("officina", "langgraph", "langchain", "langchain-openai", "tantivy", "pypdfium2")

MACHINES, ESTIMATE = "machines.csv", "estimate.json"
_FIRST_FILES = {".lock", "brief.yaml", MACHINES, KEPT, f"{RUN_FILE}.part"}


Within = Callable[[Context], AbstractAsyncContextManager[object]]
OnEvent = Callable[[Mapping[str, object]], None]


class RunError(Exception):
    """A run folder cannot be used as asked; the message says what to do."""


@dataclass(slots=True)
class Result:
    """How a run ended; kept in run.json."""

    decision: Decision
    reason: str
    accepted: int
    wanted: int
    dataset: str = ""
    adapter: str = ""
    evaluation: dict[str, float] = field(default_factory=dict[str, float])
    replayed: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass(slots=True)
class RunFile:
    """run.json: what a run was started with, and how it ended. No key is ever in it.

    `machines` is the copy in the run folder, so that a run goes on where its manuals are gone, or
    "postgres". With `estimated` nothing was done in it yet but an estimate.
    """

    manuals: str
    machines: str | None
    models: dict[str, str]
    concurrency: int
    prompts: str | None
    versions: dict[str, str]
    index: IndexKind = "embedded"
    state: StateKind = "sqlite"
    ingest: bool = True
    services: dict[str, Any] = field(default_factory=dict[str, Any])
    services_file: str | None = None
    id: str = field(default_factory=lambda: str(uuid4()))
    estimated: bool = False
    result: Result | None = None


def create_run(
    run: Path,
    manuals: Path,
    brief: Brief,
    settings: Settings,
    machines: MachineSource,
    evaluation_questions: Path | None = None,
    *,
    estimated: bool = False,
) -> RunFile:
    """Make the run folder and write down what the run is started with.

    A folder in which a run was only estimated is taken over, with the calls in its journal.

    Raises:
        RunError: there is a run in the folder already, or no manuals.
        QuestionsFileError: the file of evaluation questions has lines that are none.
    """
    if not manuals.is_dir():
        raise RunError(f"There is no folder {manuals}. Give the folder that holds the manuals.")
    if evaluation_questions:
        read_questions(evaluation_questions)
    with untraced():
        rehearsed = asyncio.run(rehearse(brief, settings, machines))
    _refuse_strangers(run)
    run.mkdir(parents=True, exist_ok=True)
    made = RunFile(
        manuals=str(manuals.resolve()),
        machines=MACHINES if isinstance(machines, Path) else machines,
        models=dict(settings.models),
        concurrency=settings.concurrency,
        prompts=str(settings.prompts.resolve()) if settings.prompts else None,
        versions={name: metadata.version(name) for name in PACKAGES}
        | {"python": platform.python_version()},
        index=settings.index,
        state=state_of(settings),
        ingest=settings.ingest,
        services=settings.services.model_dump(mode="json"),
        services_file=str(settings.services_file) if settings.services_file else None,
        estimated=estimated,
    )
    with locked(run):
        if (run / RUN_FILE).exists():
            _take_over(run, made, brief)
        (run / "brief.yaml").write_text(dump_brief(brief), encoding="utf-8")
        if isinstance(machines, Path):
            shutil.copyfile(machines, run / MACHINES)
        if evaluation_questions:
            shutil.copyfile(evaluation_questions, run / KEPT)
        write_run_file(run, made)
        with open_books(run, new=True) as (_, journal):
            journal.adopt(rehearsed)
    return made


def state_of(settings: Settings) -> StateKind:
    """Return where the state of a new run is kept."""
    return "postgres" if settings.variables.get(STATE_URL) else "sqlite"


def _take_over(run: Path, made: RunFile, brief: Brief) -> None:
    """Keep of an estimated run what is as good for this one: its calls in any case.

    Raises:
        RunError: more than an estimate was made in the folder.
    """
    known, asked = read_run(run)
    if not known.estimated:
        raise RunError(
            f"{run} holds a run already. Go on with `officina resume {run}`, "
            "or give another folder with --out."
        )
    made.id = known.id
    same = replace(made, concurrency=known.concurrency, estimated=True, versions=known.versions)
    if same == known and brief == asked:
        return
    with open_books(run) as (ledger, _):
        ledger.clear()
    for name in (ESTIMATE, MACHINES_KEPT, KEPT):
        (run / name).unlink(missing_ok=True)
    for folder in (run / DOCUMENTS, run / "index"):
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_strangers(run: Path) -> None:
    """Refuse a folder of somebody's files: a run replaces what is called as its own are."""
    if run.exists() and not run.is_dir():
        raise RunError(f"{run} is no folder. Give another place with --out.")
    names = {path.name for path in run.iterdir()} if run.exists() else set[str]()
    if RUN_FILE not in names and (strangers := names - _FIRST_FILES):
        raise RunError(
            f"{run} holds files that are no run's, such as {min(strangers)}. "
            "Give an empty or a new folder with --out."
        )


def read_run(run: Path) -> tuple[RunFile, Brief]:
    """Return what a run was started with.

    Raises:
        RunError: there is no run in the folder, or its run.json is broken.
    """
    try:
        values = dict(json.loads((run / RUN_FILE).read_text(encoding="utf-8")))
        result = values.pop("result")
        found = RunFile(**values, result=Result(**result) if result else None)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"There is no run in {run}. Start one with `officina run`.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{run / RUN_FILE} is not what a run wrote ({error}). Start a run in a new folder."
        ) from error
    return found, load_brief(run / "brief.yaml")


def write_run_file(run: Path, content: RunFile) -> None:
    """Write run.json, whole or not at all."""
    text = json.dumps(asdict(content), indent=2, ensure_ascii=False) + "\n"
    write_whole(run / RUN_FILE, text)


def settings_of(started: RunFile) -> Settings:
    """Return the settings that a run was started with; keys come from the environment again."""
    file = Path(started.services_file) if started.services_file else None
    settings = read_settings(
        model=None,
        by_role=started.models,
        concurrency=started.concurrency,
        folder=file.parent if file else None,
    )
    if started.index == "elasticsearch" and settings.index == "embedded":
        raise SettingsError(
            "The run's passages are in Elasticsearch. Set ELASTICSEARCH_URL, and its key, again."
        )
    kept = read_services(started.services, RUN_FILE)
    return replace(
        settings,
        prompts=Path(started.prompts) if started.prompts else None,
        index=started.index,
        ingest=started.ingest,
        services=resumed(kept, settings.services) if settings.services_file else kept,
    )


def machines_of(run: Path, started: RunFile) -> MachineSource:
    """Return where a run has its machine names from."""
    if started.machines == POSTGRES:
        return POSTGRES
    return run / started.machines if started.machines else None


@contextmanager
def locked(run: Path) -> Generator[None]:
    """Hold the run folder, so that no second process works on it.

    Raises:
        RunError: another process holds it.
    """
    lock = FileLock(run / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(f"{run} is in use by another process. Wait for it, or stop it.") from error
    try:
        yield
    finally:
        lock.release()


async def drive(
    run: Path,
    started: RunFile,
    brief: Brief,
    settings: Settings,
    on_event: OnEvent,
    farming: Farming = ALONE,
    within: Within = nullcontext,
) -> Result:
    """Run the dataset graph on the folder to its end, and write down how it ended.

    Where the state's database goes away and comes back, it goes on by itself. `within` holds the
    run, and may end it.
    """
    began = time.monotonic()
    if started.estimated:
        started.estimated = False
        write_run_file(run, started)
    patience = Patience(settings.services.patience, partial(_say_waiting, on_event))
    work = partial(_walk, run, started, brief, settings, on_event, farming, within)
    ended, accepted, replayed = await outlasting(run, patience, work)
    started.result = Result(
        decision=ended.decision,
        reason=ended.reason,
        accepted=accepted,
        wanted=brief.rows,
        dataset=ended.dataset,
        adapter=ended.adapter,
        evaluation=ended.evaluation,
        replayed=replayed,
        seconds=round(time.monotonic() - began, 1),
        note=ended.note,
    )
    write_run_file(run, started)
    return started.result


async def _walk(
    run: Path,
    started: RunFile,
    brief: Brief,
    settings: Settings,
    on_event: OnEvent,
    farming: Farming,
    within: Within,
) -> tuple[DatasetState, int, int]:
    """Walk the dataset graph once; return its last state, the rows accepted, the calls replayed."""
    ended = DatasetState(started.manuals)
    async with (
        open_context(run, brief, settings, machines_of(run, started)) as context,
        helping(context, settings, farming),
        within(context),
    ):
        title = f"dataset of {brief.rows} rows from {Path(started.manuals).name}"
        with context.tracing.dataset(title, {"models": started.models}).following() as config:
            stream = dataset_graph.astream(
                DatasetInput(started.manuals),
                config,
                context=context,
                stream_mode=["custom", "values"],
            )
            async for mode, value in stream:
                if mode == "custom":
                    on_event(cast("dict[str, object]", value))
                else:
                    ended = replace(ended, **cast("dict[str, Any]", value))
        return ended, context.ledger.progress().accepted, context.calls.replayed


def _say_waiting(on_event: OnEvent, service: str, seconds: float) -> None:
    on_event({"event": "waiting", "service": service, "seconds": round(seconds, 1)})
