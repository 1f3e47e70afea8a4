"""The pace: how fast rows come of late, and how long the missing ones take; pure.

It is told times and counts, looks at a recent stretch only, and says nothing rather than an old
figure: before rows have come, and when they have stopped coming.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

LEAST_ROWS, ENOUGH_ROWS = 4, 30
LEAST_SECONDS, MOST_SECONDS = 20.0, 600.0
SURE = 1.64
"""How many standard deviations an interval reaches to both sides: 90 of 100 lie inside."""
STALLED_AFTER, STALLED_GAPS = 30.0, 8.0
"""Rows have stopped coming after so many seconds, and so many times the usual gap, without one."""


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    rows: int


class Pace:
    """How fast a process gains rows."""

    def __init__(self) -> None:
        self._seen: deque[_Seen] = deque()
        self._gained_at = 0.0
        self._sent = self._replayed = 0
        self._usual_gap = 0.0

    def note(self, at: float, rows: int, *, sent: int, replayed: int) -> None:
        """Take note of how many rows there are at a time, and of calls so far.

        While more calls are replayed than sent, rows come for nothing, and do not count.
        """
        free = replayed - self._replayed > sent - self._sent
        self._sent, self._replayed = sent, replayed
        if free or not self._seen:
            self._seen.clear()
            self._gained_at = at
        elif rows > self._seen[-1].rows:
            self._gained_at = at
        self._seen.append(_Seen(at, rows))
        self._forget_the_old(at)

    def stalled(self, at: float) -> float | None:
        """Return for how many seconds no row has come, where that is far longer than usual."""
        waited = at - self._gained_at
        if not self._usual_gap or waited < max(STALLED_AFTER, STALLED_GAPS * self._usual_gap):
            return None
        return waited

    def left(self, at: float, missing: int) -> tuple[float, float] | None:
        """Return the least and the most seconds that the missing rows are likely to take."""
        if missing <= 0:
            return 0.0, 0.0
        if not self._seen or self.stalled(at) is not None:
            return None
        first = self._seen[0]
        gained, took = self._seen[-1].rows - first.rows, at - first.at
        if gained < LEAST_ROWS or took <= 0:
            return None
        # Rows come at random: as many more or fewer as the root of their number.
        reach = SURE * math.sqrt(1 / gained + 1 / missing)
        middle = missing * took / gained
        return middle * math.exp(-reach), middle * math.exp(reach)

    def _forget_the_old(self, at: float) -> None:
        """Keep the shortest recent stretch that holds rows enough to go by."""
        seen, last = self._seen, self._seen[-1].rows
        while len(seen) > 2:
            took, gained = at - seen[1].at, last - seen[1].rows
            is_old = took > MOST_SECONDS and gained >= LEAST_ROWS
            if not is_old and (gained < ENOUGH_ROWS or took < LEAST_SECONDS):
                break
            seen.popleft()
        gained = last - seen[0].rows
        if gained >= LEAST_ROWS:
            self._usual_gap = (self._gained_at - seen[0].at) / gained
