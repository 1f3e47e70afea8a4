"""Exhaustion: how likely nothing is left to ask about a window, by how often it was asked; pure."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product

_LEVELS = (0.01, 0.02, 0.04, 0.08, 0.14, 0.22, 0.32, 0.45, 0.6)
_GROWTHS = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0)
_MOST = 0.9
Asking = tuple[int, bool]
"""Which asking of its window it was, from 1 on, and whether it found nothing to ask."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """The likelihood that an asking finds nothing to ask: a power of its number.

    It falls where some windows give far more than others, and grows where all give alike.
    """

    level: float
    growth: float

    def at(self, asking: int) -> float:
        """Return how likely this asking of a window finds nothing to ask."""
        return min(_MOST, self.level * asking**self.growth)


class Hazards:
    """The hazards that may be, each as likely as the askings that were seen make it."""

    def __init__(self, seen: Collection[Asking]) -> None:
        self._every = [Hazard(*each) for each in product(_LEVELS, _GROWTHS)]
        self._likely = _likelihoods(self._every, seen)

    def draw(self, seeded: random.Random) -> Hazard:
        """Return one of them by chance."""
        return seeded.choices(self._every, self._likely)[0]


def _likelihoods(hazards: Sequence[Hazard], seen: Collection[Asking]) -> list[float]:
    logs = [sum(_log_likely(each, *asking) for asking in seen) for each in hazards]
    return [math.exp(each - max(logs)) for each in logs]


def _log_likely(hazard: Hazard, asking: int, exhausted: bool) -> float:
    nothing = hazard.at(asking)
    return math.log(nothing if exhausted else 1 - nothing)
