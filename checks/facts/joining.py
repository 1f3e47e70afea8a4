"""Joining: numbers of a text that are one: "three hundred", hours and minutes, written dates.

Also the ends of a range, which have one unit. `literals` is the only caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from checks.facts.dates import days, days_of_no_year
from checks.facts.quantities import Number
from checks.facts.units import find_unit, unit_words

_YEAR = 4
_TENS = 10
_DIGIT = re.compile(r"\d")
_PARTS = {("h", "min"): 60, ("min", "s"): 60}
_AND = re.compile(r"[ \u00a0]?(?:(?:and|e|und|et|y)[ \u00a0])?")


def with_products(found: Sequence[Number], text: str) -> list[Number]:
    """Return the numbers, those in words that are one as one: "three hundred", "twenty-five"."""
    joined: list[Number] = []
    for number in found:
        last = joined[-1] if joined else number
        if value := _product(last, number, text):
            start = joined.pop().start
            number = replace(number, text=text[start : number.end], start=start, value=value)
        joined.append(number)
    return joined


def _product(last: Number, number: Number, text: str) -> str:
    """Return the value of two words for numbers that are one; "" for any others."""
    if last.unit or text[last.end : number.start] not in (" ", "-"):
        return ""
    if _DIGIT.search(text, last.start, last.end) or _DIGIT.search(text, number.start, number.end):
        return ""
    one, other = int(last.value), int(number.value)
    if one < _TENS <= other and str(other).strip("0") == "1" and other > _TENS:
        return str(one * other)
    return str(one + other) if one > _TENS > other and not one % _TENS else ""


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


def with_parts_of_hours(found: Sequence[Number], text: str, language: str) -> list[Number]:
    """Return the numbers, "half an hour" and "4 hours and a half" as what they come to."""
    spoken, half = _parts_of_time(language), _and_a_half(language)
    whole = [
        Number(match.group(), *match.span(), *spoken[match.group().lower()])
        for match in _spoken(language).finditer(text)
    ]
    joined = _without(found, [(each.start, each.end) for each in whole])
    for index, number in enumerate(joined):
        if (match := half.match(text, number.end)) and not number.is_code:
            unit, end = (number.unit, match.end())
            unit, end = (unit, end) if unit else find_unit(text, end) or (unit, end)
            value = str(Fraction(number.value.removeprefix("±")) + Fraction(1, 2))
            joined[index] = Number(text[number.start : end], number.start, end, value, unit)
    return sorted([*joined, *whole], key=lambda number: number.start)


def with_days(found: Sequence[Number], text: str) -> list[Number]:
    """Return the numbers, those of a written-out date as one code."""
    dated = any(len(number.value) == _YEAR for number in found)
    written = list(days(text)) if dated else []
    rest = _without(found, [(start, end) for start, end, _ in written])
    part = list(days_of_no_year(text, rest))
    rest = _without(rest, [(start, end) for start, end, _ in part])
    named = (*written, *part)
    whole = [Number(text[start:end], start, end, day, is_code=True) for start, end, day in named]
    return sorted([*rest, *whole], key=lambda number: number.start) if whole else rest


def _without(found: Sequence[Number], spans: Sequence[tuple[int, int]]) -> list[Number]:
    """Return the numbers that begin in none of the spans."""
    if not spans:
        return list(found)
    return [
        number for number in found if not any(start <= number.start < end for start, end in spans)
    ]


def _joined(between: str, after: Number) -> bool:
    if after.value.startswith("±"):
        return not between.strip()
    return bool(_between().fullmatch(between))


@cache
def _between() -> re.Pattern[str]:
    """Return what may stand between two numbers of one quantity: "4-6 bar", "from 4 to 6 bar"."""
    joints = "|".join(map(re.escape, unit_words()["between"]))
    return re.compile(rf"\s*(?:[-/x×÷~…]|\.{{2,3}})\s*|\s+(?:{joints})\s+")


@cache
def _parts_of_time(language: str) -> dict[str, tuple[str, str]]:
    """Return value and unit by phrase: "half an hour" is 30 min."""
    return {
        phrase: (str(value), str(unit))
        for (value, unit), phrases in (
            (part.split(), phrases) for part, phrases in unit_words()["parts of time"].items()
        )
        for phrase in phrases.get(language, ())
    }


@cache
def _spoken(language: str) -> re.Pattern[str]:
    phrases = sorted(_parts_of_time(language), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases)) or '(?!)'})(?!\w)", re.IGNORECASE)


@cache
def _and_a_half(language: str) -> re.Pattern[str]:
    words = unit_words()["and a half"].get(language, ())
    return re.compile(rf"[ \u00a0](?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")
