"""The gate: how many calls may be in flight at once."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Gate:
    """A bounded number of places; `async with gate` takes one."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._places = asyncio.Semaphore(width)

    async def __aenter__(self) -> None:
        """Wait for a place."""
        await self._places.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place back."""
        self._places.release()
