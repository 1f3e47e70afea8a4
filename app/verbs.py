"""Verbs: what each command of the command line does, once its options are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from agents.journal import Spent
from agents.prices import cost_of, unpriced
from app.budgeting import told_limits
from app.directory import POSTGRES, describe, load_file
from app.driving import drive
from app.exits import DONE, SHORT
from app.interruption import interruptible
from app.opening_index import for_manuals
from app.progress import print_unused, viewed
from app.reporting import prices_of, write_run_report
from app.run_file import Result, RunFile, locked, machines_of, read_run, settings_of, write_run_file
from app.settings import Settings, SettingsError, is_offline, read_settings
from app.state import open_books, outlasting
from app.terminal import counted, tell
from app.tracing import spared_threads
from app.workers import Farming
from graph.brief import Brief, load_brief
from graph.ledger import Note, Progress
from tools.patience import Patience
from training.recipe import load_recipe


def read_wanted(path: Path | None, rows: int | None) -> Brief:
    """Return the brief in the file, or the default one; `rows` comes before what it says."""
    brief = load_brief(path) if path else Brief()
    return brief.model_copy(update={"rows": rows}) if rows else brief


def settings_for(
    manuals: Path,
    *,
    model: str | None,
    roles: Mapping[str, str | None],
    concurrency: int | None,
    brief: Path | None,
    ingest: bool | None,
) -> Settings:
    """Return the settings of a new run over these manuals."""
    folder = brief.parent if brief else None
    settings = read_settings(model=model, by_role=roles, concurrency=concurrency, folder=folder)
    if settings.index == "embedded" and ingest is False:
        raise SettingsError(
            "--no-ingest needs an index that is there already. Set ELASTICSEARCH_URL."
        )
    wanted = settings.ingest if ingest is None else ingest
    return for_manuals(replace(settings, ingest=wanted), manuals)


def carry_out(
    run: Path,
    started: RunFile,
    brief: Brief,
    settings: Settings,
    *,
    farming: Farming,
    as_json: bool,
) -> int:
    """Drive a run to its end, show it, write its report, and return the exit code."""
    console = Console(stderr=True)
    console.print(_opening(settings, brief), highlight=False)
    if started.machines:
        named = describe(machines_of(run, started), settings)
        console.print(f"Machine names: {named}.", highlight=False, soft_wrap=True)
    prices = settings.services.prices
    with locked(run), spared_threads(settings), viewed(run, brief, prices) as view:
        driven = drive(
            *(run, started, brief, settings, view.on_event, farming), within=interruptible
        )
        result = asyncio.run(driven)
    return conclude(run, result, as_json=as_json, patience=settings.services.patience)


def _opening(settings: Settings, brief: Brief) -> str:
    specs = dict.fromkeys(settings.models.values())
    named = ", ".join(f"{role} {spec}" for role, spec in sorted(settings.models.items()))
    if len(specs) == 1:
        named = next(iter(specs))
    if is_offline(settings.models):
        named += " (offline is a rules model without a key: its rows are for trying the tool)"
    return f"Model: {named}.\n{counted(brief.rows, 'row')} wanted; at most {told_limits(brief)}."


def conclude(run: Path, result: Result, *, as_json: bool, patience: float = 0.0) -> int:
    """Print how a run ended and where things are; return the exit code.

    Its state is waited for as many seconds as there is patience.
    """

    async def read() -> tuple[Progress, list[Spent], list[Note]]:
        with open_books(run) as (ledger, journal):
            return ledger.progress(), journal.spent(), ledger.notes()

    reading = outlasting(run, Patience(patience, _say_waiting), read)
    progress, spent, notes = asyncio.run(reading)
    for said in filter(None, (result.note, result.reason)):
        tell(said)
    if as_json:
        print(json.dumps(_summary(run, result, progress.dropped, spent), ensure_ascii=False))
    else:
        _print_places(run, result)
        print_unused(notes)
    return DONE if result.decision == "export" and not result.reason else SHORT


def _summary(
    run: Path, result: Result, dropped: dict[str, int], spent: list[Spent]
) -> dict[str, object]:
    return {
        "accepted": result.accepted,
        "dropped": dropped,
        "calls": sum(each.calls for each in spent),
        "replayed": result.replayed,
        "tokens": sum(each.input_tokens + each.output_tokens for each in spent),
        "cost": _told_cost(run, spent),
        "seconds": result.seconds,
        "rows_path": str(run / "dataset" / "rows.parquet"),
        "reason": result.reason or result.note,
    }


def _told_cost(run: Path, spent: list[Spent]) -> float | None:
    """Return what the calls cost, and say which price is missing if one is."""
    prices = prices_of(read_run(run)[0])
    if missing := unpriced(spent, prices):
        tell(f"The cost is not known: `prices` in officina.yaml has none for {', '.join(missing)}.")
    return cost_of(spent, prices)


def _print_places(run: Path, result: Result) -> None:
    print(f"{result.accepted} of {result.wanted} rows")
    print(f"dataset  {run / 'dataset'}")
    print(f"report   {run / 'report.html'}")
    if result.adapter:
        print(f"adapter  {result.adapter}")
    for arm, score in sorted(result.evaluation.items()):
        print(f"token F1 {arm}: {score:.3f}")


def upload_dataset(run: Path, name: str) -> None:
    """Upload a run's dataset to LangSmith, and print where it is."""
    from app.upload import upload

    started, _ = read_run(run)
    done = upload(run, name, started.id, settings_of(started))
    print(f"dataset  {name}: {done.created} rows added, {done.updated} updated")
    if done.url:
        print(f"url      {done.url}")


def train(run: Path, recipe: str) -> None:
    """Tune a model on a run's dataset, and write it into the run's report."""
    from training.launch import train as launch

    started, brief = read_run(run)
    environment = settings_of(started).environment
    with locked(run):
        result = asyncio.run(
            launch(
                run / "dataset",
                load_recipe(recipe),
                run / "training",
                env=environment,
                on_line=tell,
            )
        )
        if started.result:
            started.result.adapter = str(result.adapter)
            _note_result(run, started, brief)
    print(f"adapter  {result.adapter}")
    print(f"loss     {result.first_loss:.3f} → {result.last_loss:.3f}")


def evaluate(run: Path) -> None:
    """Answer the held-out rows with base and tuned model, and write the scores into the report."""
    from training.launch import evaluate as launch

    started, brief = read_run(run)
    environment = settings_of(started).environment
    with locked(run):
        result = asyncio.run(
            launch(
                run / "dataset",
                run / "training",
                run / "evaluation",
                env=environment,
                on_line=tell,
            )
        )
        if started.result:
            started.result.evaluation = dict(result.token_f1)
            _note_result(run, started, brief)
    print(f"answers  {result.answers}")
    for arm, score in sorted(result.token_f1.items()):
        print(f"token F1 {arm}: {score:.3f}")


def load_machines(file: Path) -> None:
    """Put the machines of a file into Postgres, and say what is there now."""
    settings = read_settings(model=None, by_role={}, concurrency=None)
    table = asyncio.run(load_file(file, settings))
    print(
        f"{len(table.machines)} machines and {len(table.codes_by_filename)} documents are in "
        f"{describe(POSTGRES, settings)}."
    )
    if settings.services.postgres.query:
        tell("Runs do not read them while officina.yaml has a query of its own under `postgres`.")


def _note_result(run: Path, started: RunFile, brief: Brief) -> None:
    write_run_file(run, started)
    write_run_report(run, started, brief)


def _say_waiting(service: str, seconds: float) -> None:
    tell(f"waiting for {service}; again in {seconds:.1f} s")
