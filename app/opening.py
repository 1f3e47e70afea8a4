"""Opening: settings become the live parts of a run, and are closed again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from agents.budget import Budget
from agents.calls import Calls, RoleModel
from agents.gate import Gate
from agents.journal import Journal
from agents.models import open_model
from app.settings import ROLES, Settings, SettingsError
from app.tracing import open_tracing
from graph.brief import Brief
from graph.context import Context
from graph.ledger import Ledger
from prompts.templates import Prompts
from tools.embedded import EmbeddedIndex
from tools.machines import CsvMachineDirectory
from tools.patience import Patience
from training.recipe import Recipe, load_recipe
from training.rows import TrainingError
from training.tokens import load_tokenizer


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


async def rehearse(brief: Brief, settings: Settings, machines: Path | None) -> None:
    """Raise what would keep a run from starting, before anything of it is written."""
    Prompts(settings.prompts)
    recipe = recipe_of(brief)
    if recipe and not recipe.tiny:
        # Rows are measured with it: better to miss it now than after paid calls.
        load_tokenizer(recipe)
    _open_models(settings)
    if machines:
        CsvMachineDirectory(machines)


@asynccontextmanager
async def open_context(
    run: Path, brief: Brief, settings: Settings, machines: Path | None
) -> AsyncGenerator[Context]:
    """Yield the live parts of a run on its folder, and close them."""
    prompts = Prompts(settings.prompts)
    recipe = recipe_of(brief)
    models = _open_models(settings)
    tracing = open_tracing(run, settings)
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
            patience=Patience(settings.services.patience),
            tracing=tracing,
        )
    finally:
        tracing.close()
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
            opened[role] = open_model(role, settings.models[role], settings.variables)
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
