"""What is asked of the ledger: single candidates, streams of them, and counts that need no stream.

The ledger itself adds the writes. Counts come from the tallies that are kept with every write.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from checks.duplicates import Asked
from graph.ledger_tables import (
    CANDIDATES,
    ENTRIES,
    FACTS,
    LIVES,
    MADE,
    NOTES,
    SAID,
    TALLIES,
    Entry,
    Made,
    MadeReader,
    entry_of,
)
from graph.quality import content_hash
from training.rows import ABSTAINING, TrainingRow, Variant

_MOST_REPEATS = 3
"""How often one question is drafted about a window that is then asked no more."""
_AT_A_TIME = 1000
_WHOLE_AT_A_TIME = 100


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
class Tally:
    """How many candidates of a variant stand alike, for a reason's code."""

    status: str
    reason: str
    variant: Variant
    candidates: int
    drafts: int
    revisions: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `dropped` counts by the reason's code, `variants` the accepted rows."""

    planned: int
    accepted: int
    drafts: int
    revisions: int
    dropped: dict[str, int]
    variants: dict[Variant, int] = field(default_factory=dict[Variant, int])

    @property
    def open(self) -> int:
        """How many candidates have not ended."""
        return self.planned - self.accepted - sum(self.dropped.values())


class LedgerReader:
    """Reads the ledger's tables; safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def entries(self, *statuses: str) -> Iterator[Entry]:
        """Yield candidates of these statuses (all if none is given) whole, by round and id."""
        query = ENTRIES.where(CANDIDATES.c.status.in_(statuses)) if statuses else ENTRIES
        query = query.execution_options(yield_per=_WHOLE_AT_A_TIME)
        with self._engine.connect() as connection:
            yield from map(entry_of, connection.execute(query).mappings())

    def entry(self, candidate: str) -> Entry | None:
        """Return one candidate by the beginning of its id, if that names exactly one."""
        c = CANDIDATES.c.id
        with self._engine.connect() as connection:
            for named in (c == candidate, c.startswith(candidate, autoescape=True)):
                found = connection.execute(ENTRIES.where(named).limit(2)).mappings().all()
                if found:
                    return entry_of(found[0]) if len(found) == 1 else None
        return None

    def made(self) -> list[Made]:
        """Return what is compared of every candidate that became a row, by round and id."""
        reader = MadeReader()
        with self._engine.connect() as connection:
            found = connection.execute(MADE.execution_options(yield_per=_AT_A_TIME))
            return [reader.read(line) for line in found]

    def asked_rows(self) -> Iterator[tuple[Asked, tuple[str, ...]]]:
        """Yield what every made row asks, by round and id, with the machines that it holds for."""
        codes: dict[str, tuple[str, ...]] = {}
        query = SAID.execution_options(yield_per=_AT_A_TIME)
        with self._engine.connect() as connection:
            for id, question, said, language, applies_to in connection.execute(query):
                if applies_to not in codes:
                    codes[applies_to] = tuple(json.loads(applies_to))
                answer, *quotes = json.loads(said)
                yield Asked(id, question, tuple(quotes), answer, language), codes[applies_to]

    def tried(self) -> set[tuple[str, Variant]]:
        """Return the origin and the kind of every derived candidate."""
        c = CANDIDATES.c
        with self._engine.connect() as connection:
            found = connection.execute(select(c.origin, c.variant).where(c.origin.is_not(None)))
            return {(origin, variant) for origin, variant in found}

    def times_asked(self) -> Counter[str]:
        """Return, by window, how many finished candidates there were to ask it something.

        Those that the window is not to answer do not count.
        """
        window = CANDIDATES.c.window
        query = select(window, func.count()).where(*_asks_its_window()).group_by(window)
        with self._engine.connect() as connection:
            return Counter({id: count for id, count in connection.execute(query)})

    def asked(self, window: str, before: int) -> tuple[str, ...]:
        """Return the questions that candidates of earlier rounds asked of a window."""
        with self._engine.connect() as connection:
            return asked_before(connection, {(window, before)})[window, before]

    def exhausted_windows(self) -> set[str]:
        """Return the windows about which the generator had nothing, or nothing new, left to ask."""
        c = CANDIDATES.c
        drafted = c.variant == "drafted"
        nothing = select(c.window).where(drafted, c.reason == "nothing_to_ask")
        again = select(c.window).where(drafted, c.question != "").group_by(c.window, c.question)
        with self._engine.connect() as connection:
            found = connection.execute(nothing).scalars()
            repeating = connection.execute(again.having(func.count() >= _MOST_REPEATS)).scalars()
            return {*found, *repeating}

    def last_round(self) -> int:
        """Return the number of the last planned round, 0 if none was."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(CANDIDATES.c.round))).scalar() or 0

    def open_candidates(self) -> int:
        """Return how many candidates are not finished, whoever is at them."""
        return sum(each.candidates for each in self.tallies() if each.status == "planned")

    def tallies(self) -> list[Tally]:
        """Return how many candidates stand where, in the order of status, reason and variant."""
        query = select(TALLIES).order_by(*TALLIES.primary_key.columns)
        with self._engine.connect() as connection:
            return [Tally(*line) for line in connection.execute(query)]

    def progress(self) -> Progress:
        """Return the counts a live view shows."""
        tallies = self.tallies()
        dropped: Counter[str] = Counter()
        variants: Counter[Variant] = Counter()
        for each in tallies:
            if each.status == "accepted":
                variants[each.variant] += each.candidates
            elif each.reason:
                dropped[each.reason] += each.candidates
        return Progress(
            planned=sum(each.candidates for each in tallies),
            accepted=variants.total(),
            drafts=sum(each.drafts for each in tallies),
            revisions=sum(each.revisions for each in tallies),
            dropped=dict(sorted((+dropped).items())),
            variants=dict(sorted((+variants).items())),
        )

    def notes(self) -> list[Note]:
        """Return what ingest could not use, by kind, path and page."""
        query = select(NOTES).order_by(NOTES.c.kind, NOTES.c.path, NOTES.c.page)
        with self._engine.connect() as connection:
            return [Note(*row) for row in connection.execute(query)]

    def altered(self) -> dict[str, str]:
        """Return the content hashes of made rows that are not as they were written, read whole."""
        query = select(FACTS.c.candidate, FACTS.c.content, LIVES.c.row)
        query = query.join(LIVES, LIVES.c.candidate == FACTS.c.candidate)
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            lines = connection.execute(query.execution_options(yield_per=_WHOLE_AT_A_TIME))
            for candidate, content, row in lines:
                now = content_hash(TrainingRow.model_validate_json(row))
                if now != content:
                    found[candidate] = now
        return found


def asked_before(
    connection: Connection, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[str, ...]]:
    """Return, for windows and rounds, what was asked of the window in the rounds before.

    Never of the round itself: who of it has finished depends on how a run was interrupted.
    """
    c = CANDIDATES.c
    windows, rounds = zip(*wanted, strict=True) if wanted else ((), ())
    query = (
        select(c.window, c.round, c.question)
        .where(c.window.in_(windows), c.round < max(rounds, default=0))
        .where(*_asks_its_window(), c.question != "")
        .order_by(c.round, c.id)
    )
    asked: dict[str, list[tuple[int, str]]] = {}
    for window, round_, question in connection.execute(query):
        asked.setdefault(window, []).append((round_, question))
    return {
        (window, before): tuple(said for at, said in asked.get(window, ()) if at < before)
        for window, before in wanted
    }


def reason_code(reason: str) -> str:
    """Return what a reason is counted under: "duplicate of 3f…" is a duplicate."""
    return reason.partition(" of ")[0]


def _asks_its_window() -> tuple[ColumnElement[bool], ...]:
    c = CANDIDATES.c
    return c.status != "planned", c.variant.not_in(ABSTAINING)
