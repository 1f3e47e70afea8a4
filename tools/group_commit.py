"""Group commit: many writes of one moment in one transaction.

Whatever is queued is committed as soon as the writer is free, with no timer: SQLite's after two
passes of the event loop, in its own thread, since a commit there takes less than handing it to
another thread; Postgres's in a thread, since the loop must not wait for a network. A Postgres that
goes away is waited for, and nothing is committed twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tools.outages import is_away, is_rolled_back, outlast
from tools.patience import Patience
from tools.tables import MARKS, WRITES, StateError, advice

T = TypeVar("T")
R = TypeVar("R")
Write = Callable[[Connection, Sequence[T]], Sequence[R]]
"""Writes items of one kind, and returns a result for each."""


Kinds = Sequence[tuple[Write[Any, Any], list[Any]]]
_TRIES = 10
_MADE = insert(MARKS)
_MARK = _MADE.on_conflict_do_update(
    index_elements=[MARKS.c.writer],
    set_={"number": _MADE.excluded.number},
    where=MARKS.c.number < _MADE.excluded.number,
).returning(MARKS.c.number)
"""Returns nothing where the number stands already: the transaction that set it was committed.
Postgres's own number of a transaction does not do: after a crash it is given out again."""


@dataclass(frozen=True, slots=True)
class _Queued:
    write: Write[Any, Any]
    item: Any
    done: asyncio.Future[Any]


@dataclass(slots=True)
class _Doubt:
    """A transaction of Postgres's: tried again, nobody knows whether it was committed before."""

    number: int
    results: Sequence[Sequence[Any]] = ()


class GroupCommit:
    """Commits what is queued, on a connection of its own; `name` is what its faults are told of."""

    def __init__(self, engine: Engine, name: str, patience: Patience | None = None) -> None:
        self._engine = engine
        self._name = name
        self._patience = patience or Patience(0)
        self._waits = engine.dialect.name != "sqlite"
        self._writer = uuid4().hex
        self._numbers = count(1)
        self._queue: list[_Queued] = []
        self._connection: Connection | None = None
        self._is_busy = False

    async def __call__(self, write: Write[T, R], item: T) -> R:
        """Return the write's result for the item, once it is committed.

        Raises:
            StateError: nothing of the moment could be committed.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        self._queue.append(_Queued(write, item, done))
        if not self._is_busy:
            self._is_busy = True
            # A busy loop's second pass brings more, and a commit costs as much as five writes in
            # it; each pass that is waited longer sets the calls more in step.
            loop.call_soon(loop.call_soon, self._begin)
        return await done

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> None:
        if self._waits:
            # Held by the loop through its futures; a failure reaches those who wait for them.
            asyncio.get_running_loop().create_task(self._drain())
            return
        batch, self._queue, self._is_busy = self._queue, [], False
        # Whatever goes wrong reaches those who wait, who would else wait for ever.
        try:
            _deliver(batch, self._attempt(batch))
        except Exception as error:
            _fail(batch, error)

    async def _drain(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            attempt = partial(self._attempt, batch, _Doubt(next(self._numbers)))
            try:
                _deliver(batch, await outlast(self._patience, attempt))
            except Exception as error:
                _fail(batch, error)
        self._is_busy = False

    def _attempt(self, batch: list[_Queued], doubt: _Doubt | None = None) -> list[Any]:
        by_write: dict[Write[Any, Any], list[int]] = {}
        for place, each in enumerate(batch):
            by_write.setdefault(each.write, []).append(place)
        kinds = [(write, [batch[p].item for p in places]) for write, places in by_write.items()]
        found = self._transact(kinds, doubt)
        results: list[Any] = [None] * len(batch)
        for places, values in zip(by_write.values(), found, strict=True):
            for place, value in zip(places, values, strict=True):
                results[place] = value
        return results

    def _transact(self, kinds: Kinds, doubt: _Doubt | None = None) -> Sequence[Sequence[Any]]:
        """Commit the writes; where there may be doubt, an outage is raised as it is."""
        for tried in range(_TRIES):
            try:
                return self._commit(kinds, doubt)
            except SQLAlchemyError as error:
                self.close()
                if isinstance(error, DBAPIError) and doubt:
                    if is_away(error):
                        raise
                    if is_rolled_back(error) and tried < _TRIES - 1:
                        continue
                raise StateError(
                    f"The {self._name} cannot be written ({error.__cause__ or error}). "
                    f"{advice(error)}"
                ) from error
        raise AssertionError("unreachable: the last try returns or raises")

    def _commit(self, kinds: Kinds, doubt: _Doubt | None) -> Sequence[Sequence[Any]]:
        if self._connection is None:
            connection = self._engine.connect()
            self._connection = connection.execution_options(**{WRITES: True})
        if doubt is None:
            with self._connection.begin():
                return [write(self._connection, items) for write, items in kinds]
        with self._connection.begin():
            mark = {"writer": self._writer, "number": doubt.number}
            if self._connection.execute(_MARK, mark).first():
                doubt.results = [write(self._connection, items) for write, items in kinds]
        return doubt.results


def _deliver(batch: list[_Queued], results: list[Any]) -> None:
    """Hand each caller its result; one that was cancelled meanwhile gets none."""
    for each, result in zip(batch, results, strict=True):
        if not each.done.done():
            each.done.set_result(result)


def _fail(batch: list[_Queued], error: Exception) -> None:
    for each in batch:
        if not each.done.done():
            each.done.set_exception(error)
