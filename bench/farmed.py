"""Runs that are planned whole before they are farmed: what the benches of the farm share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.run_file import RunFile, settings_of, write_run_file
from app.settings import Settings
from graph.brief import Brief, dump_brief
from graph.context import Context
from graph.plan import next_candidates
from graph.state import Window


def make_run(
    run: Path,
    manuals: Path,
    brief: Brief,
    url: str,
    width: int,
    *,
    machines: Path | None = None,
    state: str = "sqlite",
) -> Settings:
    """Write the first files of a run whose gate stays as wide as it is; return its settings."""
    made = RunFile(
        manuals=str(manuals),
        machines=str(machines) if machines else None,
        models=dict.fromkeys(("generator", "critic", "answerer"), f"openai:mock@{url}"),
        concurrency=width,
        prompts=None,
        versions={},
        state="postgres" if state == "postgres" else "sqlite",
        services={"servers": {url: {"most_in_flight": width}}},
    )
    run.mkdir(exist_ok=True)
    (run / "brief.yaml").write_text(dump_brief(brief), encoding="utf-8")
    write_run_file(run, made)
    return settings_of(made)


def plan(context: Context, windows: Sequence[Window], candidates: int) -> None:
    """Plan rounds over the windows until there are so many candidates."""
    round_, left = 0, candidates
    while left:
        round_ += 1
        chosen = next_candidates(
            windows, round_=round_, missing=left, rate=1.0, most=left, asked={}, exhausted=set()
        )
        context.ledger.plan(chosen)
        left -= len(chosen)
