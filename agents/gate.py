"""The gate: who may send a call to a model server, and when; one gate for each server.

    async with gate.place(tokens) as place:    # waits its turn
        reply = await send()                   # or: place.busy(after), place.late(), place.failed()
        place.heard(headers)

First come, first served, over all roles; a call that comes again goes first. `agents/width.py` says
how many may be in flight, `agents/rate_limits.py` how many a minute. When every call in flight was
refused, nothing is sent until the server may have recovered, and then one call: a new one where
there is one, for what was refused may be refused for its own sake.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType

from agents.rate_limits import Quota, RateLimits
from agents.width import Width

PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds in which nothing is sent to a server that refuses everything and does not say how long:
the first, doubled each time, and the longest, whatever it says."""
JITTER, MOST_JITTER = 0.25, 1.0
"""The share of a pause that is added at most, and the seconds."""
TICK = 0.001


def jittered(seconds: float) -> float:
    """Return a little more, at random: calls refused together shall not come again together."""
    return seconds + random.uniform(0, min(MOST_JITTER, JITTER * seconds))


class Place:
    """One call's place in a gate, from when it is entered until it is left."""

    def __init__(self, gate: Gate, tokens: int, *, again: bool) -> None:
        self.tokens, self.again = tokens, again
        self.number = self.tokens_sent = 0
        """How many calls were sent up to this one, and their tokens."""
        self.counted = 0.0
        """The tokens that the rate limits count it for."""
        self.began = 0.0
        self.after: float | None = None
        """How long the server wants no more calls, once it refused this one."""
        self.is_failed = False
        self._gate = gate

    async def __aenter__(self) -> Place:
        """Wait for a place, for pauses, and for the rate limits."""
        await self._gate.enter(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place back; a call that was not refused and ends without error was served."""
        self._gate.leave(self, is_served=kind is None)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take the rate-limit headers of a reply."""
        self._gate.heard(self, headers)

    def busy(self, after: float = 0.0) -> None:
        """Say that the server refused the call, and for how long to stay away."""
        self.after = after

    def late(self) -> None:
        """Say that the call timed out."""
        self.after = 0.0

    def failed(self) -> None:
        """Say that the call failed: fewer at a time would not mend it."""
        self.is_failed = True

    def spent(self, tokens: int) -> None:
        """Say how many tokens the call really took."""
        self._gate.spent(self, tokens)


class Gate:
    """The places of one server, and who waits for them."""

    def __init__(
        self,
        start: int,
        *,
        most: int | None = None,
        limits: RateLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.in_flight = 0
        self.is_closed = False
        """Whether no more calls are let in: the run is about to end."""
        self.dark_since: float | None = None
        """Since when the server has refused whatever was in flight, and served nothing."""
        self._width = Width(start, most)
        self._limits = limits or RateLimits()
        self._clock = clock
        self._again: deque[tuple[Place, asyncio.Future[None]]] = deque()
        self._new: deque[tuple[Place, asyncio.Future[None]]] = deque()
        self._sent = self._tokens = 0
        self._quotas = Quota("requests"), Quota("tokens")
        self._told = math.inf  # the earliest time that a refusal of the present burst named
        self._stops = self._in_a_row = 0  # stops and refusals since a call was served
        self._resumes = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    @property
    def width(self) -> int:
        """How many calls may be in flight at present."""
        return self._width.now

    @property
    def waiting(self) -> int:
        """How many calls wait for a place."""
        return len(self._again) + len(self._new)

    @property
    def returning(self) -> int:
        """How many of them were refused before."""
        return len(self._again)

    @property
    def stops(self) -> int:
        """How often everything was refused since a call was served."""
        return self._stops

    @property
    def pause(self) -> float:
        """The seconds in which nothing will be sent yet, because everything was refused."""
        return max(0.0, self._resumes - self._clock())

    def resize(
        self, start: int, most: int, requests: float | None = None, tokens: float | None = None
    ) -> None:
        """Take another share of the server: other processes joined or left."""
        self._width.resize(start, most)
        self._limits.resize(requests, tokens)
        self._admit()

    def place(self, tokens: int = 0, *, again: bool = False) -> Place:
        """Return a place to enter, for a call of at most so many tokens.

        A call that comes `again` was refused before, and goes ahead of those that were not.
        """
        return Place(self, tokens, again=again)

    def dark(self) -> float | None:
        """Return the seconds for which the server has been dark, or None if it is not."""
        return None if self.dark_since is None else self._clock() - self.dark_since

    def abandon(self, error: Exception) -> None:
        """Raise the error in every call that waits: the server was waited for in vain."""
        for queue in (self._again, self._new):
            for _, turn in queue:
                if not turn.done():
                    turn.set_exception(error)
            queue.clear()

    def held(self, place: Place) -> float:
        """Return the seconds for which limits of the server's, or the user's, hold a call back."""
        now = self._clock()
        requests, tokens = self._quotas
        return max(
            self._limits.wait(now),
            requests.wait(self._sent + 1, now),
            tokens.wait(self._tokens + max(place.tokens, 1), now),
        )

    async def enter(self, place: Place) -> None:
        """Wait for the place's turn."""
        if not self.waiting and self._delay(place) <= 0:
            return self._let_in(place)
        turn = asyncio.get_running_loop().create_future()
        queue = self._again if place.again else self._new
        queue.append((place, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if place.number:
                self.leave(place, is_served=False)
            else:
                with suppress(ValueError):
                    queue.remove((place, turn))
                self._admit()
            raise
        return None

    def leave(self, place: Place, *, is_served: bool) -> None:
        """Take a place back, and learn from what became of its call."""
        now = self._clock()
        full = self.in_flight >= self.width
        self.in_flight -= 1
        if place.after is not None:
            self._refused(place, place.after, now)
        elif place.is_failed:
            self._fell(now, spared=0)
        elif is_served:
            self._stops = self._in_a_row = 0
            self.dark_since, self._told = None, math.inf
            self._width.served(
                place.number,
                self._sent,
                took=now - place.began,
                full=full,
                wanted=self.waiting > 0,
                now=now,
            )
        self._admit()

    def heard(self, place: Place, headers: Mapping[str, str]) -> None:
        """Take the rate-limit headers of a reply."""
        now = self._clock()
        for quota, sent in zip(self._quotas, (place.number, place.tokens_sent), strict=True):
            quota.heard(headers, sent, now)

    def spent(self, place: Place, tokens: int) -> None:
        """Correct the tokens that a place was counted for."""
        self._limits.correct(place.counted, place.tokens, tokens, self._clock())

    def _refused(self, place: Place, after: float, now: float) -> None:
        after = min(after, LONGEST_PAUSE)
        if after:
            self._told = min(self._told, now + after)
        self._limits.refused()
        self._width.refused(place.number, self._sent, left=self.in_flight, after=after, now=now)
        self._fell(now, spared=1 if self._width.is_noisy else 0)

    def _fell(self, now: float, *, spared: int) -> None:
        """Count a call that was not served; stop where none is left that may be."""
        self._in_a_row += 1
        if self.in_flight == 0 and self._in_a_row > spared:
            self._stop(now)

    def _stop(self, now: float) -> None:
        """Send nothing for a while: everything was refused."""
        told = self._told - now
        pause = told if 0 < told < math.inf else PAUSE * 2 ** min(self._stops, 16)
        self._resumes = now + jittered(min(pause, LONGEST_PAUSE))
        self._stops += 1
        self._told = math.inf
        if self.dark_since is None:
            self.dark_since = now

    def _delay(self, place: Place) -> float:
        """Return the seconds until a call may be sent: at most 0 for now, infinity if unknown."""
        most = self.width if self.dark_since is None else 1
        if self.is_closed or self.in_flight >= most:
            return math.inf
        return max(self._resumes - self._clock(), self.held(place))

    def _let_in(self, place: Place) -> None:
        self._sent += 1
        self._tokens += place.tokens
        self.in_flight += 1
        place.number, place.tokens_sent, place.began = self._sent, self._tokens, self._clock()
        place.counted = self._limits.take(place.tokens, place.began)

    def _next(self) -> deque[tuple[Place, asyncio.Future[None]]]:
        first, second = self._again, self._new
        if self.dark_since is not None:
            first, second = second, first
        return first or second

    def _admit(self) -> None:
        """Let in whoever is next, as many as may; come again when time will let in more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while queue := self._next():
            place, turn = queue[0]
            if turn.done():  # cancelled: it is about to leave the queue itself
                queue.popleft()
                continue
            delay = self._delay(place)
            if delay > 0:
                if math.isfinite(delay):
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_later(max(delay, TICK), self._admit)
                return
            queue.popleft()
            self._let_in(place)
            turn.set_result(None)
