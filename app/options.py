"""Options: what several verbs of the command line take, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The run folder.")]
Out = Annotated[Path | None, typer.Option(help="The run folder; runs/<folder name> if not given.")]
Replayed = Annotated[Path | None, typer.Option(help="The new folder; RUN-replayed if not given.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Recipe = Annotated[str, typer.Option(help="A recipe's name or path.")]
Machines = Annotated[Path | None, typer.Option(help="machines.csv, if elsewhere.")]
Concurrency = Annotated[int | None, typer.Option(help="Calls in flight at first; learned then.")]
Processes = Annotated[
    int,
    typer.Option("--workers", min=1, help="Processes that farm, with this one; by Ray, beside it."),
]
Engine = Annotated[
    Literal["local", "ray"],
    typer.Option(help="Where they farm: here, or on a Ray cluster's nodes (state in Postgres)."),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="SPEC", help="The model of all roles, as openai:NAME@URL, or offline."),
]
Generator = Annotated[str | None, typer.Option(metavar="SPEC", help="Who writes, if another.")]
Critic = Annotated[str | None, typer.Option(metavar="SPEC", help="Who judges, if another.")]
Answerer = Annotated[str | None, typer.Option(metavar="SPEC", help="Who answers, if another.")]
