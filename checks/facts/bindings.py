"""Bindings: whether a fact of an answer stands in its evidence beside the same words.

A place is where a number stands, with the words around it weighed by how near they are. A fact is
bound elsewhere when another value's place fits its words clearly better than any of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from checks.facts.limits import limits
from checks.facts.models import Model, models
from checks.facts.quantities import Number
from checks.facts.readings import Token, Unit, read

_NEAR = 0.85
"""How much of its weight a word loses with each word between."""
_BESIDE = 1.5
_ADJACENT = 0.5
_LEAST = 0.12
_CROSSED = 0.5
_GRAMMAR = 0.35
_GRAMMAR_REACH = 3.0
_LABEL = 0.9
_HEAD = 0.85
_LABELLED = 0.5
_ROW = (0.3, 0.5)
_OTHER_HEAD = 0.3
_BELOW = 0.5
_HANGING = (0.15, 0.15)

Sides = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row: its table's heads, the words of its first cell, and which cells are filled."""

    heads: tuple[tuple[str, ...], ...]
    label: frozenset[str]
    cells: frozenset[int]

    def is_named(self, words: Counter[str]) -> bool:
        """Say whether a sentence's words hold the whole label; a count needs its column's name."""
        if not self.label <= words.keys():
            return False
        if any(not word.startswith("#") or word[1:2].isalpha() for word in self.label):
            return True
        return any(
            f"{head} {word}" in words
            for column in self.heads[:1]
            for head in column
            for word in self.label
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A number as a text states it: with its words, and the units that its column may give it.

    `above` is what its sentence hangs on; `beside` are the words of the sentence, and each two in a
    row; `models` are those that it names. `row` and `cell` are where the number stands in a table,
    `at` where in its sentence; those of "3 x 4 x 5" have one `chain`.
    """

    number: Number
    words: dict[str, Sides]
    above: frozenset[str]
    measured: frozenset[str]
    is_mark: bool
    limit: int
    is_denied: bool
    beside: Counter[str]
    unit: int
    at: float
    chain: int
    models: frozenset[Model]
    row: Row | None = None
    cell: int = -1


@lru_cache(maxsize=1024)
def places(text: str, language: str) -> tuple[Place, ...]:
    """Return the places of a text's numbers, in order."""
    reading = read(text, language)
    found: list[Place] = []
    for index, unit in enumerate(reading.units):
        set_here = limits(text, language)[index]
        said = [token.name for token in unit.tokens if not token.is_stop]
        beside = Counter([*said, *map(" ".join, pairwise(said))])
        row, above = row_of(unit), frozenset(unit.above)
        here = [reading.numbers[token.fact] for token in unit.tokens if token.fact >= 0]
        named = models(text, here, language)
        found += (
            Place(
                reading.numbers[token.fact],
                around(unit, token),
                above,
                reading.measured[token.fact],
                token.fact in reading.marks,
                set_here.ways.get(token.fact, 0),
                token.fact in set_here.denied,
                beside,
                index,
                token.at,
                reading.chains[token.fact],
                named,
                row,
                token.cell,
            )
            for token in unit.tokens
            if token.fact >= 0
        )
    return tuple(found)


@lru_cache(maxsize=1024)
def rows(text: str, language: str) -> tuple[Row, ...]:
    """Return the labelled rows of a text's tables."""
    found = (row_of(unit) for unit in read(text, language).units)
    return tuple(row for row in found if row and row.label)


def row_of(unit: Unit) -> Row | None:
    """Return the row that a unit is; None for a sentence."""
    if not unit.is_row:
        return None
    label = frozenset(t.name for t in unit.tokens if t.cell == 0 and not t.is_stop)
    return Row(unit.heads, label, frozenset(token.cell for token in unit.tokens))


def fit(fact: Place, place: Place, rarity: dict[str, float]) -> float:
    """Return how much of what stands around the fact stands around the place, from 0 to 1."""
    whole = held = 0.0
    for name, (left, right) in fact.words.items():
        weight = rarity.get(name, _ABSENT)
        if name[0] == "#" and len(name) == _ONE_DIGIT and name[1].isdecimal():
            weight *= _BARE
        whole += weight * (left + right)
        found = place.words.get(name) or (_HANGING if name in place.above else None)
        if found:
            straight = min(left, found[0]) + min(right, found[1])
            crossed = min(left, found[1]) + min(right, found[0])
            held += weight * max(straight, _CROSSED * crossed)
    return held / whole if whole else 0.0


_ABSENT = 1.0
_BARE = 0.4
_ONE_DIGIT = len("#5 ")


def rarities(found: Sequence[Place]) -> dict[str, float]:
    """Return the weight of each word: the fewer of the places it stands at, the more it says."""
    counts = Counter[str]()
    for place in found:
        counts.update({name: max(sides) for name, sides in place.words.items()})
    return {
        name: 0.3 + math.log((len(found) + 1) / (count + 0.5)) for name, count in counts.items()
    }


def around(unit: Unit, fact: Token) -> dict[str, Sides]:
    """Return the words around one of a unit's tokens, by how near they are on either side."""
    words: dict[str, Sides] = {}
    for token in unit.tokens:
        if token is fact:
            continue
        for name, left, right in _weighed(token, fact, unit):
            _add(words, name, left, right)
    for cell, head in enumerate(unit.heads):
        weight = _HEAD if cell == fact.cell else _OTHER_HEAD
        for name in head:
            _add(words, name, weight, weight)
            if cell == fact.cell:
                _add(words, f"<{name}", _ADJACENT, 0.0)
    for name in unit.below.get(fact.cell, ()):
        _add(words, name, _BELOW, _BELOW)
    return words


def _add(words: dict[str, Sides], name: str, left: float, right: float) -> None:
    """Keep the most of each side; called for every word of every number, so without `max`."""
    if before := words.get(name):
        left = left if left > before[0] else before[0]
        right = right if right > before[1] else before[1]
    words[name] = (left, right)


def _weighed(token: Token, fact: Token, unit: Unit) -> Iterator[tuple[str, float, float]]:
    if unit.is_row and token.cell != fact.cell:
        near = token.cell == 0 or fact.cell == 0
        weight = (_LABEL if token.cell == 0 else _LABELLED) if near else _ROW[token.fact < 0]
        if not token.is_stop:
            yield token.name, weight, weight
        return
    distance = abs(token.at - fact.at)
    is_left = token.at < fact.at
    weight = _NEAR**distance
    is_number = token.name.startswith("#") and token.name[1:2].isdecimal()
    if (token.is_stop or is_number) and distance <= _GRAMMAR_REACH:
        side = "<" if is_left else ">"
        name = token.name if token.is_stop else "#"
        yield f"{side}{name}", *_sided(_GRAMMAR * weight, is_left=is_left)
    if not token.is_stop:
        yield token.name, *_sided(max(weight, _LEAST), is_left=is_left)
        if distance <= _BESIDE and token.fact < 0:
            side = "<" if is_left else ">"
            yield f"{side}{token.name}", *_sided(_ADJACENT, is_left=is_left)


def _sided(weight: float, *, is_left: bool) -> Sides:
    return (weight, 0.0) if is_left else (0.0, weight)
