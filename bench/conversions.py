"""Quantities in other units, by the bench's own factors and rounded as people round.

`bench.paraphrases` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor, log10
from random import Random

from bench.lexicon import Lexicon
from bench.measures import convert, dimension_of, dimensions, is_convertible
from bench.mutants import Change, edited
from bench.quantities import Digits, exact_decimals, joint, numbers_of, write_number
from bench.truths import Truth

_NEVER_TARGETS = {"d", "hp", "cl", "hPa", "Pa", "mg", "µm", "rad", "N·cm", "kN·m", "lbf·ft"}
_IMPERIAL = {"in", "ft", "lb"}


def unit_converted(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a quantity, or all numbers that share its unit, in another unit."""
    for run in _runs(truth, numbers_of(digits)):
        unit = run[-1].unit
        if not is_convertible(unit) or not _stands_alone(truth, run, words):
            continue
        targets = [
            each
            for each in dimensions()[dimension_of(unit)]
            if each != unit
            and each not in _NEVER_TARGETS
            and (each not in _IMPERIAL or truth.language == "en")
            and all(_is_usual(convert(n.value, unit, each), each) for n in run)
        ]
        if targets:
            yield edited(truth.text, _converted(run, random.choice(targets), truth.language))


def _is_usual(value: Fraction, target: str) -> bool:
    """Tell whether people would write the value: no 0.0001 km, and no 0.167 h for 10 minutes."""
    dimension = dimension_of(target)
    if dimension == "time" and exact_decimals(value, most=2) is None:
        return False
    least = Fraction(1, 100) if target in _IMPERIAL else Fraction(1, 10)
    return (not value and dimension != "temperature") or least <= value < 100_000


def _runs(truth: Truth, numbers: Sequence[Digits]) -> Iterator[list[Digits]]:
    """Yield each number that has a unit after those before it that share the unit."""
    run: list[Digits] = []
    for number in numbers:
        if run and (run[-1].unit or not joint(truth.text, run[-1], number, truth.language)):
            run = []
        run.append(number)
        if number.unit:
            yield run


def _stands_alone(truth: Truth, run: Sequence[Digits], words: Lexicon) -> bool:
    """Tell whether converting the run changes nothing around it.

    Dimensions may count pieces ("2 x 10 mm"), a list may be of several things ("VG 46, 20 l"), a
    tolerance and its value may share the unit, and a difference of temperatures is converted
    otherwise than a temperature.
    """
    before, after = truth.text[: run[0].start], truth.text[run[-1].unit_span[1] :]
    joints = {joint(truth.text, one, two, truth.language) for one, two in pairwise(run)}
    tolerance = run[-1].sign == "±" and re.search(r"\d\s*(?:±|\+/-)\s?$", before)
    if tolerance or joints & {"list", "times"} or re.search(r"[x×*/]\s*$", before):
        return False
    if re.match(r"\s*(?:[±x×*]|\+/-|\([^\W\d]{1,4}\))", after):
        return False
    if dimension_of(run[-1].unit) != "temperature":
        return not any(number.sign == "-" for number in run)
    absolute = re.search(rf"(?:^|\s)(?:{words.absolute})\s+$", before, re.IGNORECASE)
    differs = re.search(words.difference, truth.text, re.IGNORECASE)
    return bool(absolute) and not differs and not any(number.sign for number in run)


def _converted(run: Sequence[Digits], unit: str, language: str) -> list[Change]:
    changes = [
        Change(n.start, n.end, _rounded(convert(n.value, run[-1].unit, unit), n, language))
        for n in run
    ]
    start, end = run[-1].unit_span
    glued = start == run[-1].end
    return [*changes, Change(start, end, f" {unit}" if glued else unit)]


def _rounded(value: Fraction, source: Digits, language: str) -> str:
    """Return the value exactly if that is short, else with the source's digits or three."""
    point = source.point or ("." if language == "en" else ",")
    decimals = exact_decimals(value, most=4)
    if decimals is None or len(str(int(value))) + decimals > 6:
        digits = max(3, len("".join(filter(str.isdecimal, source.text)).lstrip("0")))
        decimals = max(0, digits - 1 - floor(log10(float(value))))
    return write_number(value, decimals, point, "")
