"""Tasks: several at once, of which the first that fails tells the fault of all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def tasks() -> AsyncGenerator[asyncio.TaskGroup]:
    """Yield a group of tasks, and wait for them; the first error ends the others and is raised.

    It keeps its cause, by which an outage of a database is known.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as several:
        first = several.exceptions[0]
        raise first from first.__cause__
