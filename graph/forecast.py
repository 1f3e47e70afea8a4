"""Forecast: what a run has to do, how candidates' lives go, and what is likely to come out; pure.

`app/estimating.py` gathers a `Job` and what is `Known`, `graph/walks.py` walks them to many ways
that the run may go, and the quantiles of these are the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from training.rows import Abstaining

Kind = Literal[
    "first", "again", "exhausted", "contrast", "unanswerable", "near_miss", "false_premise"
]
LOW, HIGH = 0.02, 0.98


@dataclass(frozen=True, slots=True)
class Used:
    """What the calls of one role came to."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Used) -> Used:
        return Used(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    def times(self, factor: float) -> Used:
        """Return so many times as much."""
        return Used(
            round(self.calls * factor),
            round(self.input_tokens * factor),
            round(self.output_tokens * factor),
        )


@dataclass(frozen=True, slots=True)
class Life:
    """How a candidate went, or is likely to go; `weight` is how many candidates' word it has.

    `size` is the letters of its window, `showing` how many calls of each role showed the window.
    One that is `exhausted` left nothing to ask about its window.
    """

    kind: Kind
    accepted: bool
    exhausted: bool
    used: Mapping[str, Used]
    size: int = 0
    showing: Mapping[str, int] = field(default_factory=dict[str, int])
    weight: float = 1.0

    @property
    def calls(self) -> int:
        """How many calls it took."""
        return sum(each.calls for each in self.used.values())


@dataclass(frozen=True, slots=True)
class Job:
    """What a run has to do, from its brief and a dry count of its manuals.

    `windows` are the letters of each, in the order in which they are asked; `abstaining` and
    `contrasts` how many of the rows are to be such, `kinds` which of those that abstain can be.
    """

    rows: int
    windows: Sequence[int]
    abstaining: int
    contrasts: int
    kinds: Sequence[Abstaining]
    candidates: int
    calls: int
    letters_per_token: float = 4.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a run before it: lives by place of the window and round, and others.

    `spent` is what is in the journal already, those lives' calls among it; `contrastable` of
    `answered` rows have a sibling that states another value, `falsifiable` a value to mistake.
    """

    asked: Mapping[tuple[int, int], Life] = field(default_factory=dict[tuple[int, int], Life])
    derived: Sequence[Life] = ()
    spent: Mapping[str, Used] = field(default_factory=dict[str, Used])
    contrastable: int = 0
    falsifiable: int = 0
    answered: int = 0

    @property
    def lives(self) -> list[Life]:
        """Every life that was seen."""
        return [*self.asked.values(), *self.derived]


@dataclass(frozen=True, slots=True)
class Round:
    """Candidates that live side by side, the calls they take, and those of the longest life."""

    candidates: int
    calls: int
    longest: int

    def in_turn(self, width: int) -> float:
        """Return how many calls go one after the other, where so many may go at a time.

        At last the longest lives go on alone.
        """
        if self.candidates <= width:
            return self.longest
        return self.calls / width + self.longest / 2


@dataclass(frozen=True, slots=True)
class Walk:
    """One way that a run may go, as sums over all of it; `left` are the rounds yet to be paid."""

    rows: int
    used: Mapping[str, Used]
    left: Sequence[Round]

    def total(self) -> Used:
        """Return the sum over all roles."""
        return sum(self.used.values(), Used())


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure is expected to lie, and its middle."""

    low: float
    middle: float
    high: float

    @property
    def ratio(self) -> float:
        """How many times the lower end the upper end is."""
        return self.high / self.low if self.low else math.inf if self.high else 1.0

    def holds(self, truth: float) -> bool:
        """Say whether the truth lies inside."""
        return self.low <= truth <= self.high


def interval(values: Iterable[float]) -> Interval:
    """Return the interval that most of the values lie in."""
    ordered = sorted(values)
    last = len(ordered) - 1
    low, middle, high = (ordered[round(last * share)] for share in (LOW, 0.5, HIGH))
    return Interval(low, middle, high)
