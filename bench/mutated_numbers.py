"""Mutations of what bears a digit: numbers, units, ranges, signs, codes, dates and versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

from bench.lexicon import lexicons
from bench.measures import dimension_of, dimensions
from bench.mutants import Change, Mutation
from bench.quantities import (
    Digits,
    exact_decimals,
    interchangeable,
    numbers_of,
    range_pairs,
    write_number,
)
from bench.truths import Truth

_SIGN = re.compile(r"(?:±|\+/-|[-−])\s?$")
_LETTER_BESIDE_DIGIT = re.compile(r"[^\W\d_](?=[\W_]?\d)|(?<=\d)[^\W\d_]")
_STRANGERS = ("mm", "s", "kg", "V", "bar", "°C", "%")


def _written(number: Digits, value: Fraction, decimals: int, truth: Truth) -> Change:
    point = number.point or ("." if truth.language == "en" else ",")
    return Change(number.start, number.end, write_number(value, decimals, point, number.group))


def _bare(number: Digits) -> tuple[str, int]:
    """Return the digits of a number without marks, and how many of them are decimals."""
    return "".join(filter(str.isdecimal, number.text)), number.decimals


def _redigited(
    truth: Truth, number: Digits, options: Sequence[tuple[str, int]], random: Random
) -> Iterator[Sequence[Change]]:
    """Yield one of the digit strings (with its decimals) that is another value, well written."""
    whole = [
        (Fraction(int(digits), 10**decimals), decimals)
        for digits, decimals in options
        if len(digits) > decimals and (len(digits) - decimals == 1 or digits[0] != "0")
    ]
    if changed := sorted({each for each in whole if each[0] != number.value}):
        yield [_written(number, *random.choice(changed), truth)]


def digit_changed(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Put another digit for one of a number's."""
    for number in numbers_of(digits):
        bare, decimals = _bare(number)
        options = [
            (bare[:at] + new + bare[at + 1 :], decimals)
            for at in range(len(bare))
            for new in "0123456789"
        ]
        yield from _redigited(truth, number, options, random)


def digit_added(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Put a digit more somewhere in a number."""
    for number in numbers_of(digits):
        bare, decimals = _bare(number)
        options = [
            (bare[:at] + new + bare[at:], decimals + (at > len(bare) - decimals))
            for at in range(len(bare) + 1)
            for new in "0123456789"
        ]
        yield from _redigited(truth, number, options, random)


def digit_dropped(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Take a digit out of a number."""
    for number in numbers_of(digits):
        bare, decimals = _bare(number)
        options = [
            (bare[:at] + bare[at + 1 :], decimals - (at >= len(bare) - decimals))
            for at in range(len(bare))
        ]
        yield from _redigited(truth, number, options, random)


def decimal_shifted(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Make a number ten times as large or as small."""
    for number in numbers_of(digits):
        value = number.value * random.choice((Fraction(10), Fraction(1, 10)))
        decimals = exact_decimals(value)
        if number.value and decimals is not None:
            yield [_written(number, value, decimals, truth)]


def unit_swapped(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Put another unit behind a number: of the same dimension where there is one.

    Nought is nought in every unit of length or pressure, so its unit is left alone.
    """
    for number in numbers_of(digits):
        if not number.unit or (not number.value and dimension_of(number.unit) != "temperature"):
            continue
        start, end = number.unit_span
        if written := _other_units(number.unit, truth.text[start:end], truth.language):
            yield [Change(start, end, random.choice(written))]


def _other_units(symbol: str, shown: str, language: str) -> list[str]:
    """Return what other units are called, in words where this one is written as a word."""
    name = dimension_of(symbol)
    units = dimensions()[name]
    others = [each for each in units if units[each] != units[symbol] or name == "temperature"]
    others = [each for each in others if each != symbol] or [
        each for each in _STRANGERS if dimension_of(each) != name
    ]
    words = lexicons()[language].unit_words if language in lexicons() else {}
    if shown.casefold() in [form.casefold() for form in words.get(symbol, [])]:
        return [words[each][-1] for each in others if each in words]
    return [each for each in others if name != "calendar" and each not in ("d", "in", "ft")]


def range_end_moved(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Move one end of a range by up to five of its last places, so that it stays a range."""
    for low, high in range_pairs(truth.text, numbers_of(digits), truth.language):
        number = random.choice((low, high))
        step = Fraction(1, 10**number.decimals)
        moved = [number.value + step * n for n in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)]
        below, above = (Fraction(-1), high.value) if number is low else (low.value, None)
        options = [value for value in moved if below < value and (not above or value < above)]
        if options:
            yield [_written(number, random.choice(options), number.decimals, truth)]


def sign_dropped(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Take the ± or the minus away before a number; a tolerance is then said to be a value."""
    for number in numbers_of(digits):
        if number.value and number.sign and (sign := _SIGN.search(truth.text[: number.start])):
            yield [Change(sign.start(), number.start, "")]


def code_changed(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Change a digit of a code, or a letter beside one."""
    for code in digits:
        if code.kind == "code":
            yield [Change(code.start, code.end, _recoded(code.text, random))]


def _recoded(code: str, random: Random) -> str:
    places = [at for at, char in enumerate(code) if char.isdecimal()]
    letters = [found.start() for found in _LETTER_BESIDE_DIGIT.finditer(code)]
    at = random.choice(letters) if letters and random.random() < 0.3 else random.choice(places)
    pool = "0123456789" if code[at].isdecimal() else "ABCDEFGHKLMNPRSTVWX"
    pool = pool if not code[at].islower() else pool.lower()
    new = random.choice([char for char in pool if char.casefold() != code[at].casefold()])
    return code[:at] + new + code[at + 1 :]


def version_changed(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Change a digit of a date, time, version, fraction or address."""
    for word in digits:
        if word.kind in ("version", "other"):
            places = [at for at, char in enumerate(word.text) if char.isdecimal()]
            at = random.choice(places)
            new = random.choice([char for char in "123456789" if char != word.text[at]])
            yield [Change(word.start, word.end, word.text[:at] + new + word.text[at + 1 :])]


def numbers_exchanged(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Exchange two numbers, unless their order says nothing: "1, 2 and 3", "4–6", "30 x 40"."""
    numbers = numbers_of(digits)
    pairs = [*pairwise(numbers), (numbers[0], numbers[-1])] if numbers else []
    for one, two in dict.fromkeys((a.start, b.start) for a, b in pairs):
        first = next(each for each in numbers if each.start == one)
        second = next(each for each in numbers if each.start == two)
        between = [each for each in numbers if one <= each.start <= two]
        same = first.value == second.value
        if not same and not interchangeable(truth.text, between, truth.language):
            yield [
                Change(first.start, first.end, second.text),
                Change(second.start, second.end, first.text),
            ]


NUMBER_MUTATIONS: dict[str, Mutation] = {
    "digit changed": digit_changed,
    "digit added": digit_added,
    "digit dropped": digit_dropped,
    "decimal shifted": decimal_shifted,
    "unit swapped": unit_swapped,
    "range end moved": range_end_moved,
    "± or minus dropped": sign_dropped,
    "code changed": code_changed,
    "date or version changed": version_changed,
    "two numbers exchanged": numbers_exchanged,
}
