"""Editions: sections of which one is the other in another language, found without reading either.

The numbers of a section survive its translation, in their order. Sections with the same row of
numbers anchor two editions to each other, and what lies between two anchors belongs together; where
too few anchors stand in one order, two texts are no editions of each other, and nothing is joined.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product

_NUMBER = re.compile(r"\d+")
_HEADING_NUMBER = re.compile(r"^[#\s]*\d+(?:\.\d+)*\.?(?=\s)")
_LEAST_NUMBERS = 3
_LEAST_ANCHORS = 3
_LEAST_SHARE = 1 / 3
# More holders of one row of numbers, or more likely editions of one text, are not looked at.
_MOST_HOLDERS = 64
_MOST_EDITIONS = 8

Anchors = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Edition:
    """The sections, in order, that a document has in one language."""

    language: str
    sections: Sequence[str]


def edition_pairs(editions: Sequence[Edition]) -> Iterator[tuple[str, str]]:
    """Yield pairs of section texts of which one is the other, or next to it, in translation."""
    rows = [_rows_of_numbers(edition) for edition in editions]
    for one, other in _likely(editions, rows):
        anchors = _anchors(rows[one], rows[other])
        least = _LEAST_SHARE * min(len(rows[one]), len(rows[other]))
        if len(anchors) >= max(_LEAST_ANCHORS, least):
            yield from _joined(editions[one].sections, editions[other].sections, anchors)


def _rows_of_numbers(edition: Edition) -> dict[tuple[str, ...], int]:
    """Return the place of each section by its numbers, of those that no other section has."""
    rows = [_numbers(section) for section in edition.sections]
    counts = Counter(rows)
    return {
        row: place
        for place, row in enumerate(rows)
        if len(row) >= _LEAST_NUMBERS and counts[row] == 1
    }


def _numbers(section: str) -> tuple[str, ...]:
    """Return the runs of digits: 1,5 and 1.5 are the same ones. The heading's own is left out."""
    return tuple(_NUMBER.findall(_HEADING_NUMBER.sub("", section)))


def _likely(
    editions: Sequence[Edition], rows: Sequence[Mapping[tuple[str, ...], int]]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of editions in different languages that have rows of numbers in common."""
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, of_edition in enumerate(rows):
        for row in of_edition:
            holders[row].append(place)
    common: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for places in holders.values():
        for one, other in combinations(places[:_MOST_HOLDERS], 2):
            if editions[one].language != editions[other].language:
                common[one][other] += 1
    for one, others in sorted(common.items()):
        for other, count in others.most_common(_MOST_EDITIONS):
            if count >= _LEAST_ANCHORS:
                yield one, other


def _anchors(one: Mapping[tuple[str, ...], int], other: Mapping[tuple[str, ...], int]) -> Anchors:
    """Return the places of equal rows of numbers, the most that stand in one order."""
    pairs = sorted((place, other[row]) for row, place in one.items() if row in other)
    return [pairs[place] for place in _longest_rise([second for _, second in pairs])]


def _longest_rise(values: Sequence[int]) -> list[int]:
    """Return the places of a longest rising subsequence."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for place, value in enumerate(values):
        at = bisect_left(tails, value)
        before.append(ends[at - 1] if at else None)
        tails[at : at + 1] = [value]
        ends[at : at + 1] = [place]
    rise: list[int] = []
    place = ends[-1] if ends else None
    while place is not None:
        rise.append(place)
        place = before[place]
    return rise[::-1]


def _joined(
    one: Sequence[str], other: Sequence[str], anchors: Anchors
) -> Iterator[tuple[str, str]]:
    """Yield the anchored sections, then those between: by place where both have as many.

    Where one has more, all of them are joined, each with the first of the other's.
    """
    for first, second in anchors:
        yield one[first], other[second]
    ends = [(-1, -1), *anchors, (len(one), len(other))]
    for (first, second), (next_first, next_second) in pairwise(ends):
        gap, other_gap = one[first + 1 : next_first], other[second + 1 : next_second]
        if len(gap) == len(other_gap):
            yield from zip(gap, other_gap, strict=True)
        elif gap and other_gap:
            yield from product(gap[:1], other_gap)
            yield from product(gap[1:], other_gap[:1])
