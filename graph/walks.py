"""Walks: the planner's own arithmetic, gone through many times with lives drawn by chance; pure.

Each walk draws how likely each kind of life is (a Bayesian bootstrap of the lives that a trial saw
and of typical ones), then plans round after round as `graph/plan.py` does, with a life drawn for
each candidate, until the rows are had or nothing is left.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from graph.exhaustion import Asking, Hazard, Hazards
from graph.forecast import Job, Kind, Known, Life, Round, Used, Walk
from graph.plan import HOPED_DERIVED, HOPED_RATE, likely_needed
from graph.pools import Pool, lives_of

_ANSWERABLE: tuple[Kind, ...] = ("first", "again", "exhausted", "contrast")
DIFFERING = (4, 4)
"""What is believed of the share of contrasts that are no duplicates: a beta distribution's a, b."""
MOST_WALKS, LEAST_WALKS, PICKS = 400, 100, 400_000
MOST_ROWS = 4000
"""Of a larger run a part is walked, with that part of its windows, and multiplied."""


def walks(job: Job, known: Known, typical: Sequence[Life]) -> list[Walk]:
    """Return many ways that the run may go, the same ones for the same values."""
    seeded = random.Random(f"forecast {job.seed} {job.rows}")
    scale = math.ceil(job.rows / MOST_ROWS)
    part = _part_of(job, scale)
    count = max(LEAST_WALKS, min(MOST_WALKS, PICKS // (part.rows + 1)))
    hazards = Hazards(_askings(known))
    return [
        _Walk(part, known, typical, hazards.draw(seeded), seeded, scale).walk()
        for _ in range(count)
    ]


def _part_of(job: Job, scale: int) -> Job:
    if scale == 1:
        return job
    return replace(
        job,
        rows=job.rows // scale,
        windows=job.windows[::scale],
        abstaining=job.abstaining // scale,
        contrasts=job.contrasts // scale,
        candidates=job.candidates // scale,
        calls=job.calls // scale,
    )


class _Walk:
    """One walk: counts as the planner counts, lives as they are drawn."""

    def __init__(
        self,
        job: Job,
        known: Known,
        typical: Sequence[Life],
        hazard: Hazard,
        seeded: random.Random,
        scale: int,
    ) -> None:
        self.job, self.known, self.seeded, self.scale = job, known, seeded, scale
        self.hazard = hazard
        seen = known.lives
        kinds: list[Kind] = [*_ANSWERABLE, *job.kinds]
        self.pools: dict[Kind, Pool] = {
            kind: Pool(lives_of(kind, seen, typical), seeded) for kind in kinds
        }
        self.untold = {kind: deque(e for e in known.derived if e.kind == kind) for kind in kinds}
        self.doubling = seeded.gammavariate(2, 0.06 if job.contrasts else 0.03)
        self.contrastable = seeded.betavariate(
            known.contrastable + 0.5, known.answered - known.contrastable + 1.0
        )
        self.falsifiable = seeded.betavariate(
            known.falsifiable + 1.0, known.answered - known.falsifiable + 0.5
        )
        # The sibling's own window may have been asked the same before.
        self.differing = seeded.betavariate(*DIFFERING)
        self.derivable = Counter[Kind]({kind: 0 for kind in job.kinds})
        self.open = deque(range(len(job.windows)))
        self.asked = [0] * len(job.windows)
        self.tried = self.finished = self.sound = 0
        self.drafted = self.made = self.contrasted = 0
        # Rows, in their order, that contrasts can be derived from, and those that sound ones were.
        self.can: list[int] = []
        self.origins: list[int] = []
        self.answerable, self.left, self.able = 0, job.contrasts, 0
        self.abstaining: int = 0
        self.derived: int = 0
        self.calls = sum(each.calls for each in known.spent.values()) / scale
        self.rounds: list[Round] = []
        self.longest: float = 0

    def walk(self) -> Walk:
        """Go round after round, as `graph/dataset.py` does."""
        while not self._whole() and self.calls < self.job.calls:
            before, calls, self.longest = self.tried, self.calls, 0
            paid = self._round(len(self.rounds) + 1)
            self._assess()
            if self.tried == before:
                break
            taken = min(self.calls, self.job.calls) - calls
            taken = round(taken * self.scale)
            self.rounds.append(Round(paid * self.scale, taken, round(self.longest)))
        # Where nothing more is tried, no place is left to contrasts.
        self.answerable = self.drafted + self.made
        return Walk(self._rows() * self.scale, self._used(), self.rounds)

    def _assess(self) -> None:
        """Count the rows whose passages hold the answer, and the places left to contrasts."""
        room, most = self.job.rows - self.job.abstaining, self.job.contrasts
        fit = sorted([*self.can, *self.origins])
        while self.drafted and most and bisect_left(fit, room - most) < most:
            most -= 1
        place = max(0, room - most)
        made = min(bisect_left(self.origins, place), most)
        self.able = bisect_left(self.can, place)
        self.left = most - made
        self.answerable = made + (min(self.drafted, place) if self.left else self.drafted)

    @property
    def _room(self) -> int:
        """How many rows are left to those that are answerable."""
        settled = bool(self.drafted) and not any(self.derivable.values())
        return self.job.rows - (self.abstaining if settled else self.job.abstaining)

    def _rows(self) -> int:
        return min(self._room, self.answerable) + min(self.abstaining, self._in_share)

    @property
    def _in_share(self) -> int:
        """How many rows may abstain beside so few others."""
        wanted = self.job.abstaining
        return min(wanted, round(self.answerable * wanted / (self.job.rows - wanted)))

    def _whole(self) -> bool:
        return self._rows() >= self.job.rows

    def _round(self, round_: int) -> int:
        """Plan a round and live it; return how many of its candidates are not known yet."""
        most = self.job.candidates - self.tried
        missing = self._room - self.answerable - self.left
        again = likely_needed(self.left, self._contrast_rate(), HOPED_DERIVED)
        again = min(again, self.able, most)
        asked = min(likely_needed(missing, self._rate(), HOPED_RATE), most - again, len(self.open))
        wanted = self.job.abstaining if asked + again else self._in_share
        wanted -= min(self.abstaining, self._in_share)
        rate = self.abstaining / self.derived if self.derived else None
        derivable = sum(self.derivable.values())
        derived = min(likely_needed(wanted, rate, HOPED_DERIVED), most - again - asked, derivable)
        fresh = sum(self._ask(round_) for _ in range(asked))
        for _ in range(again):
            self._contrast()
        fresh += sum(self._derive() for _ in range(derived))
        return fresh + again

    def _rate(self) -> float | None:
        return self.sound / self.finished if self.finished else None

    def _contrast_rate(self) -> float | None:
        return self.made / self.contrasted if self.contrasted else None

    def _ask(self, round_: int) -> bool:
        """Live a candidate of the next window; say whether it is yet to be paid."""
        place = self.open.popleft()
        life = self.known.asked.get((place, round_)) if self.scale == 1 else None
        is_fresh = life is None
        life = life or self._pick(self._kind_of(place), self.job.windows[place])
        self.asked[place] += 1
        self.tried += 1
        self.finished += 1
        if not life.exhausted:
            self.open.append(place)
        if life.accepted and not self._doubles():
            self.sound += 1
            self.drafted += 1
            if self.seeded.random() < self.contrastable:
                self.can.append(self.drafted - 1)
            for kind in self.derivable:
                lends = kind != "false_premise" or self.seeded.random() < self.falsifiable
                self.derivable[kind] += lends
        return is_fresh

    def _kind_of(self, place: int) -> Kind:
        """Return of which kind the next life of a window is."""
        before = self.asked[place]
        if not before:
            return "first"
        nothing = self.hazard.at(before + 1)
        return "exhausted" if self.seeded.random() < nothing else "again"

    def _contrast(self) -> None:
        life = self._pick("contrast", self.job.windows[self.tried % len(self.job.windows)])
        origin = self.can.pop(0)
        self.tried += 1
        self.finished += 1
        self.contrasted += 1
        if life.accepted and self.seeded.random() < self.differing:
            self.sound += 1
            self.made += 1
            insort(self.origins, origin)

    def _derive(self) -> bool:
        """Live a candidate that derives from a row; say whether it is yet to be paid."""
        left: list[Kind] = [kind for kind, count in self.derivable.items() if count]
        kind = left[self.derived % len(left)]
        self.derivable[kind] -= 1
        told = self.untold[kind].popleft() if self.untold[kind] else None
        life = told or self._pick(kind, self.job.windows[self.tried % len(self.job.windows)])
        self.derived += 1
        self.tried += 1
        self.abstaining += life.accepted
        return told is None

    def _pick(self, kind: Kind, size: int) -> Life:
        life = self.pools[kind].pick(size)
        self.calls += life.calls
        self.longest = max(self.longest, life.calls)
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


def _askings(known: Known) -> list[Asking]:
    """Return the askings of windows that were seen."""
    return [(round_, life.exhausted) for (_, round_), life in known.asked.items()]
