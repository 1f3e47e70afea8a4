"""The run file: run.json, which says what a run was started with and how it ended.

Whoever works on a run holds its folder meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from app.directory import POSTGRES, MachineSource
from app.services import read_services, resumed
from app.settings import IndexKind, Settings, SettingsError, read_settings
from app.state import RUN_FILE, StateKind
from graph.brief import Brief, load_brief
from graph.state import Decision
from tools.library import write_whole

BRIEF = "brief.yaml"


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


def read_run(run: Path) -> tuple[RunFile, Brief]:
    """Return what a run was started with.

    Raises:
        RunError: there is no run in the folder, its run.json is broken, or it has no brief.
    """
    found, brief = read_run_file(run), kept_brief(run)
    if brief:
        return found, brief
    if found.estimated:
        raise RunError(
            f"{run} was cut off while it was made. Start its run again with `officina run`."
        )
    # An empty brief is the default one, whose limits nobody chose for this run.
    raise RunError(
        f"{run / BRIEF} is empty or gone. Write the run's brief there again, with its limits."
    )


def read_run_file(run: Path) -> RunFile:
    """Return run.json.

    Raises:
        RunError: there is none, or it is broken.
    """
    try:
        values = dict(json.loads((run / RUN_FILE).read_text(encoding="utf-8")))
        result = values.pop("result")
        return RunFile(**values, result=Result(**result) if result else None)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"There is no run in {run}. Start one with `officina run`.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{run / RUN_FILE} is not what a run wrote ({error}). Start a run in a new folder."
        ) from error


def kept_brief(run: Path) -> Brief | None:
    """Return the brief of a run, None where it is empty or gone."""
    file = run / BRIEF
    return load_brief(file) if file.exists() and file.stat().st_size else None


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
