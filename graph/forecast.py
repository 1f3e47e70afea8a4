"""Forecast: what a run is likely to cost, by walking the planner's own arithmetic many times; pure.

Each walk draws how likely each kind of life is (Bayesian bootstrap of the lives seen in a sample
and of typical ones), then plans round after round as `graph/plan.py` does, with a life drawn for
each candidate, until the rows are had or nothing is left. `app/estimating.py` gives it the lives
and the windows; the quantiles of the walks are the intervals.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from graph.plan import HOPED_DERIVED, HOPED_RATE, LEAST_RATE
from training.rows import Abstaining

Kind = Literal["first", "again", "contrast", "unanswerable", "near_miss", "false_premise"]
_ANSWERABLE: tuple[Kind, ...] = ("first", "again", "contrast")
LOW, HIGH = 0.04, 0.96
MOST_WALKS, LEAST_WALKS, PICKS = 400, 100, 400_000
MOST_ROWS = 4000
"""Of a larger run a part is walked, with that part of its windows, and multiplied."""


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
    `answered` rows have a sibling that states another value.
    """

    first: Mapping[int, Life] = field(default_factory=dict[int, Life])
    again: Mapping[int, Life] = field(default_factory=dict[int, Life])
    derived: Sequence[Life] = ()
    spent: Mapping[str, Used] = field(default_factory=dict[str, Used])
    contrastable: int = 0
    answered: int = 0

    @property
    def lives(self) -> list[Life]:
        """Every life that was seen."""
        return [*self.first.values(), *self.again.values(), *self.derived]


@dataclass(frozen=True, slots=True)
class Round:
    """The candidates of a round that are still to be asked about, and the calls they take."""

    candidates: int
    calls: int


@dataclass(frozen=True, slots=True)
class Walk:
    """One way that a run may go, as sums over all of it; `left` are the rounds yet to be paid."""

    rows: int
    used: Mapping[str, Used]
    left: Sequence[Round]

    def total(self) -> Used:
        """Return the sum over all roles."""
        return sum(self.used.values(), Used())


def walks(job: Job, known: Known, typical: Sequence[Life]) -> list[Walk]:
    """Return many ways that the run may go, the same ones for the same values."""
    seeded = random.Random(f"forecast {job.seed} {job.rows}")
    scale = math.ceil(job.rows / MOST_ROWS)
    part = _part_of(job, scale)
    count = max(LEAST_WALKS, min(MOST_WALKS, PICKS // (part.rows + 1)))
    return [_Walk(part, known, typical, seeded, scale).walk() for _ in range(count)]


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


def _part_of(job: Job, scale: int) -> Job:
    if scale == 1:
        return job
    return Job(
        rows=job.rows // scale,
        windows=job.windows[::scale],
        abstaining=job.abstaining // scale,
        contrasts=job.contrasts // scale,
        kinds=job.kinds,
        candidates=job.candidates // scale,
        calls=job.calls // scale,
        letters_per_token=job.letters_per_token,
        seed=job.seed,
    )


class _Pool:
    """Lives of one kind with drawn likelihoods; counts how often each was picked."""

    def __init__(self, lives: Sequence[Life], seeded: random.Random) -> None:
        self.lives = lives
        self.picked = [0] * len(lives)
        self.larger = [0] * len(lives)
        self._seeded = seeded
        self._sums = list(accumulate(seeded.gammavariate(each.weight, 1) for each in lives))

    def pick(self, size: int) -> Life:
        """Return a life, and note by how many letters its window differs from one of this size."""
        (place,) = self._seeded.choices(range(len(self.lives)), cum_weights=self._sums)
        self.picked[place] += 1
        self.larger[place] += size - self.lives[place].size
        return self.lives[place]

    def used(self, letters_per_token: float, scale: int) -> dict[str, Used]:
        """Return what all that were picked come to."""
        sums: dict[str, Used] = {}
        for life, count, larger in zip(self.lives, self.picked, self.larger, strict=True):
            for role, each in life.used.items():
                shown = life.showing.get(role, 0) * larger / letters_per_token
                more = Used(
                    each.calls * count * scale,
                    round(max(0.0, each.input_tokens * count + shown)) * scale,
                    each.output_tokens * count * scale,
                )
                sums[role] = sums.get(role, Used()) + more
        return sums


class _Walk:
    """One walk: counts as the planner counts, lives as they are drawn."""

    def __init__(
        self,
        job: Job,
        known: Known,
        typical: Sequence[Life],
        seeded: random.Random,
        scale: int,
    ) -> None:
        self.job, self.known, self.seeded, self.scale = job, known, seeded, scale
        seen = known.lives
        kinds: list[Kind] = [*_ANSWERABLE, *job.kinds]
        self.pools: dict[Kind, _Pool] = {
            kind: _Pool(_of_kind(kind, seen, typical), seeded) for kind in kinds
        }
        doubling = 0.12 if job.contrasts else 0.06
        self.doubling = seeded.expovariate(1 / doubling)
        self.contrastable = seeded.betavariate(
            known.contrastable + 0.5, known.answered - known.contrastable + 1.0
        )
        self.open = deque(range(len(job.windows)))
        self.asked = [0] * len(job.windows)
        self.tried = self.finished = self.sound = 0
        self.drafted = self.made = self.can = 0
        self.abstaining = self.derived = 0
        self.calls = sum(each.calls for each in known.spent.values()) / scale
        self.rounds: list[Round] = []

    def walk(self) -> Walk:
        """Go round after round, as `graph/dataset.py` does."""
        while not self._whole() and self.calls < self.job.calls:
            before, calls = self.tried, self.calls
            paid = self._round(len(self.rounds) + 1)
            if self.tried == before:
                break
            taken = min(self.calls, self.job.calls) - calls
            self.rounds.append(Round(paid * self.scale, round(taken * self.scale)))
        return Walk(self._rows() * self.scale, self._used(), self.rounds)

    @property
    def _room(self) -> int:
        """How many rows are left to those that are answerable."""
        left = len(self.job.kinds) * self.drafted - self.derived
        settled = bool(self.drafted) and left <= 0
        return self.job.rows - (self.abstaining if settled else self.job.abstaining)

    def _rows(self) -> int:
        return min(self._room, self.drafted + self.made) + self.abstaining

    def _whole(self) -> bool:
        return self._rows() >= self.job.rows

    def _round(self, round_: int) -> int:
        """Plan a round and live it; return how many of its candidates are not known yet."""
        most = self.job.candidates - self.tried
        contrasts = min(self.job.contrasts, self.made + self.can) if round_ > 1 else 0
        left = max(0, contrasts - self.made) if round_ > 1 else self.job.contrasts
        room = self._room
        missing = room - (left + self.made) - self.drafted if left else room - self.answerable
        again = min(_likely(left, self._rate(), HOPED_DERIVED), self.can, most)
        asked = min(_likely(missing, self._rate(), HOPED_RATE), most - again, len(self.open))
        wanted = self.job.abstaining - self.abstaining
        rate = self.abstaining / self.derived if self.derived else None
        derivable = len(self.job.kinds) * self.drafted - self.derived
        derived = min(_likely(wanted, rate, HOPED_DERIVED), most - again - asked, derivable)
        fresh = sum(self._ask(round_) for _ in range(asked))
        for _ in range(again):
            self._contrast()
        for _ in range(derived):
            self._derive()
        return fresh + again + derived

    @property
    def answerable(self) -> int:
        """Rows whose passages hold the answer."""
        return self.drafted + self.made

    def _rate(self) -> float | None:
        return self.sound / self.finished if self.finished else None

    def _ask(self, round_: int) -> bool:
        """Live a candidate of the next window; say whether it is yet to be paid."""
        place = self.open.popleft()
        kind = "again" if self.asked[place] else "first"
        seen = {1: self.known.first, 2: self.known.again}.get(round_, {})
        life = seen.get(place) if self.scale == 1 else None
        is_fresh = life is None
        life = life or self._pick(kind, self.job.windows[place])
        self.asked[place] += 1
        self.tried += 1
        self.finished += 1
        if not life.exhausted:
            self.open.append(place)
        if life.accepted and not self._doubles():
            self.sound += 1
            self.drafted += 1
            self.can += self.seeded.random() < self.contrastable
        return is_fresh

    def _contrast(self) -> None:
        life = self._pick("contrast", self.job.windows[self.tried % len(self.job.windows)])
        self.can -= 1
        self.tried += 1
        self.finished += 1
        if life.accepted:
            self.sound += 1
            self.made += 1

    def _derive(self) -> None:
        kind = self.job.kinds[self.derived % len(self.job.kinds)]
        size = self.job.windows[self.tried % len(self.job.windows)]
        self.derived += 1
        self.tried += 1
        self.abstaining += self._pick(kind, size).accepted

    def _pick(self, kind: Kind, size: int) -> Life:
        life = self.pools[kind].pick(size)
        self.calls += life.calls
        return life

    def _doubles(self) -> bool:
        """Say whether a row repeats an earlier one: the likelier, the more each window gave."""
        density = self.drafted / len(self.job.windows)
        return self.seeded.random() < 1 - math.exp(-self.doubling * density)

    def _used(self) -> dict[str, Used]:
        """Return what was spent before and what the walk spent, no more than the calls allowed."""
        walked: dict[str, Used] = {}
        for pool in self.pools.values():
            for role, each in pool.used(self.job.letters_per_token, self.scale).items():
                walked[role] = walked.get(role, Used()) + each
        before = sum(each.calls for each in self.known.spent.values())
        calls = sum(each.calls for each in walked.values())
        share = min(1.0, max(0, self.job.calls * self.scale - before) / calls) if calls else 1.0
        roles = dict.fromkeys([*self.known.spent, *walked])
        return {
            role: self.known.spent.get(role, Used()) + walked.get(role, Used()).times(share)
            for role in roles
        }


def _likely(missing: int, rate: float | None, hoped: float) -> int:
    """Return how many candidates are planned for so many missing rows."""
    likely = hoped if rate is None else max(rate, LEAST_RATE)
    return max(0, math.ceil(missing / likely))


def _of_kind(kind: Kind, seen: Sequence[Life], typical: Sequence[Life]) -> list[Life]:
    """Return the lives that a candidate of the kind may have.

    Where few windows were asked again, and for contrasts, first questions have a say as well.
    """
    found = [each for each in (*seen, *typical) if each.kind == kind]
    if kind not in ("again", "contrast"):
        return found
    first = [each for each in seen if each.kind == "first" and not each.exhausted]
    lent = LENT / max(LENT, len(first))
    return found + [_weighing(each, lent) for each in first]


LENT = 3.0
"""How many candidates' word first questions have about those asked again."""


def _weighing(life: Life, weight: float) -> Life:
    return Life(
        life.kind, life.accepted, life.exhausted, life.used, life.size, life.showing, weight
    )
