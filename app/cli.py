"""The command line: each verb turns options into a room's call, and a room's error into a sentence.

`app/exits.py` says with what it leaves.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.exits import DONE, INTERRUPTED, MISTAKE
from app.options import (
    Answerer,
    Concurrency,
    Critic,
    Engine,
    Generator,
    Json,
    Machines,
    Model,
    Out,
    Processes,
    Recipe,
    Replayed,
    Run,
)
from app.terminal import hear_signals, ignore_signals, outlive_readers

app = typer.Typer(
    name="officina",
    help="A folder of technical manuals in; a question-answer dataset with cited sources out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
machine_verbs = typer.Typer(no_args_is_help=True)
app.add_typer(machine_verbs, name="machines", help="The machine names in Postgres.")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options that stand before the verb; `main` reads --debug itself."""
    del debug


@app.command()
def run(
    manuals: Annotated[Path, typer.Argument(metavar="MANUALS", help="The folder of manuals.")],
    out: Out = None,
    brief: Annotated[Path | None, typer.Option(help="What dataset is wanted.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="How many rows are wanted.")] = None,
    model: Model = None,
    generator: Generator = None,
    critic: Critic = None,
    answerer: Answerer = None,
    concurrency: Concurrency = None,
    workers: Processes = 1,
    engine: Engine = "local",
    machines: Machines = None,
    ingest: Annotated[
        bool | None,
        typer.Option("--ingest/--no-ingest", help="Fill the index or use it as it is."),
    ] = None,
    eval_questions: Annotated[
        Path | None,
        typer.Option(help="Questions (JSON Lines or text) that no row may be near."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a dataset from a folder of manuals."""
    from app import ray_workers, runs, verbs
    from app.directory import machine_source

    roles = {"generator": generator, "critic": critic, "answerer": answerer}
    settings = verbs.settings_for(
        manuals, model=model, roles=roles, concurrency=concurrency, brief=brief, ingest=ingest
    )
    farming = ray_workers.farming_of(workers, engine, runs.state_of(settings), settings)
    wanted = verbs.read_wanted(brief, rows)
    folder = out or Path("runs") / manuals.resolve().name
    found = machine_source(manuals, machines, settings)
    started = runs.create_run(folder, manuals, wanted, settings, found, eval_questions)
    code = verbs.carry_out(folder, started, wanted, settings, farming=farming, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def estimate(
    manuals: Annotated[Path, typer.Argument(metavar="MANUALS", help="The folder of manuals.")],
    out: Out = None,
    brief: Annotated[Path | None, typer.Option(help="What dataset is wanted.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="How many rows are wanted.")] = None,
    model: Model = None,
    generator: Generator = None,
    critic: Critic = None,
    answerer: Answerer = None,
    concurrency: Concurrency = None,
    machines: Machines = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Candidates really asked first; 0 asks nothing.")
    ] = 12,
    as_json: Json = False,
) -> None:
    """Say what a run will cost, before it; the run takes over what was asked for that."""
    from app import estimating, runs, verbs
    from app.directory import machine_source

    roles = {"generator": generator, "critic": critic, "answerer": answerer}
    settings = verbs.settings_for(
        manuals, model=model, roles=roles, concurrency=concurrency, brief=brief, ingest=None
    )
    wanted = verbs.read_wanted(brief, rows)
    folder = out or Path("runs") / manuals.resolve().name
    found = machine_source(manuals, machines, settings)
    started = runs.create_run(folder, manuals, wanted, settings, found, estimated=True)
    code = estimating.carry_out(folder, started, wanted, settings, sample=sample, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def ingest(
    manuals: Annotated[Path, typer.Argument(metavar="MANUALS", help="The folder of manuals.")],
    recreate: Annotated[bool, typer.Option("--recreate", help="Fill it anew.")] = False,
    chunk_size: Annotated[int, typer.Option(min=100, help="Characters of a passage.")] = 900,
    overlap: Annotated[int, typer.Option(min=0, help="Characters that two passages share.")] = 0,
    machines: Machines = None,
) -> None:
    """Fill the Elasticsearch index from a folder of manuals; readers see it when it is whole."""
    from app import ingesting

    ingesting.ingest(manuals, machines, recreate=recreate, size=chunk_size, overlap=overlap)


@app.command()
def resume(
    run: Run,
    add_budget: Annotated[
        str | None,
        typer.Option(metavar="MORE", help="Raise limits first, as calls=500,money=2.50."),
    ] = None,
    workers: Processes = 1,
    engine: Engine = "local",
    as_json: Json = False,
) -> None:
    """Go on with a run that was interrupted or ended short; a finished one is left as it is."""
    from app import budgeting, ray_workers, run_file, verbs
    from training.formats import is_as_written

    started, brief = run_file.read_run(run)
    whole = started.result and started.result.decision == "export" and not started.result.reason
    if started.result and whole and is_as_written(run / "dataset"):
        kept = " Its limits are as they were." if add_budget else ""
        print(f"{run} is finished; nothing was changed.{kept}", file=sys.stderr)
        raise typer.Exit(verbs.conclude(run, started.result, as_json=as_json))
    settings = run_file.settings_of(started)
    farming = ray_workers.farming_of(workers, engine, started.state, settings)
    if add_budget:
        brief = budgeting.add_budget(run, brief, add_budget)
    code = verbs.carry_out(run, started, brief, settings, farming=farming, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def replay(run: Run, out: Replayed = None, as_json: Json = False) -> None:
    """Make a run's dataset again from its journal, without a model, and compare the two."""
    from app import replaying

    folder = out or run.with_name(f"{run.resolve().name}-replayed")
    raise typer.Exit(replaying.replay(run, folder, as_json=as_json))


@app.command()
def status(run: Run, as_json: Json = False) -> None:
    """Show how far a run is."""
    from app import showing

    showing.show_status(run, as_json=as_json)


@app.command()
def why(
    run: Run,
    row: Annotated[str | None, typer.Argument(metavar="[ROW]", help="A candidate's id.")] = None,
) -> None:
    """Say why candidates were dropped, or how one candidate came to its end."""
    from app import showing

    showing.show_why(run, row)


@app.command()
def export(
    run: Run,
    format_: Annotated[str, typer.Option("--format", help="The format's name.")] = "messages",
    out: Annotated[
        Path | None, typer.Option(help="The folder; in the run folder if not given.")
    ] = None,
) -> None:
    """Write the dataset in another format."""
    from training.export import export as write

    print(write(run / "dataset", format_, out or run / "exports" / format_))


@app.command()
def upload(
    run: Run,
    name: Annotated[
        str | None, typer.Option(help="The dataset's name; the run folder's if not given.")
    ] = None,
) -> None:
    """Upload the dataset to LangSmith; a second upload changes its examples."""
    from app import verbs

    verbs.upload_dataset(run, name or run.resolve().name)


@app.command()
def audit(
    run: Run,
    recipe: Annotated[str | None, typer.Option(help="A recipe's name or path.")] = None,
    as_json: Json = False,
) -> None:
    """Say what the split parted, and what a training with the recipe would really see."""
    from app import showing

    raise typer.Exit(showing.show_audit(run, recipe, as_json=as_json))


@app.command()
def train(run: Run, recipe: Recipe) -> None:
    """Tune a model on the dataset."""
    from app import verbs

    verbs.train(run, recipe)


@app.command()
def evaluate(run: Run) -> None:
    """Answer the held-out rows with the base and the tuned model."""
    from app import verbs

    verbs.evaluate(run)


@machine_verbs.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file as machines.csv is.")],
) -> None:
    """Replace the machine names in Postgres by those of a file."""
    from app import verbs

    verbs.load_machines(file)


@machine_verbs.callback()
def machines() -> None:
    """Keep machine names in Postgres."""


@app.command()
def doctor() -> None:
    """Say whether what Officina needs is there, and how to mend what is not."""
    from app.doctor import examine

    raise typer.Exit(DONE if examine() else MISTAKE)


def main() -> None:
    """Run a verb; tell errors as sentences and leave with the documented exit code."""
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    outlive_readers()
    hear_signals()
    try:
        code = app(args=arguments, standalone_mode=False)
    except Exception as error:
        from app.errors import told, traced

        if len(arguments) < len(sys.argv) - 1:
            print(traced(error), file=sys.stderr)
        _leave(*told(error))
    # What is done is done: a signal while the interpreter ends must not say otherwise.
    ignore_signals()
    # Typer turns Ctrl-C into this code.
    if code == INTERRUPTED:
        _leave(code, "Interrupted. Go on with `officina resume RUN`, or start the run again.")
    sys.exit(code or DONE)


def _leave(code: int, sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
