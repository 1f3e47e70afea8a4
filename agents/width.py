"""The width of a gate: how many calls a server is sent at once, learned from what becomes of them.

The law, in the manner of TCP's. `held` is what the server is believed to hold, at first what was
asked for. A refused call's place is not filled again until a call is served, so that of a burst of
refusals the calls remain that the server did take. Refusals that outweigh the served calls halve
the width, once for all that was sent before; a refusal among many served calls takes one place.
Where refusals stay as frequent, `agents/noise.py` tells, and what they took is given back.
Below `held` each served call gives a place back. At `held` a trial is made now and then: of one
place where the server refused more, of twice as many after each success, and of half as many again
as are held where it never did. It succeeds when a few rounds are served without refusal and, beyond
the start, when it pays: served calls a second, by Little's law the width over the latency, must
rise by half of what was added. After a failed trial the next waits twice as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.noise import Noise

SOON, SELDOM = 1.0, 60.0
"""The shortest and the longest seconds from a failed trial to the next."""
MOST_PER_START = 4
NOISE, PLACES_PER_NOISE, UNDONE = 2, 8, 0.5
"""Noise are two refusals and one for each eight places; a served call undoes half of one."""
MORE_NOISE, MORE_UNDONE = 6, 2
"""How much more noise there is where all calls would be refused as usual, and is undone."""
ERODED = 0.75
"""When so much of the width is left after single refusals, it is seen whether they became rarer."""
REMAINING_CUT, REMAINING_ERODED = 0.5, 0.7
"""What remains of the share of refusals at half the width, or at so much of it, where it is noise
that is refused and not what the server cannot hold."""
QUIET_CALLS, QUIET_ROUNDS = 32, 2
"""Refusals are over when so many calls are served, and so many rounds of them."""
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


class Width:
    """How many calls may be in flight: `now`. It is told of every call that ends.

    A call's `number` counts the calls sent up to it, `sent` all of them; `now` are seconds.
    """

    def __init__(self, start: int, most: int | None = None) -> None:
        self.now = self._held = self._goal = self._start = start
        self._most = max(start, most or start * MOST_PER_START)
        self._trouble = 0.0
        self._noise = Noise()
        self._quiet = 0  # calls served since the last refusal
        self._is_incident = False
        self._before = start  # what was held before the last incident
        self._reviewed_at = 0  # when no more is held, erosion is reviewed
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
        undone = UNDONE * (1 + MORE_UNDONE * self._noise.usual)
        self._trouble = max(0.0, self._trouble - undone)
        self._count(number, refused=False)
        if number <= self._cut_at:
            return
        self._quiet += 1
        if self._quiet > max(QUIET_CALLS, QUIET_ROUNDS * self._held):
            self._is_incident = False
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
        self._quiet = 0
        self._count(number, refused=True)
        if number <= self._cut_at:
            self._hold(left)
            self.now = max(1, min(self.now, left))
            return
        is_trial = self._goal > self._held and number > self._tried_at
        if is_trial and (self._is_much or not self.is_noisy):
            self._least = self._before = self._held
            self._held, self._cut_at = max(self._held, left), sent
            self._reach = 1
            self._fail(now, after)
        elif self._is_much and self._may_cut:
            self._cut(sent, left)
            self._try_at = now + max(SOON, after)
        elif self._held > self._least and not self.is_noisy and not self._noise.is_reviewed:
            self._erode(sent)
        self.now = max(1, min(self.now, left))

    @property
    def is_noisy(self) -> bool:
        """Whether a refusal may be one that no width mends."""
        return self._noise.usual > 0

    @property
    def _is_much(self) -> bool:
        noise = NOISE * (1 + MORE_NOISE * self._noise.usual)
        return self._trouble > noise + self.now / PLACES_PER_NOISE

    @property
    def _may_cut(self) -> bool:
        """Return whether less would help, as far as is known."""
        return self._held > 1 and (not self._noise.is_reviewed or self._noise.share > 1 / 2)

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

    def _erode(self, sent: int) -> None:
        """Take one place; see now and then whether it made refusals rarer."""
        if not self._is_incident:
            self._begin_incident()
            self._noise.begin(sent)
        self._held -= 1
        self._aim(self._held)
        if self._held <= self._reviewed_at and self._noise.is_told:
            self._review(sent, REMAINING_ERODED)

    def _cut(self, sent: int, left: int) -> None:
        """Take all that a burst of refusals says, and half; see whether it made them rarer."""
        if not self._is_incident:
            self._begin_incident()
        self._cut_at, self._least, self._trouble = sent, 1, 0.0
        self._hold(left)
        self._review(sent, REMAINING_CUT)
        self._reach, self._pause = 1, SOON
        self.now //= 2

    def _begin_incident(self) -> None:
        self._before, self._is_incident = self._held, True
        self._reviewed_at = int(ERODED * self._held)

    def _review(self, sent: int, remaining: float) -> None:
        self._noise.review(sent, remaining)
        self._reviewed_at = int(ERODED * self._held)

    def _count(self, number: int, *, refused: bool) -> None:
        """Give back what refusals took, once they are found to be noise."""
        is_least = self._held == 1
        if self._noise.count(number, refused=refused, alone=is_least):
            self._held = max(self._held, self._start if is_least else self._before)
            self._aim(self._held)

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
