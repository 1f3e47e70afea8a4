"""Tolerances: "26 ± 2 Nm" says what "24 to 28 Nm" says; `judging` asks for either by the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from checks.facts.bindings import Place
from checks.facts.matches import is_plain, states
from checks.facts.quantities import Number, magnitude, sign

_TOLERANCE = "±"


def as_written(facts: Sequence[Place], held: Sequence[Place]) -> list[Place]:
    """Return the facts, those of a range as the tolerance that the evidence has, or reversely."""
    told = list(facts)
    for at, (one, other) in enumerate(pairwise(facts)):
        pair = _otherwise(one.number, other.number) if one.unit == other.unit else None
        if pair is None or _stand_in((one, other), held):
            continue
        reworded = (replace(one, number=pair[0]), replace(other, number=pair[1]))
        if _stand_in(reworded, held):
            told[at : at + 2] = reworded
    return told


def _otherwise(one: Number, other: Number) -> tuple[Number, Number] | None:
    """Return a tolerance for a range, a range for a tolerance; None for what is neither."""
    if one.unit != other.unit or not (is_plain(one) and is_plain(other)):
        return None
    low, high = magnitude(one.value), magnitude(other.value)
    if sign(other.value) == _TOLERANCE and sign(one.value) != _TOLERANCE:
        first, second = str(low - high), str(low + high)
    elif low < high and _TOLERANCE not in (sign(one.value), sign(other.value)):
        first, second = str((low + high) / 2), f"{_TOLERANCE}{(high - low) / 2}"
    else:
        return None
    return replace(one, value=first), replace(other, value=second)


def _stand_in(pair: tuple[Place, Place], held: Sequence[Place]) -> bool:
    """Say whether two numbers stand side by side in the evidence."""
    return any(
        one.unit == other.unit and states(one, pair[0]) and states(other, pair[1])
        for one, other in pairwise(held)
    )
