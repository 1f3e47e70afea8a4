"""How well rows say which machine they are about, on manuals that differ in known places.

    python -m bench.scope DIR [--rows 200] [--changes 50] [--siblings 2] [--seed 0] [--obedient]

Copies the sections of DIR's manuals that hold the changes, with those beside them, for siblings
that differ there: in a value, a word, a menu path, a "not", or a section that one lacks. A dataset
is made of them with a model that asks about the changes and, unless `--obedient`, names the family,
the sibling or no machine in half of its first drafts and gives the sibling's value in a third of
its first answers; its critic lets everything pass. Rows are judged by the table of changes.

A row is ambiguous when it cites a change and its question does not name its machine; it has the
sibling's value when its answer states it or an oracle passage is the sibling's. `scope` and
`applies_to` must be those of the table, a contrast must cite the change that its origin cites, and
a near miss show what a sibling states there instead, and nothing of its own machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from app.opening import open_context
from app.settings import read_settings
from bench.intervals import share
from bench.scope_truth import (
    Documents,
    Row,
    Truth,
    faults,
    find_places,
    misses_nearly,
    pair_faults,
    truth,
)
from bench.siblings_named import LETTERS
from bench.twins import Twins, write_twins
from bench.unruly import UnrulyModel
from graph.brief import Brief, Windows
from graph.dataset import dataset_graph
from graph.state import DatasetInput

WIDTH = 4


async def make_rows(
    manuals: Path, run: Path, twins: Twins, rows: int, *, obedient: bool
) -> dict[str, int]:
    """Make a dataset of the siblings' manuals with the unruly model; return its faults."""
    run.mkdir()
    settings = read_settings(model="offline", by_role={}, concurrency=WIDTH)
    brief = Brief(
        rows=rows,
        distractors=2,
        unanswerable=0.1,
        abstentions=["near_miss"],
        contrasts=0.2,
        windows=Windows(input_pages=1),
    )
    async with open_context(run, brief, settings, manuals / "machines.csv") as context:
        unruly = UnrulyModel(twins=twins, obedient=obedient)
        context.models = {
            role: replace(model, chat=unruly) for role, model in context.models.items()
        }
        await dataset_graph.ainvoke(DatasetInput(str(manuals)), context=context)
    return dict(unruly.faults)


def measure(run: Path, twins: Twins) -> dict[str, object]:
    """Return the counts over the rows of a run, and what was never judged."""
    documents = find_places(run, twins)
    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    every: list[Row] = table.to_pylist()
    rows = [row for row in every if row["answerable"]]
    truths = {row["id"]: truth(row, documents, twins) for row in rows}
    found = {row["id"]: set(faults(row, truths[row["id"]], twins)) for row in rows}
    everyone = len(twins.machines)
    on_change = [id for id, known in truths.items() if _is_partial(known, everyone)]
    family = [id for id, known in truths.items() if len(known.holds_for or ()) == everyone]

    def count(ids: Sequence[str], *codes: str) -> int:
        return sum(bool(found[id].intersection(codes)) for id in ids)

    said = ("scope", "applies_to")
    return {
        "documents": twins.documents,
        "siblings": everyone,
        "changes": dict(sorted(Counter(each.kind for each in twins.changes).items())),
        "changes_not_found": documents.lost,
        "rows": len(rows),
        "changes_touched": _touched(truths, twins),
        "rows_on_changes": len(on_change),
        "ambiguous": share(count(on_change, "ambiguous"), len(on_change)),
        "sibling_value": share(count([*truths], "sibling_value", "sibling_oracle"), len(rows)),
        "scope_right_on_changes": share(len(on_change) - count(on_change, *said), len(on_change)),
        "scope_right_for_family": share(len(family) - count(family, *said), len(family)),
        "undecided": sum(known.holds_for is None for known in truths.values()),
        **_pairs(rows, truths, twins),
        "near_misses_right": _near_misses(every, truths, documents),
        "dropped": _dropped(run),
    }


def _is_partial(known: Truth, everyone: int) -> bool:
    return known.holds_for is not None and len(known.holds_for) < everyone


def _touched(truths: dict[str, Truth], twins: Twins) -> dict[str, str]:
    touched = {place.change for known in truths.values() for place in known.cited}
    kinds = Counter(change.kind for change in twins.changes)
    by_kind = Counter(change.kind for change in touched)
    shares = {kind: f"{by_kind[kind]} of {count}" for kind, count in sorted(kinds.items())}
    return {"all": share(len(touched), len(twins.changes)), **shares}


def _pairs(rows: Sequence[Row], truths: dict[str, Truth], twins: Twins) -> dict[str, object]:
    by_id = {row["id"]: row for row in rows}
    pairs = [
        pair_faults(row, by_id.get(row["derived_from"]), truths, twins)
        for row in rows
        if row["variant"] == "contrast"
    ]
    counted = Counter(fault for pair in pairs for fault in set(pair))
    return {
        "contrast_pairs_right": share(sum(not pair for pair in pairs), len(pairs)),
        "contrast_faults": dict(sorted(counted.items())),
    }


def _near_misses(rows: Sequence[Row], truths: dict[str, Truth], documents: Documents) -> str:
    misses = [row for row in rows if row["variant"] == "near_miss"]
    right = sum(misses_nearly(row, truths[row["derived_from"]], documents) for row in misses)
    return share(right, len(misses))


def _dropped(run: Path) -> dict[str, int]:
    lines = (run / "rejected.jsonl").read_text("utf-8").splitlines()
    return dict(
        sorted(Counter(json.loads(line)["reason"].split(" of ")[0] for line in lines).items())
    )


def main() -> None:
    """Make the twins, run, judge, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.scope")
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--siblings", type=int, default=2, choices=range(2, len(LETTERS) + 1))
    parser.add_argument("--documents", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--obedient", action="store_true")
    parser.add_argument("--keep", type=Path, help="a new folder for the manuals and the run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        manuals, run = folder / "manuals", folder / "run"
        manuals.mkdir(parents=True)
        twins = write_twins(
            given.manuals,
            manuals,
            changes=given.changes,
            documents=given.documents,
            seed=given.seed,
            siblings=given.siblings,
        )
        made = asyncio.run(make_rows(manuals, run, twins, given.rows, obedient=given.obedient))
        found = measure(run, twins) | {"faults_of_the_model": made}
        print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
