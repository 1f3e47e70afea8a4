"""Known calls: what the journal holds of the candidates under way, kept in memory.

It is read for all candidates that are asked for in one moment at once: most have nothing yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from sqlalchemy import Column, Connection, Select, Table, bindparam, literal, select, union_all

from agents.journal_tables import CALLS, KEY, TOOL_CALLS

Place = tuple[object, ...]
"""Step, attempt, ask, and the hash of what was sent."""


@dataclass(slots=True)
class Known:
    """What the journal holds of one candidate."""

    replies: dict[Place, str] = field(default_factory=dict[Place, str])
    results: dict[Place, str] = field(default_factory=dict[Place, str])


Found = dict[str, Known]
Read = Callable[[Callable[[Connection], Found]], Awaitable[Found]]


class KnownCalls:
    """What is known by candidate; `read` runs a query on the journal."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: Found = {}
        self._wanted: set[str] = set()
        self._looking: asyncio.Task[None] | None = None

    async def of(self, candidate: str) -> Known:
        """Return what is known of a candidate."""
        while candidate not in self._known:
            self._wanted.add(candidate)
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return self._known[candidate]

    def forget(self, candidate: str) -> None:
        """Drop what is known of a candidate."""
        self._known.pop(candidate, None)

    async def _look(self) -> None:
        # Once whoever asks in this pass of the loop has asked.
        await asyncio.sleep(0)
        wanted, self._wanted = sorted(self._wanted), set()
        found = await self._read(partial(_read_known, candidates=wanted))
        for candidate, known in found.items():
            self._known.setdefault(candidate, known)


def _read_known(connection: Connection, candidates: Sequence[str]) -> Found:
    known = {candidate: Known() for candidate in candidates}
    found = connection.execute(_OF_CANDIDATES, {"of": candidates})
    for is_reply, candidate, *place, value in cast("Iterable[tuple[Any, ...]]", found):
        of = known[candidate]
        (of.replies if is_reply else of.results)[tuple(place)] = value
    return known


def _of_candidates(table: Table, value: Column[Any], is_reply: int) -> Select[Any]:
    columns = [table.c[each] for each in KEY]
    found = select(literal(is_reply), *columns, value)
    return found.where(table.c.candidate.in_(bindparam("of", expanding=True)))


# Made once: to make it costs as much as to run it.
_OF_CANDIDATES = union_all(
    _of_candidates(CALLS, CALLS.c.reply, 1), _of_candidates(TOOL_CALLS, TOOL_CALLS.c.result, 0)
)
