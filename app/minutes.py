"""Minutes: how long a run takes, by how long the batches of its trial took."""

from __future__ import annotations

import random
from collections.abc import Iterable

from app.trial import Trial
from graph.context import Context
from graph.forecast import Interval, Walk, interval

UNSURE = 0.13
"""The standard deviation of the logarithm of how much slower a run is than its trial was."""
AT_THE_ENDS = 0.5
"""Seconds that a run takes before its first and after its last candidate."""
BESIDE = 1 / 3
"""How much of the lesser part, of waiting and of computing, is not hidden by the greater."""


def minutes_of(
    walked: Iterable[Walk], trial: Trial | None, context: Context, seed: int
) -> Interval | None:
    """Return the minutes that walks take, those up to now among them; None if no call was timed."""
    # A prompt that is too long for its server is sent, and finishes no call.
    timed = [batch for batch in trial.batches if batch.sent.calls] if trial else []
    if not trial or not timed:
        return None
    width, over = context.concurrency, context.calls.worked
    waited = sum(max(0.0, b.seconds - b.computed) for b in timed)
    latency = waited / sum(b.sent.in_turn(width) for b in timed)
    # A process computes more for the first of its calls.
    computing = min(b.computed / b.calls for b in timed)
    again = trial.opening + computing * sum(b.calls for b in trial.batches)
    seeded = random.Random(f"minutes {seed}")

    def taken(walk: Walk) -> float:
        rounds = ((latency * each.in_turn(width), computing * each.calls) for each in walk.left)
        left = AT_THE_ENDS + again + sum(max(both) + BESIDE * min(both) for both in rounds)
        return (over + left * seeded.lognormvariate(0, UNSURE)) / 60

    return interval(taken(walk) for walk in walked)
