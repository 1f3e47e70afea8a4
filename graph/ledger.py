"""The ledger: every candidate's life, its row if it became one, and what ingest could not use.

What the faces show (terminal, report, `status`, `why`) comes from the queries here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import Engine, Update, func, select, update
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from graph.ledger_tables import (
    CANDIDATES,
    ENTRIES,
    METADATA,
    NOTES,
    VARIANT,
    VERDICTS,
    Entry,
    dump_life,
    entry_of,
)
from graph.state import Candidate, Step
from training.rows import ABSTAINING, TrainingRow, Variant

_MOST_REPEATS = 3
"""How often one question is drafted about a window that is then asked no more."""


class LedgerError(Exception):
    """The ledger cannot be read or written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Note:
    """What ingest could not use; page 0 is the whole file.

    Its kind is unreadable, skipped, no_machine, no_file, unknown_machine, or lost.
    """

    kind: str
    path: str
    page: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `dropped` counts by the reason's code, `variants` the accepted rows."""

    planned: int
    accepted: int
    drafts: int
    revisions: int
    dropped: dict[str, int]
    variants: dict[Variant, int] = field(default_factory=dict[Variant, int])


class Ledger:
    """Candidates and notes in two tables of the engine's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        try:
            METADATA.create_all(engine)
        except SQLAlchemyError as error:
            raise LedgerError(
                f"The ledger cannot be opened ({error.__cause__ or error}). "
                "Check the run folder's disk and rights."
            ) from error

    def plan(self, candidates: Sequence[Candidate]) -> None:
        """Write down candidates that are to be tried; those already known stay as they are."""
        if not candidates:
            return
        rows = [
            {
                "id": candidate.id,
                "round": candidate.round,
                "window": candidate.window.id,
                "candidate": json.dumps(asdict(candidate), sort_keys=True),
                "status": "planned",
            }
            for candidate in candidates
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(CANDIDATES).on_conflict_do_nothing(), rows)

    def judge(self, candidate: str, sha256: str) -> None:
        """Write down that a judge accepted the row with this SHA-256, and no other."""
        verdict = insert(VERDICTS).values(candidate=candidate, sha256=sha256)
        self._write(verdict.on_conflict_do_update(set_={"sha256": sha256}))

    def accept(
        self, candidate: str, row: TrainingRow, *, drafts: int, answers: int, life: Sequence[Step]
    ) -> None:
        """Write down that a candidate became a row."""
        self._close(
            candidate,
            status="accepted",
            reason="",
            question=row.question,
            drafts=drafts,
            answers=answers,
            life=dump_life(life),
            row=row.model_dump_json(),
        )

    def drop(
        self,
        candidate: str,
        reason: str,
        *,
        question: str,
        drafts: int,
        answers: int,
        life: Sequence[Step],
    ) -> None:
        """Write down that a candidate did not become a row, and why."""
        self._close(
            candidate,
            status="dropped",
            reason=reason,
            question=question,
            drafts=drafts,
            answers=answers,
            life=dump_life(life),
        )

    def select(self, set_aside: dict[str, str]) -> None:
        """Mark accepted candidates as set aside with a reason; all others as accepted again."""
        has_row = CANDIDATES.c.row.is_not(None)
        with self._engine.begin() as connection:
            connection.execute(
                update(CANDIDATES).where(has_row).values(status="accepted", reason="")
            )
            for candidate, reason in set_aside.items():
                connection.execute(
                    update(CANDIDATES)
                    .where(CANDIDATES.c.id == candidate)
                    .values(status="set_aside", reason=reason)
                )

    def entries(self, *statuses: str) -> list[Entry]:
        """Return candidates of these statuses (all if none is given), by round and id."""
        query = ENTRIES.where(CANDIDATES.c.status.in_(statuses)) if statuses else ENTRIES
        with self._engine.connect() as connection:
            return [entry_of(row) for row in connection.execute(query).mappings()]

    def entry(self, candidate: str) -> Entry | None:
        """Return one candidate by the beginning of its id, if that names exactly one."""
        query = ENTRIES.where(CANDIDATES.c.id.startswith(candidate, autoescape=True))
        with self._engine.connect() as connection:
            found = connection.execute(query.limit(2)).mappings().all()
        return entry_of(found[0]) if len(found) == 1 else None

    def asked(self) -> dict[str, list[str]]:
        """Return, by window, every question that finished candidates asked of it.

        Those that the window is not to answer do not count.
        """
        c = CANDIDATES.c
        finished = (c.status != "planned") & VARIANT.not_in(ABSTAINING)
        query = select(c.window, c.question).where(finished)
        asked: dict[str, list[str]] = {}
        with self._engine.connect() as connection:
            for window, question in connection.execute(query.order_by(c.round, c.id)):
                asked.setdefault(window, []).append(question)
        return asked

    def exhausted_windows(self) -> set[str]:
        """Return the windows about which the generator had nothing, or nothing new, left to ask."""
        c = CANDIDATES.c
        nothing = (c.reason == "nothing_to_ask") & (VARIANT == "drafted")
        asked = (c.question != "") & (VARIANT == "drafted")
        again = select(c.window).where(asked).group_by(c.window, c.question)
        with self._engine.connect() as connection:
            found = connection.execute(select(c.window).where(nothing)).scalars()
            repeating = connection.execute(again.having(func.count() >= _MOST_REPEATS)).scalars()
            return {*found, *repeating}

    def last_round(self) -> int:
        """Return the number of the last planned round, 0 if none was."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(CANDIDATES.c.round))).scalar() or 0

    def progress(self) -> Progress:
        """Return the counts a live view shows."""
        c = CANDIDATES.c
        query = select(
            c.status,
            c.reason,
            VARIANT.label("variant"),
            func.count().label("count"),
            func.sum(c.drafts).label("drafts"),
            func.sum(func.max(c.drafts - 1, 0)).label("revisions"),
        ).group_by(c.status, c.reason, VARIANT)
        planned = accepted = drafts = revisions = 0
        dropped: Counter[str] = Counter()
        variants: Counter[Variant] = Counter()
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                planned += row["count"]
                drafts += row["drafts"]
                revisions += row["revisions"]
                if row["status"] == "accepted":
                    accepted += row["count"]
                    variants[row["variant"]] += row["count"]
                elif row["reason"]:
                    dropped[reason_code(row["reason"])] += row["count"]
        return Progress(
            planned,
            accepted,
            drafts,
            revisions,
            dict(sorted(dropped.items())),
            dict(sorted(variants.items())),
        )

    def note(self, notes: Sequence[Note]) -> None:
        """Write down what ingest could not use."""
        if not notes:
            return
        with self._engine.begin() as connection:
            connection.execute(
                insert(NOTES).on_conflict_do_nothing(), [asdict(note) for note in notes]
            )

    def notes(self) -> list[Note]:
        """Return what ingest could not use, by kind, path and page."""
        query = select(NOTES).order_by(NOTES.c.kind, NOTES.c.path, NOTES.c.page)
        with self._engine.connect() as connection:
            return [Note(*row) for row in connection.execute(query)]

    def _close(self, candidate: str, **values: object) -> None:
        self._write(update(CANDIDATES).where(CANDIDATES.c.id == candidate).values(**values))

    def _write(self, statement: Insert | Update) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError as error:
            raise LedgerError(
                f"An outcome cannot be written down ({error.__cause__ or error}). "
                "Check that the disk is not full, then resume the run."
            ) from error


def reason_code(reason: str) -> str:
    """Return what a reason is counted under: "duplicate of 3f…" is a duplicate."""
    return reason.partition(" of ")[0]
