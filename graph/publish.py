"""Publish: from accepted rows to a dataset folder, its audit, an adapter and its scores."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from graph.context import Context
from graph.evidence import spans_hold
from graph.ledger import Entry
from graph.quality import why_void
from graph.sections import with_section_clusters
from graph.selection import ORIGIN_GONE
from tools.library import Library
from training.formats import CardFacts, held_out, write_dataset
from training.rows import TrainingRow

Emit = Callable[[dict[str, object]], None]


def export_dataset(context: Context, title: str) -> Path:
    """Write `dataset/` from the accepted rows and `rejected.jsonl` from all others."""
    brief, rows = context.brief, list[TrainingRow]()
    unfit = set[str | None]()
    with _written_whole(context.run / "rejected.jsonl") as rejected:
        for entry in context.ledger.entries("accepted", "set_aside", "dropped"):
            reason = entry.reason or _why_unfit(entry, context.library)
            if not reason and entry.candidate.origin in unfit:
                reason = f"{ORIGIN_GONE} of {entry.candidate.origin}"
            if reason:
                unfit.add(entry.candidate.id)
            if entry.row and not reason:
                rows.append(entry.row)
            else:
                line = json.dumps(_rejected(entry, reason), ensure_ascii=False, sort_keys=True)
                rejected.write(f"{line}\n")
    folder = context.run / "dataset"
    thresholds = brief.thresholds.model_dump()
    facts = CardFacts(title=title, scenario=brief.scenario, thresholds=thresholds)
    rows = with_section_clusters(sorted(rows, key=lambda row: row.id), context.library)
    write_dataset(
        rows,
        folder,
        test_share=brief.test_share,
        seed=brief.seed,
        facts=facts,
        by_family=brief.split_by_family,
    )
    return folder


def _why_unfit(entry: Entry, library: Library) -> str:
    """Return why an accepted row must not be exported after all, "" when it may."""
    if entry.row is None:
        return "unjudged"
    if reason := why_void(entry.row, entry.judged):
        return reason
    return "" if spans_hold(entry.row, library) else "span_is_not_its_text"


def _rejected(entry: Entry, reason: str) -> dict[str, object]:
    return {
        "id": entry.candidate.id,
        "reason": reason,
        "question": entry.row.question if entry.row else entry.question,
        "drafts": entry.drafts,
        "answers": entry.answers,
        "life": [{"step": step.name, "said": step.said} for step in entry.life],
    }


def audit_dataset(context: Context) -> list[str]:
    """Return why the dataset must not be trained on with the recipe; empty when it may."""
    from training.audit import audit

    assert context.recipe is not None
    return list(audit(context.run / "dataset", context.recipe).errors)


async def train_adapter(context: Context, emit: Emit) -> Path:
    """Tune the recipe's base on the dataset and return the adapter's folder."""
    from training.launch import train

    assert context.recipe is not None
    result = await train(
        context.run / "dataset",
        context.recipe,
        context.run / "training",
        env=context.child_env,
        on_line=lambda line: emit({"event": "training", "line": line}),
    )
    return result.adapter


async def evaluate_adapter(context: Context, emit: Emit) -> dict[str, float]:
    """Answer the held-out rows with base and tuned; return the mean token F1 by arm.

    Where no row was held out there is nothing to score.
    """
    from training.launch import evaluate

    if not held_out(context.run / "dataset"):
        return {}
    result = await evaluate(
        context.run / "dataset",
        context.run / "training",
        context.run / "evaluation",
        env=context.child_env,
        on_line=lambda line: emit({"event": "evaluating", "line": line}),
    )
    return dict(result.token_f1)


@contextmanager
def _written_whole(path: Path) -> Generator[TextIO]:
    """Yield a file to write line by line that takes its place once it is whole."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
