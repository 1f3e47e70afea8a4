"""Whether the oracle stands at every place of its context alike: Pearson's chi-squared test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from math import erfc, exp, gamma, sqrt


def uniformity(places: Iterable[tuple[int, int]]) -> tuple[float, int, float]:
    """Return chi-squared, degrees of freedom and p of (place from 0, length of the context).

    Contexts of one length are compared with each other, and their sums added.
    """
    by_length: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for place, length in places:
        by_length[length][place] += 1
    squared, freedom = 0.0, 0
    for length, counts in by_length.items():
        expected = counts.total() / length
        squared += sum((counts[place] - expected) ** 2 / expected for place in range(length))
        freedom += length - 1
    return squared, freedom, survival(squared, freedom)


def survival(squared: float, freedom: int) -> float:
    """Return the chance of a chi-squared as large as this, by the recurrence of the gamma tail."""
    if freedom < 1:
        return 1.0
    x, a = squared / 2, 0.5 if freedom % 2 else 1.0
    tail = erfc(sqrt(x)) if freedom % 2 else exp(-x)
    while a < freedom / 2:
        tail += x**a * exp(-x) / gamma(a + 1)
        a += 1
    return tail
