"""Group commit: many writes of one moment in one transaction.

Whatever is queued is committed as soon as the writer is free, with no timer: SQLite's at the end
of each pass of the event loop, in its own thread, since a commit there takes less than handing it
to another thread; Postgres's in a thread, since the loop must not wait for a network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tools.tables import WRITES, StateError, advice

T = TypeVar("T")
R = TypeVar("R")
Write = Callable[[Connection, Sequence[T]], Sequence[R]]
"""Writes items of one kind, and returns a result for each."""


@dataclass(frozen=True, slots=True)
class _Queued:
    write: Write[Any, Any]
    item: Any
    done: asyncio.Future[Any]


class GroupCommit:
    """Commits what is queued, on a connection of its own; `name` is what its faults are told of."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._waits = engine.dialect.name != "sqlite"
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
            loop.call_soon(self._begin)
        return await done

    def now(self, write: Write[T, R], item: T) -> R:
        """Return the write's result for the item, committed at once: where no loop runs."""
        (result,) = self._transact([(write, [item])])[0]
        return result

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
        _deliver(batch, self._attempt(batch))

    async def _drain(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            _deliver(batch, await asyncio.to_thread(self._attempt, batch))
        self._is_busy = False

    def _attempt(self, batch: list[_Queued]) -> list[Any] | StateError:
        by_write: dict[Write[Any, Any], list[int]] = {}
        for place, each in enumerate(batch):
            by_write.setdefault(each.write, []).append(place)
        kinds = [(write, [batch[p].item for p in places]) for write, places in by_write.items()]
        try:
            found = self._transact(kinds)
        except StateError as error:
            return error
        results: list[Any] = [None] * len(batch)
        for places, values in zip(by_write.values(), found, strict=True):
            for place, value in zip(places, values, strict=True):
                results[place] = value
        return results

    def _transact(self, kinds: Sequence[tuple[Write[Any, Any], list[Any]]]) -> list[Sequence[Any]]:
        try:
            if self._connection is None:
                connection = self._engine.connect()
                self._connection = connection.execution_options(**{WRITES: True})
            with self._connection.begin():
                return [write(self._connection, items) for write, items in kinds]
        except SQLAlchemyError as error:
            self.close()
            raise StateError(
                f"The {self._name} cannot be written ({error.__cause__ or error}). {advice(error)}"
            ) from error


def _deliver(batch: list[_Queued], results: list[Any] | StateError) -> None:
    """Hand each caller its result; one that was cancelled meanwhile gets none."""
    for place, each in enumerate(batch):
        if each.done.done():
            continue
        if isinstance(results, StateError):
            each.done.set_exception(results)
        else:
            each.done.set_result(results[place])
