"""Settings: environment, `.env`, options and run folder become a Context. Nobody else reads them.

Every complaint comes at once. Keys stay in memory: run.json names models, never keys.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from agents.budget import Budget
from agents.calls import Calls, RoleModel
from agents.faults import ModelError
from agents.gate import Gate
from agents.journal import Journal
from agents.models import open_model, parse_spec
from graph.brief import Brief
from graph.context import Context
from graph.ledger import Ledger
from prompts.templates import Prompts
from tools.embedded import EmbeddedIndex
from tools.machines import CsvMachineDirectory
from training.recipe import Recipe, load_recipe
from training.rows import TrainingError
from training.tokens import load_tokenizer

ROLES = ("generator", "critic", "answerer")
DEFAULT_CONCURRENCY = 16
_KEYS = ("OPENAI_API_KEY",)
_SERVICES = (*_KEYS, "OPENAI_BASE_URL")


class SettingsError(Exception):
    """Settings cannot be used; the message lists every complaint."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made; `services` holds keys and URLs by the name of their variable."""

    models: Mapping[str, str]
    concurrency: int
    prompts: Path | None
    services: Mapping[str, str]
    environment: Mapping[str, str]


def is_offline(models: Mapping[str, str]) -> bool:
    """Return whether a role is played by the rules model, so that rows are for trying the tool."""
    return "offline" in models.values()


def read_settings(
    *, model: str | None, by_role: Mapping[str, str | None], concurrency: int | None
) -> Settings:
    """Return the settings of a run; options come before the environment, that before `.env`.

    Raises:
        SettingsError: one or more of them cannot be used.
    """
    values = {**{k: v for k, v in dotenv_values(".env").items() if v}, **os.environ}
    every = model or values.get("OFFICINA_MODEL") or "offline"
    models = {
        role: _absolute(
            by_role.get(role) or (not model and values.get(f"OFFICINA_{role.upper()}")) or every
        )
        for role in ROLES
    }
    width = concurrency if concurrency is not None else values.get("OFFICINA_CONCURRENCY")
    prompts = values.get("OFFICINA_PROMPTS")
    complaints = [*_model_complaints(models), *_other_complaints(width, prompts)]
    if complaints:
        raise SettingsError("\n".join(complaints))
    return Settings(
        models=models,
        concurrency=int(width or DEFAULT_CONCURRENCY),
        prompts=Path(prompts) if prompts else None,
        services={name: values[name] for name in _SERVICES if values.get(name)},
        environment={k: v for k, v in values.items() if k not in _KEYS},
    )


def _absolute(spec: str) -> str:
    """Return the spec with a script's full path, so that it is found from any folder."""
    provider, _, path = spec.partition(":")
    return f"scripted:{Path(path).resolve()}" if provider == "scripted" and path else spec


def _model_complaints(models: Mapping[str, str]) -> Iterator[str]:
    for text in dict.fromkeys(models.values()):
        try:
            spec = parse_spec(text)
        except ModelError as error:
            yield str(error)
            continue
        url = urlsplit(spec.url or "")
        if url.username or url.password or url.query:
            yield f"The URL of {spec.name} may hold a key. Put keys in the environment instead."


def _other_complaints(width: int | str | None, prompts: str | None) -> Iterator[str]:
    if width is not None and not (str(width).isdecimal() and int(width) > 0):
        yield f"Concurrency is '{width}'; give a whole number above 0."
    if prompts and not Path(prompts).is_dir():
        yield f"OFFICINA_PROMPTS names '{prompts}', which is not a folder."


def recipe_of(brief: Brief) -> Recipe | None:
    """Return the recipe that the brief names, None for `none`.

    Raises:
        SettingsError: there is no such recipe, or it cannot be used.
    """
    if brief.train == "none":
        return None
    try:
        return load_recipe(brief.train)
    except TrainingError as error:
        raise SettingsError(str(error)) from error


def rehearse(brief: Brief, settings: Settings, machines: Path | None) -> None:
    """Raise what would keep a run from starting, before anything of it is written."""
    Prompts(settings.prompts)
    recipe = recipe_of(brief)
    if recipe and not recipe.tiny:
        # Rows are measured with it: better to miss it now than after paid calls.
        load_tokenizer(recipe)
    _open_models(settings)
    if machines:
        CsvMachineDirectory(machines)


@contextmanager
def open_context(
    run: Path, brief: Brief, settings: Settings, machines: Path | None
) -> Generator[Context]:
    """Yield the live parts of a run on its folder, and close them."""
    prompts = Prompts(settings.prompts)
    recipe = recipe_of(brief)
    models = _open_models(settings)
    journal_engine, ledger_engine = _engine(run / "journal.sqlite"), _engine(run / "ledger.sqlite")
    try:
        journal = Journal(journal_engine)
        budget = Budget(
            calls=brief.limits.calls_for(brief.rows),
            minutes=brief.limits.minutes,
            spent=journal.count(),
        )
        yield Context(
            run=run,
            brief=brief,
            prompts=prompts,
            models=models,
            calls=Calls(journal, Gate(settings.concurrency), budget, prompts),
            ledger=Ledger(ledger_engine),
            index=EmbeddedIndex(run / "index"),
            machines=CsvMachineDirectory(machines) if machines else None,
            recipe=recipe,
            width=settings.concurrency,
            child_env=settings.environment,
        )
    finally:
        journal_engine.dispose()
        ledger_engine.dispose()


@contextmanager
def open_books(run: Path) -> Generator[tuple[Ledger, Journal]]:
    """Yield the ledger and the journal of a run, for looking at."""
    engines = _engine(run / "ledger.sqlite"), _engine(run / "journal.sqlite")
    try:
        yield Ledger(engines[0]), Journal(engines[1])
    finally:
        for engine in engines:
            engine.dispose()


def _open_models(settings: Settings) -> dict[str, RoleModel]:
    opened: dict[str, RoleModel] = {}
    for role in ROLES:
        same = next(
            (m for r, m in opened.items() if settings.models[r] == settings.models[role]), None
        )
        if same:
            opened[role] = RoleModel(role, same.name, same.chat)
        else:
            opened[role] = open_model(role, settings.models[role], settings.services)
    return opened


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        # With WAL, NORMAL keeps every commit through the death of the process, and is faster.
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    return engine
