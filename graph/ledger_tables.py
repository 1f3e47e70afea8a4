"""The ledger's tables, and what is read of them: whole entries, and the few facts of made rows.

`ledger.py` writes them, `ledger_reading.py` reads them. What many candidates are asked for at once
stands in narrow tables of its own, so that a million rows are never read to plan the next ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    literal_column,
    select,
)

from checks.abstentions import has_value
from graph.quality import content_hash, why_void_with
from graph.state import Candidate, Step, Window
from training.rows import TrainingRow, Variant

VERSION = 2
METADATA = MetaData()
CANDIDATES = Table(
    "candidates",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("window", String(64), nullable=False),
    Column("variant", String(16), nullable=False),
    Column("origin", String(64)),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("worker", String(64)),
    Column("question", Text, nullable=False),
    Column("drafts", Integer, nullable=False),
    Column("answers", Integer, nullable=False),
)
# Not a parameter: databases know that an index of some lines serves only from what is written out.
IS_OPEN = CANDIDATES.c.status == literal_column("'planned'")
Index("candidates_in_order", CANDIDATES.c.round, CANDIDATES.c.id)
Index("candidates_of_window", CANDIDATES.c.window, CANDIDATES.c.round)
Index(
    "candidates_open",
    CANDIDATES.c.worker,
    CANDIDATES.c.round,
    CANDIDATES.c.id,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)
WINDOWS = Table(
    "windows",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("window", Text, nullable=False),
)
LIVES = Table(
    "lives",
    METADATA,
    Column("candidate", String(64), primary_key=True),
    Column("life", Text, nullable=False),
    Column("row", Text),
)
FACTS = Table(
    "facts",
    METADATA,
    Column("candidate", String(64), primary_key=True),
    Column("content", String(64), nullable=False),
    Column("machine", Text),
    Column("applies_to", Text, nullable=False),
    Column("counterpart", String(64), nullable=False),
    Column("has_value", Boolean, nullable=False),
    Column("language", String(16), nullable=False),
    Column("place", Text, nullable=False),
    Column("scores", Text, nullable=False),
    Column("said", Text, nullable=False),
)
VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("candidate", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
)
TALLIES = Table(
    "tallies",
    METADATA,
    Column("status", String(16), primary_key=True),
    Column("reason", String(64), primary_key=True),
    Column("variant", String(16), primary_key=True),
    Column("candidates", Integer, nullable=False),
    Column("drafts", Integer, nullable=False),
    Column("revisions", Integer, nullable=False),
)
NOTES = Table(
    "notes",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
)
ENTRIES = (
    select(
        CANDIDATES,
        WINDOWS.c.window.label("place"),
        LIVES.c.life,
        LIVES.c.row,
        VERDICTS.c.sha256,
    )
    .join(WINDOWS, WINDOWS.c.id == CANDIDATES.c.window)
    .join(LIVES, LIVES.c.candidate == CANDIDATES.c.id, isouter=True)
    .join(VERDICTS, VERDICTS.c.candidate == CANDIDATES.c.id, isouter=True)
    .order_by(CANDIDATES.c.round, CANDIDATES.c.id)
)
_c, _f = CANDIDATES.c, FACTS.c
MADE = (
    select(
        *(_c.id, _c.variant, _c.origin, _c.window, _c.status, _c.reason, VERDICTS.c.sha256),
        *(_f.content, _f.machine, _f.applies_to, _f.counterpart, _f.has_value),
        *(_f.place, _f.scores),
    )
    .join(FACTS, _f.candidate == _c.id)
    .join(VERDICTS, VERDICTS.c.candidate == _c.id, isouter=True)
    .order_by(_c.round, _c.id)
)
SAID = (
    select(_c.id, _c.question, _f.said, _f.language, _f.applies_to)
    .join(FACTS, _f.candidate == _c.id)
    .order_by(_c.round, _c.id)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One candidate as the ledger knows it; `status` is planned, accepted, dropped or set_aside.

    `set_aside` is an accepted row that `assess` left out: a duplicate, or more than was wanted.
    `judged` is the SHA-256 of the row that its judge accepted, "" when none was.
    """

    candidate: Candidate
    status: str
    reason: str
    question: str
    drafts: int
    answers: int
    life: tuple[Step, ...]
    row: TrainingRow | None
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What is compared of a candidate that became a row, in the order of round and id.

    `void` says why its verdict does not hold for it, "" when it does; `window` is the id of its
    window, `place` its document and section.
    """

    id: str
    variant: Variant
    origin: str | None
    window: str
    status: str
    reason: str
    void: str = ""
    machine: str | None = None
    applies_to: tuple[str, ...] = ()
    counterpart: str = ""
    has_value: bool = False
    place: tuple[str, str] = ("", "")
    scores: Mapping[str, int] = field(default_factory=dict[str, int])


def planned(candidate: Candidate) -> dict[str, object]:
    """Return the line of a candidate that is to be tried."""
    return {
        "id": candidate.id,
        "round": candidate.round,
        "window": candidate.window.id,
        "variant": candidate.variant,
        "origin": candidate.origin,
        "status": "planned",
        "reason": "",
        "worker": None,
        "question": "",
        "drafts": 0,
        "answers": 0,
    }


def dump_window(window: Window) -> str:
    """Return a window as it is stored."""
    return json.dumps(asdict(window), sort_keys=True)


def dump_life(life: Sequence[Step]) -> str:
    """Return the lines of a life as they are stored."""
    return json.dumps([asdict(step) for step in life])


def facts_of(candidate: str, row: TrainingRow) -> dict[str, object]:
    """Return what of a row others are compared with, as it is stored."""
    said = [row.answer, *(citation.quote for citation in row.citations)]
    return {
        "candidate": candidate,
        "content": content_hash(row),
        "machine": row.machine_code,
        "applies_to": json.dumps(row.applies_to),
        "counterpart": row.counterpart,
        "has_value": has_value(row.question, row.answer, row.language),
        "language": row.language,
        "place": json.dumps([row.document, row.section]),
        "scores": json.dumps(row.scores.model_dump()),
        "said": json.dumps(said),
    }


def candidate_of(values: RowMapping) -> Candidate:
    """Return the candidate in a line with its window as `place`."""
    window = json.loads(values["place"])
    window["pages"] = tuple(window["pages"])
    names = ("id", "round", "variant", "origin")
    return Candidate(**{name: values[name] for name in names}, window=Window(**window))


def entry_of(values: RowMapping) -> Entry:
    """Return the entry in a line of `ENTRIES`."""
    return Entry(
        candidate=candidate_of(values),
        status=values["status"],
        reason=values["reason"],
        question=values["question"],
        drafts=values["drafts"],
        answers=values["answers"],
        life=tuple(Step(**step) for step in json.loads(values["life"] or "[]")),
        row=TrainingRow.model_validate_json(values["row"]) if values["row"] else None,
        judged=values["sha256"] or "",
    )


class MadeReader:
    """Reads lines of `MADE`; what many rows have alike is held once."""

    def __init__(self) -> None:
        self._texts: dict[Any, Any] = {}
        self._lists: dict[str, tuple[Any, ...]] = {}
        self._scores: dict[str, dict[str, int]] = {}

    def read(self, line: Sequence[Any]) -> Made:
        """Return the made row in a line."""
        id, variant, origin, window, status, reason, judged, content, machine = line[:9]
        applies_to, counterpart, has_value, place, scores = line[9:]
        same = self._texts.setdefault
        for text in (applies_to, place):
            if text not in self._lists:
                self._lists[text] = tuple(json.loads(text))
        if scores not in self._scores:
            self._scores[scores] = json.loads(scores)
        return Made(
            id=id,
            variant=same(variant, variant),
            origin=origin,
            window=same(window, window),
            status=same(status, status),
            reason=same(reason, reason),
            void=why_void_with(content, judged or ""),
            machine=same(machine, machine),
            applies_to=self._lists[applies_to],
            counterpart=counterpart,
            has_value=has_value,
            place=cast("tuple[str, str]", self._lists[place]),
            scores=self._scores[scores],
        )
