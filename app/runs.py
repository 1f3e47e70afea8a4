"""Runs: their folders, made with what a run is started with, or taken over from an estimate."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from app.directory import MachineSource
from app.expected import ESTIMATE
from app.opening import greet, rehearse
from app.run_file import (
    BRIEF,
    RunError,
    RunFile,
    kept_brief,
    locked,
    read_run_file,
    write_run_file,
)
from app.settings import STATE_URL, Settings
from app.state import RUN_FILE, StateKind, open_books, remove_books
from app.tracing import untraced
from graph.brief import Brief, dump_brief
from tools.library import DOCUMENTS, MACHINES_KEPT, write_whole
from tools.questions_file import KEPT, read_questions
from tools.tables import StateError

PACKAGES = ("officina", "langgraph", "langchain", "langchain-openai", "tantivy", "pypdfium2")

MACHINES = "machines.csv"
_WRITTEN = (BRIEF, MACHINES, KEPT, RUN_FILE)
_FIRST_FILES = {".lock", *_WRITTEN, *(f"{name}.part" for name in _WRITTEN)}


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

    A folder in which a run was only estimated is taken over, with the calls in its journal; so is
    one whose run was killed while the models' servers were asked for the first time.

    Raises:
        RunError: there is a run in the folder already, or no manuals.
        CallError: a model cannot be used; the folder is as it was.
        QuestionsFileError: the file of evaluation questions has lines that are none.
    """
    if not manuals.is_dir():
        raise RunError(f"There is no folder {manuals}. Give the folder that holds the manuals.")
    if evaluation_questions:
        read_questions(evaluation_questions)
    with untraced():
        asyncio.run(rehearse(brief, settings, machines))
    _refuse_strangers(run)
    is_folder = run.exists()
    run.mkdir(parents=True, exist_ok=True)
    made = _described(manuals, settings, machines, estimated=estimated)
    started_with = {MACHINES: machines, KEPT: evaluation_questions}
    copied = {name: file for name, file in started_with.items() if isinstance(file, Path)}
    with locked(run):
        if (run / RUN_FILE).exists():
            _refuse_begun(run)
            _greet(run, brief, settings)
            _take_over(run, made, brief)
            _write_down(run, made, brief, copied)
        else:
            _write_down(run, made, brief, copied)
            try:
                _greet(run, brief, settings)
            except Exception:
                _remove(run, folder=not is_folder)
                raise
        write_run_file(run, made)
    return made


def _described(
    manuals: Path, settings: Settings, machines: MachineSource, *, estimated: bool
) -> RunFile:
    return RunFile(
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


def _write_down(run: Path, made: RunFile, brief: Brief, copied: Mapping[str, Path]) -> None:
    """Write down what a run is started with, as of one that has not begun.

    A folder that holds run.json and a brief can be resumed, with what was asked for alone.
    """
    if KEPT not in copied:
        (run / KEPT).unlink(missing_ok=True)
    for name, file in copied.items():
        write_whole(run / name, memoryview(file.read_bytes()))
    if not (run / RUN_FILE).exists():
        write_whole(run / BRIEF, dump_brief(brief))
    write_run_file(run, replace(made, estimated=True))
    # Of a run that is taken over the brief was removed, until run.json is the new one's.
    write_whole(run / BRIEF, dump_brief(brief))


def _greet(run: Path, brief: Brief, settings: Settings) -> None:
    with untraced(), open_books(run, new=True) as (_, journal):
        asyncio.run(greet(brief, settings, journal))


def _remove(run: Path, *, folder: bool) -> None:
    """Remove what was made of a run that cannot start."""
    # The state's database may be what it cannot start for.
    with suppress(StateError):
        remove_books(run)
    for name in _FIRST_FILES:
        (run / name).unlink(missing_ok=True)
    if folder:
        run.rmdir()


def state_of(settings: Settings) -> StateKind:
    """Return where the state of a new run is kept."""
    return "postgres" if settings.variables.get(STATE_URL) else "sqlite"


def _refuse_begun(run: Path) -> None:
    if not read_run_file(run).estimated:
        raise RunError(
            f"{run} holds a run already. Go on with `officina resume {run}`, "
            "or give another folder with --out."
        )


def _take_over(run: Path, made: RunFile, brief: Brief) -> None:
    """Keep of an estimated run what is as good for this one: its calls in any case."""
    known = read_run_file(run)
    made.id = known.id
    same = replace(made, concurrency=known.concurrency, estimated=True, versions=known.versions)
    if same == known and brief == kept_brief(run):
        return
    (run / BRIEF).unlink(missing_ok=True)
    with open_books(run) as (ledger, _):
        ledger.clear()
    for name in (ESTIMATE, MACHINES_KEPT):
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
