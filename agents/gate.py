"""The gate: how many calls may be in flight at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Place:
    def busy(self, after: float = 0.0) -> None: ...
    def late(self) -> None: ...


class Gate:
    """A bounded number of places; `async with gate` takes one."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.in_flight = 0
        self.waiting = 0
        self._places = asyncio.Semaphore(width)

    @asynccontextmanager
    async def place(self, tokens: int = 0) -> AsyncGenerator[Place]:
        async with self._places:
            yield Place()


class Gates:
    """The gates of a run's model servers, by their addresses."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._gates: dict[str, Gate] = {}

    def of(self, address: str) -> Gate:
        return self._gates.setdefault(address, Gate(self._width))

    @property
    def width(self) -> int:
        return sum(g.width for g in self._gates.values()) or self._width

    @property
    def in_flight(self) -> int:
        return 0

    @property
    def waiting(self) -> int:
        return 0
