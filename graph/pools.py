"""Pools: lives of one kind, drawn by chance for a walk; pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from graph.forecast import Kind, Life, Used

LENT = 3.0
"""How many candidates' word first questions have about those asked again."""


class Pool:
    """Lives of one kind with drawn likelihoods; counts how often each was picked."""

    def __init__(self, lives: Sequence[Life], seeded: random.Random) -> None:
        self.lives = lives
        self.picked = [0] * len(lives)
        self.larger = [0] * len(lives)
        self._seeded = seeded
        drawn = [seeded.gammavariate(each.weight, 1) for each in lives]
        self._sums = list(accumulate(drawn))

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


def lives_of(kind: Kind, seen: Sequence[Life], typical: Sequence[Life]) -> list[Life]:
    """Return the lives that a candidate of the kind may have.

    Where few windows were asked again, and for contrasts, first questions have a say as well.
    """
    every = [*seen, *typical]
    if kind == "exhausted":
        return [each for each in every if each.exhausted]
    found = [each for each in every if each.kind == kind]
    if kind not in ("again", "contrast"):
        return found
    first = [each for each in seen if each.kind == "first" and not each.exhausted]
    lent = LENT / max(LENT, len(first))
    found = [each for each in found if not each.exhausted]
    return found + [replace(each, weight=lent) for each in first]
