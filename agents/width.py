"""The width of a gate: how many calls a server is sent at once, learned from what becomes of them.

The law, in the manner of TCP's. `held` is what the server is believed to hold, at first what was
asked for. A refused call's place is not filled again until a call is served, so that of a burst of
refusals the calls remain that the server did take. Refusals that outweigh the served calls halve
the width, once for all that was sent before; a refusal among many served calls is only noise, and
refusals that stay as frequent at half the width are a server's fault that no width mends.
Below `held` each served call gives a place back. At `held` a trial is made now and then: of one
place where the server refused more, of twice as many after each success, and of half as many again
as are held where it never did. It succeeds when a few rounds are served without refusal and, beyond
the start, when it pays: served calls a second, by Little's law the width over the latency, must
rise by half of what was added. After a failed trial the next waits twice as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SOON, SELDOM = 1.0, 60.0
"""The shortest and the longest seconds from a failed trial to the next."""
MOST_PER_START = 4
NOISE, PLACES_PER_NOISE, UNDONE = 2, 8, 0.5
"""Noise are two refusals and one for each eight places; a served call undoes half of one."""
REVIEWED, USUAL_MOST = 24, 1 / 3
"""After so many calls at half the width it is seen whether refusals became rarer; a larger share
than this is never usual."""
ROUNDS, LEAST_CALLS, LEAST_SECONDS = 4, 32, 0.25
"""How long latency is measured: in rounds of as many calls as the gate is wide, and at least."""


@dataclass
class _Window:
    """Latencies of calls served while the gate was full, after the first few.

    Their logarithms: a few calls that take twenty times as long tell little about a server.
    """

    skips: int
    seen: int = 0
    logs: float = 0.0
    began: float = math.inf

    def add(self, took: float, now: float) -> None:
        self.seen += 1
        if self.seen > self.skips:
            self.logs += math.log(max(took, 1e-6))
            self.began = min(self.began, now)

    def latency(self, width: int, now: float) -> float | None:
        """Return the mean logarithm once the window is long enough."""
        calls = self.seen - self.skips
        if calls < max(ROUNDS * width, LEAST_CALLS) or now - self.began < LEAST_SECONDS:
            return None
        return self.logs / calls


@dataclass
class _Tally:
    """What became of the calls sent since the last cut."""

    ended: int = 0
    refused: int = 0

    def add(self, *, refused: bool) -> None:
        self.ended += 1
        self.refused += refused

    @property
    def share(self) -> float:
        return self.refused / max(1, self.ended)


class Width:
    """How many calls may be in flight: `now`. It is told of every call that ends.

    A call's `number` counts the calls sent up to it, `sent` all of them; `now` are seconds.
    """

    def __init__(self, start: int, most: int | None = None) -> None:
        self.now = self._held = self._goal = self._start = start
        self._most = max(start, most or start * MOST_PER_START)
        self._trouble = 0.0
        self._tally = _Tally()
        self._usual = 0.0  # the share of refusals that no width mends
        self._share: float | None = None  # the share before the cut that is under review
        self._before = start  # what was held before the last incident
        self._is_incident = False
        self._least = start  # what is held, whatever a burst of refusals leaves
        self._cut_at = self._tried_at = 0  # calls up to these numbers were sent before
        self._reach = math.inf  # how many places the next trial may add
        self._pause, self._try_at = SOON, -math.inf
        self._latency: float | None = None
        self._window = _Window(start)

    def resize(self, start: int, most: int) -> None:
        """Take another share of the run's width, keeping in proportion what was learned."""
        scale = start / self._start
        self._start, self._most, self._latency = start, max(start, most), None
        self._held = self._least = max(1, min(self._most, round(self._held * scale)))
        self.now = max(1, min(self._held, round(self.now * scale)))
        self._aim(self._held)

    def served(
        self, number: int, sent: int, *, took: float, full: bool, wanted: bool, now: float
    ) -> None:
        """Count a served call: whether the gate was full when it left, and whether others wait."""
        self._trouble = max(0.0, self._trouble - max(UNDONE, 4 * self._usual))
        if number <= self._cut_at:
            return
        self._is_incident = False
        self._count(refused=False)
        if self.now < self._goal:
            self.now += 1
        elif full:
            self._window.add(took, now)
            if self._goal > self._held:
                self._judge(now)
            elif self._may_try(now) and wanted:
                self._tried_at = sent
                self.now = min(self._most, self._held + self._step)
                self._aim(self.now)

    def refused(self, number: int, sent: int, *, left: int, after: float, now: float) -> None:
        """Count a refused call: how many it leaves in flight, and how long it must stay away."""
        self._trouble += 1
        is_much = self._trouble > NOISE + self.now / PLACES_PER_NOISE
        if number <= self._cut_at:
            self._hold(left)
            self.now = max(1, min(self.now, left))
            return
        self._count(refused=True)
        if self._goal > self._held and number > self._tried_at and (is_much or not self._usual):
            self._least = self._before = self._held
            self._held, self._cut_at = max(self._held, left), sent
            self._reach = 1
            self._fail(now, after)
        elif is_much and (self._share is None or self._tally.share > 1 / 2):
            self._cut(sent, left)
            self._try_at = now + max(SOON, after)
        elif self._held > self._least and not self._usual:
            self._held -= 1
            self._aim(self._held)
        self.now = max(1, min(self.now, left))

    @property
    def _step(self) -> int:
        return max(1, int(min(self._reach, self._held // 2)))

    def _aim(self, goal: int) -> None:
        self._goal, self._window = goal, _Window(goal)

    def _hold(self, left: int) -> None:
        """Believe that the server holds what a burst left; nothing left says little about it."""
        self._latency = None
        self._held = max(self._least, min(self._held, left)) if left else max(1, self._before // 2)
        self._aim(self._held)

    def _cut(self, sent: int, left: int) -> None:
        if not self._is_incident:
            self._before, self._share, self._is_incident = self._held, self._tally.share, True
        self._cut_at, self._least, self._trouble, self._tally = sent, 1, 0.0, _Tally()
        self._hold(left)
        self._reach, self._pause = 1, SOON
        self.now //= 2

    def _count(self, *, refused: bool) -> None:
        """See, a little after a cut, whether it made refusals rarer; undo it if it did not."""
        self._tally.add(refused=refused)
        if self._tally.ended < REVIEWED:
            return
        if self._share is not None and self._share / 2 <= self._tally.share <= USUAL_MOST:
            self._usual = self._tally.share
            self._held = max(self._held, self._before)
            self._aim(self._held)
        self._share = None

    def _may_try(self, now: float) -> bool:
        """Measure at rest; return whether a trial is due, and can be judged."""
        latency = self._window.latency(self.now, now)
        if latency is not None:
            self._latency, self._window, self._least = latency, _Window(0), self._held
        can_be = self._latency is not None or not self._must_pay(self._held + self._step)
        return can_be and now >= self._try_at and self._held < self._most

    def _must_pay(self, width: int) -> bool:
        """Up to the start the width was asked for, and a few places cannot be measured."""
        return width > self._start and self._step >= max(2, self._held // 4)

    def _judge(self, now: float) -> None:
        """End the trial if it has lasted long enough."""
        if not self._must_pay(self.now):
            if self._window.seen >= ROUNDS * self.now:
                self._succeed(self._latency)
            return
        latency = self._window.latency(self.now, now)
        if latency is None or self._latency is None:
            return
        if latency - self._latency <= math.log(self.now / self._held) / 2:
            self._succeed(latency)
        else:
            self._fail(now, 0.0)
            self.now = self._held

    def _succeed(self, latency: float | None) -> None:
        self._held = self._least = self.now
        self._latency, self._reach = latency, 2 * self._reach
        self._pause, self._try_at = SOON, -math.inf
        self._window = _Window(0)

    def _fail(self, now: float, after: float) -> None:
        self._try_at = now + max(self._pause, after)
        self._pause = min(SELDOM, 2 * self._pause)
        self._aim(self._held)
