"""Opening: settings become the live parts of a run, and are closed again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from agents.budget import Budget, Caps
from agents.calls import Calls
from agents.gates import Gates
from agents.journal import Journal
from agents.sessions import Session
from app.budgeting import check_accounts, check_prices
from app.directory import MachineSource, check_directory, open_directory
from app.opening_index import check_index, check_questions, open_index, open_question_vectors
from app.roles import open_roles, probed
from app.settings import Settings, SettingsError
from app.starting import START_SECONDS
from app.state import open_books
from app.tracing import open_tracing, untraced
from graph.brief import Brief
from graph.context import Context
from graph.ledger import Ledger, Note
from prompts.templates import Prompts
from tools.index import Index
from tools.library import DOCUMENTS, Library
from tools.patience import Patience
from training.recipe import Recipe, load_recipe
from training.rows import TrainingError
from training.tokens import load_tokenizer

_LOST = "The index holds this text, and no document here does: it is not used."


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


async def rehearse(brief: Brief, settings: Settings, machines: MachineSource) -> None:
    """Raise what would keep a run from starting, as far as no model must be asked for that."""
    check_prices(brief, settings)
    recipe = recipe_of(brief)
    if recipe and not recipe.tiny:
        # Rows are measured with it: better to miss it now than after paid calls.
        load_tokenizer(recipe)
    await check_directory(machines, settings)
    await check_index(settings)
    await check_questions(brief, settings)


async def greet(brief: Brief, settings: Settings, journal: Journal) -> None:
    """Ask the models' servers what a run asks them at first; raise what would keep it from that.

    What they reply is in the journal, where the run will find it.
    """
    await check_accounts(brief, settings, journal)
    prompts, session = Prompts(settings.prompts), Session(journal, leads=True)
    async with session.beating(), open_roles(settings, start=False) as models:
        gates = _gates(settings)
        calls = _calls(brief, settings, prompts, session, gates, _at_start(settings))
        await probed(models, calls, prompts)


@asynccontextmanager
async def open_context(
    run: Path, brief: Brief, settings: Settings, machines: MachineSource, joins: str = ""
) -> AsyncGenerator[Context]:
    """Yield the live parts of a run on its folder, and close them.

    One process of a run leads; each other one joins, in a session whose id the leader gives it.
    """
    check_prices(brief, settings)
    prompts = Prompts(settings.prompts)
    recipe = recipe_of(brief)
    await check_index(settings)
    patience = Patience(settings.services.patience)
    tracing = open_tracing(run, settings)
    try:
        with open_books(run, patience) as (ledger, journal):
            await check_accounts(brief, settings, journal)
            gates = _gates(settings)

            def on_change(living: int, dead: Sequence[str]) -> None:
                gates.share(living)
                if dead and not joins:
                    ledger.release(*dead)

            session = Session(journal, leads=not joins, on_change=on_change)
            session.id = joins or session.id
            async with (
                session.beating(),
                open_directory(machines, settings, patience) as directory,
                _index(run, settings, patience, ledger) as index,
                open_roles(settings) as opened,
            ):
                calls = _calls(brief, settings, prompts, session, gates, _at_start(settings))
                with untraced():
                    models = await probed(opened, calls, prompts, ledger)
                calls.wait_for(patience)
                yield Context(
                    run=run,
                    brief=brief,
                    prompts=prompts,
                    models=models,
                    calls=calls,
                    session=session.id,
                    ledger=ledger,
                    index=index,
                    machines=directory,
                    recipe=recipe,
                    concurrency=settings.concurrency,
                    child_env=settings.environment,
                    patience=patience,
                    tracing=tracing,
                    replays=settings.replays,
                    question_vectors=open_question_vectors(run, brief, settings, patience),
                    prices=settings.services.prices,
                )
    finally:
        tracing.close()


def _index(
    run: Path, settings: Settings, patience: Patience, ledger: Ledger
) -> AbstractAsyncContextManager[Index]:
    def on_lost(id: str, file: str) -> None:
        ledger.note([Note("lost", f"{file} {id}".strip(), 0, _LOST)])

    return open_index(
        run / "index",
        settings,
        patience,
        library=lambda: Library.open(run / DOCUMENTS),
        on_lost=on_lost,
    )


def _at_start(settings: Settings) -> Patience:
    return Patience(min(START_SECONDS, settings.services.patience))


def _gates(settings: Settings) -> Gates:
    return Gates(settings.concurrency, settings.services.servers)


def _calls(
    brief: Brief,
    settings: Settings,
    prompts: Prompts,
    session: Session,
    gates: Gates,
    patience: Patience,
) -> Calls:
    limits, journal = brief.limits, session.journal
    caps = Caps(
        calls=brief.most_calls,
        tokens=limits.tokens,
        money=limits.money,
        minutes=limits.minutes,
    )
    budget = Budget(journal, caps, settings.services.prices, session)
    return Calls(journal, gates, budget, prompts, patience=patience, redact=settings.redact)
