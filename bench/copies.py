"""Extra copies of answers, planted in documents of their own, that abstaining rows must not show.

A dataset of a folder tells what is asked; a second one is made of the folder with a copy of every
answer added: word for word, in another order, in other words, in other units, or as a table row.
`bench.abstentions` calls this for a folder of manuals.
"""

from __future__ import annotations

import asyncio
import csv
import random
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from app.opening import open_context
from app.settings import read_settings
from bench.intervals import share
from bench.plants import reword
from graph.brief import Brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput
from tools.machines_csv import find_directory_file

Row = dict[str, Any]
Span = tuple[str, int, int]
FORMS = ("verbatim", "reordered", "reworded", "converted", "table")
WIDTH = 4
_VALUE = re.compile(r"[^\s|]*\d.*", re.DOTALL)
_PROSE = re.compile(r"(?<=[.!?\n] )[^\W\d_][^|#\n]{30,120}[.](?=\s)")


@dataclass(frozen=True, slots=True)
class Copies:
    """Where an answer stands: the spans that a row cited, and the document with the copy."""

    spans: tuple[Span, ...]
    planted: str
    form: str
    text: str

    def cited_by(self, row: Row) -> bool:
        """Say whether a row rests on the answer or its copy, and not on what stands around that."""
        return any(
            self.touches(each)
            and (each["document"] != self.planted or each["quote"].strip() in self.text)
            for each in row["citations"]
        )

    def touches(self, passage: Row) -> bool:
        """Say whether a passage or citation holds any of the answer."""
        if passage["document"] == self.planted:
            return True
        return any(
            passage["document"] == document and start < passage["end"] and passage["start"] < end
            for document, start, end in self.spans
        )


def measure(manuals: Path, scratch: Path, rows: int) -> dict[str, object]:
    """Return how many of the copies of what abstaining rows are asked for these rows show."""
    asyncio.run(_run(manuals, scratch / "asked", Brief(rows=rows, unanswerable=0)))
    planted = scratch / "planted"
    shutil.copytree(manuals, planted)
    known = _plant(_rows(scratch / "asked"), planted)
    kinds = ["unanswerable", "near_miss"]
    brief = Brief.model_validate({"rows": rows, "unanswerable": 0.5, "abstentions": kinds})
    first, asked = asyncio.run(_run(planted, scratch / "run", brief, known))
    made = _rows(scratch / "run")
    by_id = {row["id"]: row for row in made}
    tested, shown = Counter[str](), Counter[str]()
    for row in made:
        origin = by_id.get(row["derived_from"] or "")
        for copies in known if origin and not row["answerable"] else ():
            if origin and copies.cited_by(origin):
                tested[copies.form] += 1
                shown[copies.form] += any(map(copies.touches, row["context"]))
    return {
        "copies_planted": len(known),
        "among_the_first_hits": share(first, asked),
        "rows_that_abstain": sum(not row["answerable"] for row in made),
        "copies_tested": tested.total(),
        "copies_shown": share(shown.total(), tested.total()),
        "by_form": {form: f"{shown[form]} of {tested[form]}" for form in FORMS},
    }


async def _run(
    manuals: Path, run: Path, brief: Brief, known: Sequence[Copies] = ()
) -> tuple[int, int]:
    """Make a dataset with the offline model; return of how many copies a plain search shows some.

    Of the copies only those count whose question was asked again.
    """
    run.mkdir()
    settings = read_settings(model="offline", by_role={}, concurrency=WIDTH)
    async with open_context(run, brief, settings, find_directory_file(manuals)) as context:
        await dataset_graph.ainvoke(DatasetInput(str(manuals)), context=context)
        rows = [row for row in _rows(run) if row["answerable"]]
        asked = {c: row["question"] for row in rows for c in known if c.cited_by(row)}
        found = 0
        for copies, question in asked.items():
            hits = await context.index.search(question, k=brief.distractors)
            found += any(hit.passage.document == copies.planted for hit in hits)
    return found, len(asked)


def _plant(rows: list[Row], target: Path) -> list[Copies]:
    """Write two copies of each row's answer into documents of their own, all forms in turn."""
    machines = find_directory_file(target)
    fields: dict[str, dict[str, str]] = {}
    if machines:
        with machines.open(encoding="utf-8", newline="") as file:
            fields = {row["filename"]: row for row in csv.DictReader(file)}
    made: list[Copies] = []
    for number, row in enumerate([*rows, *rows]):
        form, draw = FORMS[(number + number // len(rows)) % len(FORMS)], random.Random(number)
        quote = "\n".join(citation["quote"] for citation in row["citations"])
        name = f"copy-{number}.md"
        text = _reformed(quote, form, row["language"], draw)
        around = _sentences_of(row, draw)
        (target / name).write_text(f"{around[0]}\n\n{text}\n\n{around[1]}\n", encoding="utf-8")
        spans = tuple((c["document"], c["start"], c["end"]) for c in row["citations"])
        made.append(Copies(spans, name, form, text))
        if row["document"] in fields:
            fields[name] = fields[row["document"]] | {"filename": name}
    if machines:
        with machines.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(next(iter(fields.values()))))
            writer.writeheader()
            writer.writerows(fields.values())
    return made


def _reformed(quote: str, form: str, language: str, draw: random.Random) -> str:
    if form in ("reordered", "reworded", "converted"):
        return reword(quote, form, language, draw)
    if form == "verbatim" or "|" in quote:
        return quote
    words = " ".join(quote.split())
    found = _VALUE.search(words)
    at = found.start() if found and found.start() else words.find(" ", len(words) // 2)
    return f"| {words[:at].strip()} | {words[at:].strip()} |"


def _sentences_of(row: Row, draw: random.Random) -> tuple[str, str]:
    """Return two sentences from elsewhere in the row's passages, to stand around a copy."""
    cited = " ".join(citation["quote"] for citation in row["citations"])
    text = " ".join(p["text"] for p in row["context"] if p["role"] == "distractor")
    found = [each for each in _PROSE.findall(text) if each not in cited] or [""]
    return draw.choice(found), draw.choice(found)


def _rows(run: Path) -> list[Row]:
    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    return cast("list[Row]", table.to_pylist())
