"""Interruption: how Ctrl-C, SIGTERM and SIGHUP end a run, in its own process and in its workers.

With the first signal no more calls are sent, those in flight may finish, and then all closes. With
the second the process ends at once: what a run keeps outlives a kill at any moment.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio import CancelledError
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.exits import INTERRUPTED
from app.terminal import counted, heard, tell
from graph.context import Context
from tools.tables import StateError

SECONDS_TO_FINISH = 5.0
"""How long calls in flight may take once a run is to stop."""
_SHOW_CURSOR = "\x1b[?25h"


class RunInterrupted(Exception):
    """A run was interrupted; the message says what it has and how to go on."""


@dataclass
class Interruption:
    """Winds a run down once, and then cancels the task that is at it."""

    context: Context
    task: asyncio.Task[Any]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _winding: asyncio.Task[None] | None = None
    _is_heard: bool = False
    _is_over: bool = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self._is_heard:
            tell(f"{_SHOW_CURSOR if os.isatty(2) else ''}Stopped at once. {self.told()}")
            os._exit(INTERRUPTED)
        self._is_heard = True
        self._loop.call_soon_threadsafe(self.begin)

    def begin(self) -> None:
        """Wind down, unless that has begun."""
        if self._winding is None:
            self._winding = self._loop.create_task(self._wind_down())
            self._winding.add_done_callback(self._cancel)

    @property
    def has_begun(self) -> bool:
        """Whether the run is to stop."""
        return self._winding is not None

    def over(self) -> None:
        """Let the task live: it has ended."""
        self._is_over = True
        if self._winding is not None:
            self._winding.cancel()

    def told(self) -> str:
        """Return how to go on."""
        return f"Go on with `officina resume {self.context.run}`."

    async def _wind_down(self) -> None:
        if in_flight := self.context.calls.state().in_flight:
            tell(
                f"Stopping: {SECONDS_TO_FINISH:g} s for {counted(in_flight, 'call')} in flight to "
                "finish. Once more stops at once."
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_FINISH):
                await self._finish()

    def _cancel(self, _: asyncio.Task[None]) -> None:
        """Cancel the task, and what it waits for, unless it ended before."""
        if not self._is_over:
            # What then fails without a waiter would be told as a traceback, after the sentence.
            self._loop.set_exception_handler(lambda loop, context: None)
            self.context.patience.end()
            self.task.cancel()

    async def _finish(self) -> None:
        if helpers := self.context.helpers:
            await asyncio.gather(self.context.calls.finish(), helpers.stop())
        else:
            await self.context.calls.finish()


@asynccontextmanager
async def interruptible(context: Context) -> AsyncGenerator[Interruption]:
    """Let signals end the block as they should.

    Raises:
        RunInterrupted: one did.
    """
    task = asyncio.current_task()
    assert task
    interruption = Interruption(context, task)
    before = {number: signal.signal(number, interruption.hear) for number in heard()}
    try:
        yield interruption
    except (CancelledError, SQLAlchemyError, StateError):
        # A state that is away may speak louder than the signal: it must not be waited for then.
        if not interruption.has_begun:
            raise
        task.uncancel()
        raise RunInterrupted(
            f"Interrupted{_so_far(context)}; what was finished is kept. {interruption.told()}"
        ) from None
    finally:
        interruption.over()
        # Once a signal came, the next one ends all at once, however long closing takes.
        if not interruption.has_begun:
            for number, handler in before.items():
                signal.signal(number, handler)


def _so_far(context: Context) -> str:
    """Return how many rows there are, "" where that cannot be read."""
    with suppress(SQLAlchemyError):
        return f" with {context.ledger.progress().accepted:,} of {context.brief.rows:,} rows"
    return ""
