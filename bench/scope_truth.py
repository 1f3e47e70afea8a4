"""What is known of the rows of a run on siblings' manuals, from the table of what was changed.

`bench.scope` counts what is found here, which reads documents, rows and names in its own way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.asked import bare
from bench.changes import states
from bench.siblings_named import LETTERS
from bench.twins import Change, Twins

Row = dict[str, Any]
_BLOCK = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change stands in a run's document: the value, or the section that others lack."""

    document: str
    start: int
    end: int
    change: Change
    machine: int


@dataclass(frozen=True, slots=True)
class Documents:
    """The texts of a run's documents, and the places of all changes in them."""

    texts: dict[str, str]
    places: tuple[Place, ...]
    lost: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a row: the changes it cites, those around, and whom the answer holds for.

    `holds_for` are machines by their places; None where what is around the citation differs, so
    that it depends on the reading. An answer that tells the machine's code holds for it alone.
    """

    machine: int
    cited: tuple[Place, ...]
    near: tuple[Place, ...]
    holds_for: frozenset[int] | None


def find_places(run: Path, twins: Twins) -> Documents:
    """Return where the changes stand in the run's documents, and how many were not found."""
    texts: dict[str, str] = {}
    for line in (run / "documents" / "documents.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        with (run / "documents" / f"{record['id']}.txt").open(encoding="utf-8", newline="") as file:
            texts[record["path"]] = file.read()
    found, lost = list[Place](), 0
    for change in twins.changes:
        for machine, stretch in enumerate(change.stretches):
            path = f"{LETTERS[machine]}-{change.document}.md"
            span = _span(texts.get(path, ""), stretch, change.values[machine])
            if span:
                found.append(Place(path, *span, change, machine))
            lost += bool(stretch) and not span
    return Documents(texts, tuple(found), lost)


def _span(text: str, stretch: str, value: str) -> tuple[int, int] | None:
    """Return where a value stands in the text, within its sentence; without one the sentence."""
    if not stretch:
        return None
    matches = list(re.finditer(r"\s+".join(map(re.escape, stretch.split())), text))
    if len(matches) != 1:
        return None
    start, inside = matches[0].start(), matches[0].group()
    if not value:
        return matches[0].span()
    spelt = r"\s+".join(map(re.escape, value.split()))
    found = re.search(rf"(?<![\w.,]){spelt}(?![.,]?\d|\w)", inside)
    return (start + found.start(), start + found.end()) if found else None


def truth(row: Row, documents: Documents, twins: Twins) -> Truth:
    """Return what the table of changes says about a row."""
    codes = [machine.code for machine in twins.machines]
    machine = codes.index(row["machine_code"])
    cited: dict[Place, None] = {}
    near: dict[Place, None] = {}
    for citation in row["citations"]:
        around = list(_around(documents.texts[citation["document"]], citation))
        for place in documents.places:
            if place.document == citation["document"]:
                if place.start < citation["end"] and citation["start"] < place.end:
                    cited[place] = None
                if any(place.start < end and start < place.end for start, end in around):
                    near[place] = None
    everyone = frozenset(range(len(codes)))
    holds = [place.change.alike(machine) for place in cited]
    if any(_names(c, row["answer"]) and not _names(c, row["question"]) for c in codes):
        holds.append(frozenset([machine]))
    known = everyone.intersection(*holds)
    undecided = not holds and near
    return Truth(machine, tuple(cited), tuple(near), None if undecided else known)


def _around(text: str, citation: Row) -> Iterator[tuple[int, int]]:
    """Yield the spans of the paragraph that is cited and of the one that leads it in.

    Of a table it is the cited rows and the head.
    """
    edges = [0, 0, *(match.end() for match in _BLOCK.finditer(text, 0, citation["start"]))]
    after = _BLOCK.search(text, citation["end"])
    yield edges[-2], edges[-1]
    if text[edges[-1] : edges[-1] + 1] == "|":
        yield edges[-1], text.find("\n", edges[-1])
        yield text.rfind("\n", 0, citation["start"]), citation["end"]
    else:
        yield edges[-1], after.start() if after else len(text)


def faults(row: Row, known: Truth, twins: Twins) -> Iterator[str]:
    """Yield the faults of a row, by what is known of it."""
    own, everyone = twins.machines[known.machine], len(twins.machines)
    holds = known.holds_for
    if holds and len(holds) < everyone and not _names(own.name, row["question"]):
        yield "ambiguous"
    answer = row["answer"]
    for machine in twins.machines:
        answer = answer.replace(machine.name, " ").replace(machine.code, " ")
    held = " ".join(citation["quote"] for citation in row["citations"])
    if any(states(v, answer) and not states(v, held) for v in _others(known)):
        yield "sibling_value"
    oracles = [row["context"][at]["document"] for at in row["oracle_positions"]]
    cited = [citation["document"] for citation in row["citations"]]
    letter = LETTERS[known.machine]
    if any(not path.startswith(f"{letter}-") for path in (*oracles, *cited)):
        yield "sibling_oracle"
    if holds and row["scope"] != ("family" if len(holds) == everyone else "machine"):
        yield "scope"
    codes = {twins.machines[at].code for at in holds or ()}
    if holds and set(row["applies_to"]) != codes:
        yield "applies_to"


def _others(known: Truth) -> Iterator[str]:
    for place in known.near:
        own = place.change.values[known.machine]
        yield from (value for value in place.change.values if value and value != own)


def pair_faults(row: Row, origin: Row | None, truths: dict[str, Truth], twins: Twins) -> list[str]:
    """Return what is wrong with a contrast and the row that it was made from."""
    if origin is None:
        return ["no_origin"]
    ours, theirs = truths[row["id"]], truths[origin["id"]]
    shared = {p.change for p in ours.cited} & {p.change for p in theirs.cited}
    found: list[str] = []
    if not any(theirs.machine not in change.alike(ours.machine) for change in shared):
        found.append("no_difference")
    if bare(row["question"], twins) != bare(origin["question"], twins):
        found.append("other_question")
    if row["answer"] == origin["answer"]:
        found.append("same_answer")
    for each, known in ((row, ours), (origin, theirs)):
        found += [fault for fault in faults(each, known, twins) if fault != "scope"]
    return found


def misses_nearly(row: Row, origin: Truth, documents: Documents) -> bool:
    """Say whether a row shows what a sibling states in the place of a change that its origin cites.

    Where its own machine states it, or a sibling the same, must not be shown.
    """
    changes = {place.change for place in origin.cited}
    shown = [
        place
        for place in documents.places
        if place.change in changes
        and any(
            place.document == passage["document"]
            and place.start < passage["end"]
            and passage["start"] < place.end
            for passage in row["context"]
        )
    ]
    alike = [place.machine in place.change.alike(origin.machine) for place in shown]
    return bool(shown) and not any(alike)


def _names(name: str, text: str) -> bool:
    spelt = r"[\s_-]*".join(map(re.escape, name.split()))
    return re.search(rf"(?<![\w-]){spelt}(?![\w-])", text, re.IGNORECASE) is not None
