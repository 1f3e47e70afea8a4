"""The pace: how fast candidates end of late, and how long what is left takes; pure.

It is told times and counts, looks at a recent stretch only, and says nothing rather than an old
figure: before candidates have ended, and when rows have stopped coming.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

LEAST_ENDED, ENOUGH_ENDED = 4, 30
LEAST_SECONDS, MOST_SECONDS = 20.0, 600.0
SURE = 1.64
"""How many standard deviations an interval reaches to both sides: 90 of 100 lie inside."""
LATER_ROUNDS = 2
"""Where a round will not do, so many follow, and in each the last lives go on alone."""
STALLED_AFTER, STALLED_GAPS = 30.0, 8.0
"""Rows have stopped coming after so many seconds, and so many times the usual gap, without one."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a run has yet to do.

    Rows are `missing`; of the `open` candidates so many are `under_way`, and a `share` of
    candidates becomes rows.
    """

    missing: int
    open: int
    under_way: int
    share: float


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    ended: int
    rows: int


class Pace:
    """How fast a process ends candidates, and gains rows by it."""

    def __init__(self) -> None:
        self._seen: deque[_Seen] = deque()
        self._began = self._gained_at = 0.0
        self._sent = self._replayed = 0
        self._usual_gap = 0.0
        self._life = 0.0

    def note(self, at: float, ended: int, rows: int, *, sent: int, replayed: int) -> None:
        """Take note of how many candidates have ended at a time, and of rows and calls so far.

        While more calls are replayed than sent, rows come for nothing, and do not count.
        """
        free = replayed - self._replayed > sent - self._sent
        self._sent, self._replayed = sent, replayed
        if free or not self._seen:
            self._seen.clear()
            self._began = self._gained_at = at
        elif rows > self._seen[-1].rows:
            self._gained_at = at
        # Until the first ends, the time that the first lives take says nothing of the pace.
        if self._seen and ended == self._seen[0].ended:
            self._seen.clear()
        self._seen.append(_Seen(at, ended, rows))
        self._forget_the_old(at)

    def stalled(self, at: float) -> float | None:
        """Return for how many seconds no row has come, where that is far longer than usual."""
        waited = at - self._gained_at
        if not self._usual_gap or waited < max(STALLED_AFTER, STALLED_GAPS * self._usual_gap):
            return None
        return waited

    def left(self, at: float, ahead: Ahead) -> tuple[float, float] | None:
        """Return the least and the most seconds that what is ahead is likely to take."""
        if not ahead.missing and not ahead.open:
            return 0.0, 0.0
        if not self._seen or self.stalled(at) is not None:
            return None
        first = self._seen[0]
        ended, took = self._seen[-1].ended - first.ended, at - first.at
        if ended < LEAST_ENDED or took <= 0:
            return None
        # By Little's law, which does not hold at the end of a round, when the last go on alone.
        if not self._life or ahead.open > ahead.under_way:
            self._life = min(ahead.under_way * took / ended, at - self._began)
        later = max(0.0, ahead.missing / ahead.share - ahead.open)
        # Candidates end at random: as many more or fewer as the root of their number.
        reach = SURE * math.sqrt(1 / ended + 1 / (ahead.open + later))
        middle = (ahead.open + later) * took / ended
        tails = self._life * (1 + LATER_ROUNDS * (later > 0))
        return middle * math.exp(-reach), middle * math.exp(reach) + tails

    def _forget_the_old(self, at: float) -> None:
        """Keep the shortest recent stretch that holds ended candidates enough to go by."""
        seen, last = self._seen, self._seen[-1]
        while len(seen) > 2:
            took, ended = at - seen[1].at, last.ended - seen[1].ended
            is_old = took > MOST_SECONDS and ended >= LEAST_ENDED
            if not is_old and (ended < ENOUGH_ENDED or took < LEAST_SECONDS):
                break
            seen.popleft()
        rows = last.rows - seen[0].rows
        if rows >= LEAST_ENDED:
            self._usual_gap = (self._gained_at - seen[0].at) / rows
