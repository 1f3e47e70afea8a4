"""Joining: numbers of a text that are one: ranges with one unit, hours and minutes, written dates.

`literals` is the only caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from checks.facts.dates import days
from checks.facts.quantities import Number
from checks.facts.units import unit_words

_YEAR = 4
_PARTS = {("h", "min"): 60, ("min", "s"): 60}
_AND = re.compile(r"[ \u00a0]?(?:(?:and|e|und|et|y)[ \u00a0])?")


def with_shared_units(found: Sequence[Number], text: str) -> list[Number]:
    """Return the numbers, each end of a range with the unit that stands after the last one."""
    shared: list[Number] = []
    after: Number | None = None
    for number in reversed(found):
        if (
            after
            and after.unit
            and not number.unit
            and not number.is_code
            and _joined(text[number.end : after.start], after)
        ):
            number = replace(number, unit=after.unit)
        shared.append(number)
        after = number
    return shared[::-1]


def with_sums(found: Sequence[Number], text: str) -> list[Number]:
    """Return the numbers, hours with their minutes as one: "1 h 15 min"."""
    summed: list[Number] = []
    for number in found:
        last = summed[-1] if summed else number
        size = _PARTS.get((last.unit, number.unit), 0)
        is_whole = last.value.isdecimal() and number.value.isdecimal()
        if size and is_whole and _AND.fullmatch(text, last.end, number.start):
            start, end = summed.pop().start, number.end
            value = str(int(last.value) * size + int(number.value))
            number = Number(text[start:end], start, end, value, number.unit)
        summed.append(number)
    return summed


def with_days(found: Sequence[Number], text: str) -> list[Number]:
    """Return the numbers, those of a written-out date as one code."""
    written = list(days(text)) if any(len(number.value) == _YEAR for number in found) else []
    if not written:
        return list(found)
    apart = [
        number
        for number in found
        if not any(start <= number.start < end for start, end, _ in written)
    ]
    whole = [Number(text[start:end], start, end, day, is_code=True) for start, end, day in written]
    return sorted([*apart, *whole], key=lambda number: number.start)


def _joined(between: str, after: Number) -> bool:
    if after.value.startswith("±"):
        return not between.strip()
    return bool(_between().fullmatch(between))


@cache
def _between() -> re.Pattern[str]:
    """Return what may stand between two numbers of one quantity: "4-6 bar", "from 4 to 6 bar"."""
    joints = "|".join(map(re.escape, unit_words()["between"]))
    return re.compile(rf"\s*(?:[-/x×÷~…]|\.{{2,3}})\s*|\s+(?:{joints})\s+")
