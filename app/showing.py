"""Showing: what a run has come to so far, and why, without working on it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console

from agents.journal import Spent
from agents.prices import cost_of
from app.exits import DONE, MISTAKE, SHORT
from app.expected import beside_truth, comparable_seconds, kept
from app.progress import print_unused, printable, render_status
from app.reporting import prices_of
from app.run_file import RunFile, read_run
from app.state import open_books
from app.traces import trace_of
from graph.ledger import Ledger
from tools.library import DOCUMENTS, Library
from training.recipe import load_recipe


def show_status(run: Path, *, as_json: bool) -> None:
    """Print how far a run is."""
    started, brief = read_run(run)
    with open_books(run) as (ledger, journal):
        progress, spent, notes = ledger.progress(), journal.spent(), ledger.notes()
        seconds = comparable_seconds(journal, brief)
    unknown = [note.path for note in notes if note.kind == "unknown_machine"]
    if as_json:
        finished = started.result.decision if started.result else None
        values: dict[str, object] = {
            "accepted": progress.accepted,
            "wanted": brief.rows,
            "planned": progress.planned,
            "drafts": progress.drafts,
            "revisions": progress.revisions,
            "variants": progress.variants,
            "dropped": progress.dropped,
            "calls": sum(each.calls for each in spent),
            "cost": cost_of(spent, prices_of(started)),
            "decision": finished,
            **({"unknown_machines": unknown} if unknown else {}),
            **_estimated(run, started, spent, seconds),
            "notes": dict(Counter(note.kind for note in notes)),
        }
        print(json.dumps(values))
        return
    Console().print(render_status(brief, progress, spent, prices_of(started)))
    if unknown:
        print(f"Not among the machine names: {printable(', '.join(unknown))}.")
    print(_how_it_ended(run, started))
    print_unused(notes)


def _how_it_ended(run: Path, started: RunFile) -> str:
    if started.result is None:
        return f"It has not ended. Where no process is at it, go on with `officina resume {run}`."
    return f"It has ended. {started.result.reason}".rstrip()


def _estimated(
    run: Path, started: RunFile, spent: list[Spent], seconds: float | None
) -> dict[str, object]:
    """Return each figure of an estimate beside what it has come to, where one was made."""
    estimate = kept(run)
    if estimate is None:
        return {}
    truths = beside_truth(estimate, spent, prices_of(started), seconds)
    return {
        "estimate": {
            truth.name: {
                "low": truth.expected.low,
                "high": truth.expected.high,
                "so_far": truth.truth,
            }
            for truth in truths
        }
    }


def show_why(run: Path, candidate: str | None) -> None:
    """Print why candidates were dropped, or one candidate's life."""
    read_run(run)
    with open_books(run) as (ledger, _):
        if candidate is None:
            _print_dropped(ledger)
            return
        entry = ledger.entry(candidate)
    if entry is None:
        print(
            f"No single candidate of {run} has an id that begins with {candidate}.", file=sys.stderr
        )
        raise SystemExit(MISTAKE)
    window = entry.candidate.window
    print(f"{entry.candidate.id}: {entry.status} {entry.reason}".rstrip())
    path = printable(Library.open(run / DOCUMENTS).document(window.document_id).path)
    print(f"document {path}, pages {window.pages[0]}-{window.pages[1]}")
    for step in entry.life:
        print(f"  {step.name:9} {printable(step.said)}")
    if trace := trace_of(run, entry.candidate.id):
        print(f"trace {trace.url or f'{trace.trace} in the LangSmith project {trace.project}'}")


def _print_dropped(ledger: Ledger) -> None:
    entry = None
    for entry in ledger.entries("dropped", "set_aside"):
        print(f"{entry.candidate.id}  {entry.reason:24}  {printable(entry.question)}")
    if entry is None:
        print("Nothing was dropped.")


def show_audit(run: Path, recipe: str | None, *, as_json: bool) -> int:
    """Print what a training would see and what the split parted; return the exit code."""
    from training.audit import audit, lines

    report = audit(run / "dataset", load_recipe(recipe) if recipe else None)
    print(report.model_dump_json() if as_json else "\n".join(lines(report)))
    for error in report.errors:
        print(error, file=sys.stderr)
    return SHORT if report.errors else DONE
