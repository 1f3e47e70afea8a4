"""Reading the journal: what a run's finished calls came to, for whoever shows or reckons with it.

`agents/journal.py` adds the writes, and the replay of single calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, func, select

from agents.journal_tables import CALLS, JOURNAL, KEY, METADATA, SESSIONS, VERSION
from agents.spending import Amount, spending
from tools.tables import open_tables

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallKey:
    """Which call of a run this is; `ask` counts the turns of a loop, repairs and re-asks."""

    candidate: str
    step: str
    attempt: int
    ask: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run's finished calls came to, for one role and model."""

    role: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """What one finished call was for, and what it came to."""

    key: CallKey
    role: str
    input_tokens: int
    output_tokens: int


class JournalReader:
    """The tables of a journal, made on first use."""

    def __init__(self, engine: Engine) -> None:
        open_tables(engine, METADATA, JOURNAL, VERSION)
        self.engine = engine

    def count(self, but: str = "") -> int:
        """Return how many model calls are finished, those of one candidate left out."""
        query = select(func.count()).select_from(CALLS).where(CALLS.c.candidate != but)
        return self._read(lambda connection: connection.execute(query).scalar_one())

    def spent(self) -> list[Spent]:
        """Return calls and tokens by role and model."""
        sums = (func.count(), func.sum(CALLS.c.input_tokens), func.sum(CALLS.c.output_tokens))
        by = (CALLS.c.role, CALLS.c.model)
        query = select(*by, *sums).group_by(*by).order_by(*by)
        with self.engine.connect() as connection:
            return [
                Spent(role, model, calls, int(input_tokens), int(output_tokens))
                for role, model, calls, input_tokens, output_tokens in connection.execute(query)
            ]

    def finished(self, candidates: Collection[str]) -> list[FinishedCall]:
        """Return the finished calls of these candidates, each candidate's together."""
        names = (*KEY[:4], "role", "input_tokens", "output_tokens")
        columns = [CALLS.c[name] for name in names]
        query = select(*columns).where(CALLS.c.candidate.in_(candidates)).order_by(*columns[:4])
        with self.engine.connect() as connection:
            return [
                FinishedCall(_key_of(row), row.role, row.input_tokens, row.output_tokens)
                for row in connection.execute(query)
            ]

    def worked(self) -> float:
        """Return how long the run was worked on, in seconds, estimates and resumes among it."""
        return self._read(worked)

    def spending(self) -> dict[str, Amount]:
        """Return the most that can have been spent, by model: what a kill left unsettled too."""
        return self._read(spending)

    def _read(self, query: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            return query(connection)


def worked(connection: Connection) -> float:
    """Return the seconds of all sessions that led the run."""
    sums = select(func.coalesce(func.sum(SESSIONS.c.seconds), 0.0)).where(SESSIONS.c.leads == 1)
    return float(connection.execute(sums).scalar_one())


def _key_of(row: Row[Any]) -> CallKey:
    return CallKey(row.candidate, row.step, row.attempt, row.ask)
