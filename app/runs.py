"""Runs: their folders, made with what a run is started with, or taken over from an estimate."""

from __future__ import annotations

import asyncio
import platform
import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from app.directory import MachineSource
from app.expected import ESTIMATE
from app.opening import rehearse
from app.run_file import RunError, RunFile, locked, read_run, write_run_file
from app.settings import STATE_URL, Settings
from app.state import RUN_FILE, StateKind, open_books
from app.tracing import untraced
from graph.brief import Brief, dump_brief
from tools.library import DOCUMENTS, MACHINES_KEPT
from tools.questions_file import KEPT, read_questions

PACKAGES = ("officina", "langgraph", "langchain", "langchain-openai", "tantivy", "pypdfium2")

MACHINES = "machines.csv"
_FIRST_FILES = {".lock", "brief.yaml", MACHINES, KEPT, f"{RUN_FILE}.part"}


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
