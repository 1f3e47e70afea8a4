"""Matches: whether a place states an answer's fact, and whether it could have stated it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from checks.facts.bindings import Place
from checks.facts.dates import is_day_of
from checks.facts.quantities import Number, converts, measure

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_CURRENTS = ("=", "~")
_COUNTED = ("px",)
"""Units that go without saying: "1920 x 1080"."""


def states(place: Place, fact: Place) -> bool:
    """Say whether the place states the fact, maybe in another unit or in that of its column."""
    said, held = fact.number, place.number
    if said.key == held.key or (said.value == held.value and not said.unit):
        return True
    if said.is_code and held.is_code and _is_day(said.value, held.value):
        return True
    if held.unit[-1:] in _CURRENTS:
        plain = replace(held, unit=held.unit[:-1])
        return said.key == plain.key or converts(said, plain)
    if held.unit:
        return converts(said, held)
    if said.unit in _COUNTED and said.value == held.value:
        return True
    columns = (replace(held, unit=unit) for unit in place.measured) if said.unit else ()
    return any(said.key == column.key or converts(said, column) for column in columns)


def _is_day(said: str, held: str) -> bool:
    return is_day_of(said, held) or is_day_of(held, said)


def could_state(place: Place, fact: Place, kinds: frozenset[str]) -> bool:
    """Say whether the place holds the same sort of thing as the fact, which is of these kinds."""
    said, held = fact.number, place.number
    if not (is_plain(said) and is_plain(held)):
        return said.is_code and held.is_code and _are_siblings(said.value, held.value)
    if not held.unit and place.row is None:
        return "" in kinds
    return not kinds.isdisjoint(_kinds(place))


def kinds_of(fact: Place, own: Sequence[Place]) -> frozenset[str]:
    """Return what a fact measures; one without a unit also what the places do that state it."""
    kind = frozenset({measure(fact.number.unit).kind})
    return kind if fact.number.unit else kind.union(*map(_kinds, own))


def _kinds(place: Place) -> frozenset[str]:
    """Return what a place may measure: what its unit does, or nothing, or what its column does."""
    units = {place.number.unit} if place.number.unit else place.measured | {""}
    return frozenset(measure(unit).kind for unit in units)


def is_plain(number: Number) -> bool:
    """Say whether it is a number, and no code; "05" may be either."""
    return not number.is_code or number.value.isdecimal()


def _are_siblings(one: str, other: str) -> bool:
    """Say whether two codes are built alike: E214 and E301, F2 and V2."""
    if _DIGITS.sub("0", _LETTERS.sub("a", one)) != _DIGITS.sub("0", _LETTERS.sub("a", other)):
        return False
    if _LETTERS.findall(one) == _LETTERS.findall(other):
        return True
    return Levenshtein.distance(one, other) * 2 <= len(one)
