"""Patience: how long a run waits for a service that does not answer, and how it says so.

The index, the machine directory and the model calls share one, so that waiting is one setting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_base, wait_exponential_jitter

T = TypeVar("T")
WAIT: wait_base = wait_exponential_jitter(multiplier=0.5, max=30)


class ServiceDownError(Exception):
    """A service does not answer, or not now; worth another try.

    `after` are the seconds that it asked us to wait, where it did.
    """

    after: float = 0.0


def say_nothing(service: str, seconds: float) -> None:
    """Keep quiet about waiting."""


@dataclass
class Patience:
    """Tries a call again until it succeeds or the seconds are over.

    `on_wait` is told which service is waited for, and how many seconds until the next try, which
    is `longest` at most, unless the service asks for more.
    """

    seconds: float
    on_wait: Callable[[str, float], None] = say_nothing
    longest: float = 30.0
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing is waited for any longer; shared by those that are made from this one."""

    async def __call__(self, service: str, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the call returns; ServiceDownError when it is down for too long."""

        def say(state: RetryCallState) -> None:
            self.on_wait(service, state.upcoming_sleep)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(ServiceDownError),
            stop=self._is_over,
            wait=self._wait,
            sleep=self._sleep,
            before_sleep=say,
            reraise=True,
        ):
            with attempt:
                return await call()
        raise AssertionError("unreachable: tenacity returns or raises")

    def end(self) -> None:
        """Wait no longer, also where that has begun: what does not answer now is down."""
        self._over.set()

    def _is_over(self, state: RetryCallState) -> bool:
        return self._over.is_set() or (state.seconds_since_start or 0.0) >= self.seconds

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, ServiceDownError) else 0.0
        return max(min(WAIT(state), self.longest), min(asked, self.seconds))
