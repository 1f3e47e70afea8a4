"""The ledger's tables, and an entry as it is stored in them; only `graph/ledger.py` writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Integer, MetaData, RowMapping, String, Table, Text, func, select

from graph.state import Candidate, Step, Window
from training.rows import TrainingRow

METADATA = MetaData()
CANDIDATES = Table(
    "candidates",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("window", String(64), nullable=False),
    Column("candidate", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=False, default=""),
    Column("question", Text, nullable=False, default=""),
    Column("drafts", Integer, nullable=False, default=0),
    Column("answers", Integer, nullable=False, default=0),
    Column("life", Text, nullable=False, default="[]"),
    Column("row", Text),
)
NOTES = Table(
    "notes",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
)
VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("candidate", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
)
# A candidate that was written down before there were variants has none.
VARIANT = func.coalesce(func.json_extract(CANDIDATES.c.candidate, "$.variant"), "drafted")
ENTRIES = (
    select(CANDIDATES, VERDICTS.c.sha256)
    .join(VERDICTS, VERDICTS.c.candidate == CANDIDATES.c.id, isouter=True)
    .order_by(CANDIDATES.c.round, CANDIDATES.c.id)
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


def dump_life(life: Sequence[Step]) -> str:
    """Return the lines of a life as they are stored."""
    return json.dumps([asdict(step) for step in life], ensure_ascii=False)


def entry_of(values: RowMapping) -> Entry:
    """Return the entry in a line of `ENTRIES`."""
    plain = json.loads(values["candidate"])
    window = plain.pop("window")
    window["pages"] = tuple(window["pages"])
    return Entry(
        candidate=Candidate(**plain, window=Window(**window)),
        status=values["status"],
        reason=values["reason"],
        question=values["question"],
        drafts=values["drafts"],
        answers=values["answers"],
        life=tuple(Step(**step) for step in json.loads(values["life"])),
        row=TrainingRow.model_validate_json(values["row"]) if values["row"] else None,
        judged=values["sha256"] or "",
    )
