"""How well rows say which machine they are about, on two manuals that differ in known values.

    python -m bench.scope DIR [--rows 120] [--changes 50] [--documents 2] [--seed 0] [--obedient]

Copies manuals of DIR with some values changed, makes a dataset of both with the offline model, and
judges its rows by the table of what was changed. Unless `--obedient`, half of the drafts name the
family, the sibling or no machine, and a third of the answers give the sibling's value.

A row is ambiguous when it rests on a changed value and its question does not name its machine; it
has the sibling's value when its answer states it or an oracle passage is the sibling's. A row rests
on a changed value when a citation covers it; it is the family's when its sections have none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from app.opening import open_context
from app.settings import read_settings
from bench.twins import Twins, write_twins
from bench.unruly import UnrulyModel
from graph.brief import Brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput

WIDTH = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a changed value stands in a run's document, and the value there and in the twin's."""

    document: str
    start: int
    end: int
    own: str
    other: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a row: the changed values it cites and those that its sections have.

    `tells_code` says that the answer tells the machine's code, which no sibling has.
    """

    cited: tuple[Place, ...]
    near: tuple[Place, ...]
    tells_code: bool

    @property
    def kind(self) -> str:
        """machine, family, or undecided where a section has changed values that are not cited."""
        if self.cited or self.tells_code:
            return "machine"
        return "undecided" if self.near else "family"


async def make_rows(manuals: Path, run: Path, twins: Twins, rows: int, *, obedient: bool) -> None:
    """Make a dataset of the twins' manuals with the offline model, faults included."""
    run.mkdir()
    settings = read_settings(model="offline", by_role={}, concurrency=WIDTH)
    brief = Brief(rows=rows, distractors=2, unanswerable=0)
    async with open_context(run, brief, settings, manuals / "machines.csv") as context:
        if not obedient:
            first, second = twins.machines
            unruly = UnrulyModel(
                twins=(first.name, second.name),
                family=first.family,
                values=tuple((*each.values, *each.sentences) for each in twins.changes),
            )
            context.models = {
                role: replace(model, chat=unruly) for role, model in context.models.items()
            }
        await dataset_graph.ainvoke(DatasetInput(str(manuals)), context=context)


def places(run: Path, twins: Twins) -> tuple[list[Place], dict[str, Any], int]:
    """Return where the changed values stand in the run's documents, and how many were not found."""
    documents: dict[str, Any] = {}
    for line in (run / "documents" / "documents.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        text = run / "documents" / f"{record['id']}.txt"
        with text.open(encoding="utf-8", newline="") as file:
            documents[record["path"]] = record | {"text": file.read()}
    found, lost = list[Place](), 0
    for change in twins.changes:
        for side, letter in enumerate("ab"):
            path = f"{letter}-{change.document}.md"
            text = documents.get(path, {"text": ""})["text"]
            sentence = r"\s+".join(map(re.escape, change.sentences[side].split()))
            matches = list(re.finditer(sentence, text))
            own, other = change.values[side], change.values[1 - side]
            inside = matches[0].group() if len(matches) == 1 else ""
            value = re.search(rf"(?<![\d.,]){re.escape(own)}(?![.,]?\d)", inside)
            if value is None:
                lost += 1
                continue
            start = matches[0].start() + value.start()
            found.append(Place(path, start, start + len(own), own, other))
    return found, documents, lost


def truth(
    row: dict[str, Any], changed: Sequence[Place], documents: dict[str, Any], twins: Twins
) -> Truth:
    """Return what the table of changes says about a row."""
    cited: dict[Place, None] = {}
    near: dict[Place, None] = {}
    for citation in row["citations"]:
        sections = [
            section
            for section in documents[citation["document"]]["sections"]
            if section["start"] < citation["end"] and citation["start"] < section["end"]
        ]
        for place in changed:
            if place.document != citation["document"]:
                continue
            if place.start < citation["end"] and citation["start"] < place.end:
                cited[place] = None
            if any(s["start"] <= place.start < s["end"] for s in sections):
                near[place] = None
    codes = [machine.code for machine in twins.machines]
    told = any(_names(c, row["answer"]) and not _names(c, row["question"]) for c in codes)
    return Truth(tuple(cited), tuple(near), told)


def faults(row: dict[str, Any], known: Truth, twins: Twins) -> list[str]:
    """Return the faults of a row, by what is known of it."""
    own = next(each for each in twins.machines if each.code == row["machine_code"])
    letter = "ab"[twins.machines.index(own)]
    found: list[str] = []
    if known.kind == "machine" and not _names(own.name, row["question"]):
        found.append("ambiguous")
    held = " ".join(citation["quote"] for citation in row["citations"])
    answer = row["answer"]
    for machine in twins.machines:
        answer = answer.replace(machine.name, " ").replace(machine.code, " ")
    if any(_states(p.other, answer) and not _states(p.other, held) for p in known.near):
        found.append("sibling_value")
    oracles = [row["context"][at]["document"] for at in row["oracle_positions"]]
    cited = [citation["document"] for citation in row["citations"]]
    if any(not path.startswith(f"{letter}-") for path in (*oracles, *cited)):
        found.append("sibling_oracle")
    return found


def _names(name: str, text: str) -> bool:
    spelt = r"[\s_-]*".join(map(re.escape, name.split()))
    return re.search(rf"(?<![\w-]){spelt}(?![\w-])", text, re.IGNORECASE) is not None


def _states(value: str, text: str) -> bool:
    return re.search(rf"(?<![\d.,]){re.escape(value)}(?![.,]?\d)", text) is not None


def measure(run: Path, twins: Twins) -> dict[str, object]:
    """Return the counts over the rows of a run, and what was never judged."""
    changed, documents, lost = places(run, twins)
    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    judged = [(row, truth(row, changed, documents, twins)) for row in rows]
    found = Counter(fault for row, known in judged for fault in faults(row, known, twins))
    said = Counter((known.kind, row["scope"]) for row, known in judged)
    named = Counter(
        "machine" if any(_names(m.name, row["question"]) for m in twins.machines) else "family"
        for row in rows
    )
    return {
        "documents": twins.documents,
        "changes": len(twins.changes),
        "changes_not_found": lost,
        "rows": len(rows),
        "rows_on_changed_values": sum(known.kind == "machine" for _, known in judged),
        "ambiguous": found["ambiguous"],
        "sibling_value": found["sibling_value"] + found["sibling_oracle"],
        "ambiguous_at_most": _at_most(sum(known.kind == "machine" for _, known in judged)),
        "sibling_value_at_most": _at_most(len(rows)),
        "changed_said_machine": _share(said, "machine", "machine"),
        "unchanged_said_family": _share(said, "family", "family"),
        "undecided": sum(count for (kind, _), count in said.items() if kind == "undecided"),
        "questions_name": dict(sorted(named.items())),
        "dropped": _dropped(run),
    }


def _at_most(judged: int) -> str:
    """Return what the share may be, at 95 %, where none of so many was found (rule of three)."""
    return f"{min(1.0, 3 / max(1, judged)):.1%} of {judged}, if 0 were found"


def _share(said: Counter[tuple[str, str | None]], kind: str, right: str) -> str:
    total = sum(count for (known, _), count in said.items() if known == kind)
    return f"{said[kind, right]} of {total}"


def _dropped(run: Path) -> dict[str, int]:
    lines = (run / "rejected.jsonl").read_text("utf-8").splitlines()
    return dict(
        sorted(Counter(json.loads(line)["reason"].split(" of ")[0] for line in lines).items())
    )


def main() -> None:
    """Make the twins, run, judge, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.scope")
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--rows", type=int, default=120)
    parser.add_argument("--changes", type=int, default=50)
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
        )
        asyncio.run(make_rows(manuals, run, twins, given.rows, obedient=given.obedient))
        print(json.dumps(measure(run, twins), indent=1))


if __name__ == "__main__":
    main()
