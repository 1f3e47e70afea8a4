"""Dates: one form for a day, however it is written: 30 September 2024, 30.09.2024, 2024-09-30.

`literals` reads the days of a text as codes in that form, a day of no year as "--09-30".
"03/04/2024" in English may be either day, and is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from checks.facts.quantities import Number
from checks.facts.units import unit_words

_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_NUMERIC = re.compile(rf"(?P<one>\d{{1,2}})(?P<mark>[./-])(?P<two>\d{{1,2}})(?P=mark){_YEAR}")
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|°)?"
_BEFORE_YEAR = re.compile(
    rf"(?:[^\W\d_]{{3}}\.?|\d{_ORDINAL}),?\s+(?:de\s+|del\s+)?{_YEAR}", re.IGNORECASE
)


def days(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and ISO form of each day that is written with a month's name."""
    # To try every month at every word takes longer than all the other numbers of a text.
    if not _BEFORE_YEAR.search(text):
        return
    for pattern in _named():
        for match in pattern.finditer(text):
            month = _months()[match["month"].casefold()]
            yield match.start(), match.end(), _iso(match["year"], month, int(match["day"]))


def days_of_no_year(text: str, found: Sequence[Number]) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and form of the days that are one of these numbers with a month's name."""
    for number in found:
        is_day = not number.unit and number.text.isdecimal() and 0 < int(number.value) <= 31
        if is_day and (match := _month_after().match(text, number.end)):
            month = _months()[match["month"].casefold()]
            yield number.start, match.end(), f"--{month:02}-{int(number.value):02}"


def is_day_of(said: str, held: str) -> bool:
    """Say whether a date may be the other day: that of its year, or the one it is written as."""
    if said.startswith("--"):
        return len(held) > len(said) and held.endswith(said[1:])
    match = _NUMERIC.fullmatch(said)
    if match is None:
        return False
    one, two = int(match["one"]), int(match["two"])
    return held in (_iso(match["year"], one, two), _iso(match["year"], two, one))


def day_of(code: str, language: str) -> str:
    """Return the ISO form of a numeric date; any other code, or an ambiguous date, as it is."""
    match = _NUMERIC.fullmatch(code)
    if match is None:
        return code
    one, two = int(match["one"]), int(match["two"])
    if language == "en" and match["mark"] != "." and one <= 12 and two <= 12 and one != two:
        return code
    day, month = (two, one) if two > 12 else (one, two)
    return _iso(match["year"], month, day) if month <= 12 and day <= 31 else code


def _iso(year: str, month: int, day: int) -> str:
    return f"{year}-{month:02}-{day:02}"


@cache
def _months() -> dict[str, int]:
    """Return the number of each month's name, in every language."""
    return {
        name.casefold(): number
        for names in unit_words()["months"].values()
        for number, name in enumerate(names, start=1)
    }


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    month = rf"(?P<month>{names})\b\.?"
    day = rf"(?<!\d)(?P<day>[0-3]?\d){_ORDINAL}"
    return (
        re.compile(rf"{day}\s+(?:of\s+|de\s+)?{month},?\s+(?:de\s+|del\s+)?{_YEAR}", re.IGNORECASE),
        re.compile(rf"\b{month}\s+{day},?\s+{_YEAR}", re.IGNORECASE),
    )


@cache
def _month_after() -> re.Pattern[str]:
    """Return what is a month's name as it is spelt: "5 may" is no day."""
    names = sorted({name for each in unit_words()["months"].values() for name in each}, key=len)
    month = "|".join(map(re.escape, reversed(names)))
    return re.compile(rf"{_ORDINAL}[ \u00a0](?:of |de )?(?P<month>{month})\b")
