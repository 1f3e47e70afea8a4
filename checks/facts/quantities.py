"""Quantities: what a number with its unit measures, so that 12 Nm and 12 000 N·mm are one fact.

Conversions are pint's, in exact fractions; each unit is asked for once. `Number` is what reading a
text gives (`literals`); duplicates and distractors compare by `key`, or by `same_fact`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from checks.facts.units import unit_words

_PART = re.compile(r"([/·]?)([^/·]*?)([23]?)(?=[/·]|$)")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)")
_CLOCKED = ("h", "min")
"""The units of "1:15": hours with their minutes, or minutes with their seconds."""
_HALF = Fraction(1, 2)
_NEAR = Fraction(1, 50)
"""A stated conversion is off by less: 3 ft is a poor metre, 40 HP are 30 kW."""
_NEAR_KELVIN = Fraction(3, 5)


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a code as it stands in a text.

    `value` is an exact decimal or fraction ("1200", "1/2", "-5", "±2"), or the code in lower case;
    `unit` is the unit's usual symbol, "" without one.
    """

    text: str
    start: int
    end: int
    value: str
    unit: str = ""
    is_code: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What makes two numbers the same fact: the value in base units, and what it measures."""
        return _key(self.value, self.unit, is_code=self.is_code)

    @property
    def kind(self) -> str:
        """What its unit measures."""
        return measure(self.unit).kind


class Measure(NamedTuple):
    """A unit as `factor` and `offset` towards the base unit of the quantity `kind`."""

    factor: Fraction
    offset: Fraction
    kind: str


def same_fact(a: Number, b: Number) -> bool:
    """Say whether two numbers state the same: also converted and rounded as a conversion is."""
    return a.key == b.key or (a.unit != b.unit and (converts(a, b) or converts(b, a)))


def converts(stated: Number, source: Number) -> bool:
    """Say whether `stated` is `source` in another unit, rounded at its own last digit."""
    if stated.is_code or source.is_code or stated.unit == source.unit:
        return False
    return _converts(stated.value, stated.unit, source.value, source.unit)


@lru_cache(maxsize=20_000)
def _converts(stated: str, to_unit: str, source: str, of_unit: str) -> bool:
    to, of = measure(to_unit), measure(of_unit)
    if not to.kind or to.kind != of.kind or sign(stated) != sign(source):
        return False
    wanted, value = _converted(source, of, to), magnitude(stated)
    if wanted == value:
        return True
    if value == magnitude(source) or _is_decimal(of.factor / to.factor):
        return False
    most = _NEAR_KELVIN / to.factor if to.offset != of.offset else _NEAR * abs(wanted)
    return abs(wanted - value) <= min(_HALF * _last_digit(value), most)


def sign(value: str) -> str:
    """Return "±", "-" or ""."""
    return value[0] if value[:1] in ("±", "-") else ""


@lru_cache(maxsize=20_000)
def magnitude(value: str) -> Fraction:
    """Return a number's value, without "±"."""
    return Fraction(value.removeprefix("±"))


def _converted(source: str, of: Measure, to: Measure) -> Fraction:
    value = magnitude(source)
    if sign(source) == "±":
        return value * of.factor / to.factor
    return (value * of.factor + of.offset - to.offset) / to.factor


def _is_decimal(ratio: Fraction) -> bool:
    """Say whether a conversion only moves the point, which asks for no rounding."""
    digits = str(max(ratio, 1 / ratio))
    return digits.rstrip("0") == "1"


def _last_digit(value: Fraction) -> Fraction:
    """Return what one more in the last digit that counts adds: 0.1 for 12.7, 100 for 3,300."""
    if value.denominator > 1:
        places = 1
        while (value * 10**places).denominator > 1 and places < 12:
            places += 1
        return Fraction(1, 10**places)
    digits = str(abs(value.numerator))
    zeros = len(digits) - len(digits.rstrip("0"))
    return Fraction(10 ** min(zeros, max(0, len(digits) - 2)))


@lru_cache(maxsize=20_000)
def _key(value: str, unit: str, *, is_code: bool) -> tuple[str, str]:
    of = measure(unit)
    if is_code and unit in _CLOCKED and (clock := _CLOCK.fullmatch(value)):
        whole = Fraction(int(clock[1])) + Fraction(int(clock[2]), 60)
        return str(whole * of.factor), of.kind
    if is_code or not of.kind:
        return value, of.kind
    if (mark := sign(value)) == "±":
        return f"{mark}{magnitude(value) * of.factor}", of.kind
    return str(magnitude(value) * of.factor + of.offset), of.kind


@cache
def measure(unit: str) -> Measure:
    """Return what a unit measures; a unit that pint does not know measures only itself."""
    if not unit:
        return Measure(Fraction(1), Fraction(0), "")
    known = unit_words()
    if unit in known["pint"]:
        return _asked(known["pint"][unit], known["apart"].get(unit, ""))
    powers: dict[str, int] = {}
    for joint, symbol, power in _PART.findall(unit):
        exponent = int(power or 1) * (-1 if joint == "/" else 1)
        if symbol:
            name = known["pint"].get(symbol, "")
            powers[name] = powers.get(name, 0) + exponent
    powers = {name: exponent for name, exponent in powers.items() if exponent}
    if "" in powers or not powers:
        return Measure(Fraction(1), Fraction(0), unit)
    names = " * ".join(f"({name}) ** {exponent}" for name, exponent in powers.items())
    return _asked(names.replace("deg", "delta_deg"), "")


def _asked(name: str, apart: str) -> Measure:
    """Return what pint says of a unit, measured in the base units of SI."""
    registry: Any = _registry()
    one = registry.Quantity(Fraction(1), name).to_root_units()
    none = registry.Quantity(Fraction(0), name).to_root_units().magnitude
    kind = apart or "·".join(
        f"{base}{'' if power == 1 else power}" for base, power in sorted(one.unit_items())
    )
    return Measure(one.magnitude - none, none, kind or "share")


@cache
def _registry() -> object:
    import pint

    return cast(Any, pint).UnitRegistry(non_int_type=Fraction)
