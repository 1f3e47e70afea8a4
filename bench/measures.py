"""Units of measure as the mutations know them: symbols, spelled-out words, factors.

`bench.quantities` finds them behind numbers; `bench.mutants` swaps them and `bench.paraphrases`
converts them with the factors below (to the SI unit of the dimension).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bench.lexicon import lexicons

_TABLE = """
length: µm 0.000001, mm 0.001, cm 0.01, m 1, km 1000, in 0.0254, ft 0.3048
mass: mg 0.000001, g 0.001, kg 1, t 1000, lb 0.45359237
time: µs 0.000001, ms 0.001, s 1, min 60, h 3600, d 86400
calendar: week 7, month 30, year 365
pressure: Pa 1, hPa 100, mbar 100, kPa 1000, bar 100000, MPa 1000000, psi 6894.757293168
torque: N·mm 0.001, N·cm 0.01, N·m 1, kN·m 1000, lbf·ft 1.3558179483314
force: N 1, kN 1000
power: mW 0.001, W 1, kW 1000, MW 1000000, hp 745.69987158227
energy: J 1, kJ 1000, Wh 3600, kWh 3600000
voltage: mV 0.001, V 1, kV 1000
current: µA 0.000001, mA 0.001, A 1
resistance: Ω 1, kΩ 1000, MΩ 1000000
frequency: Hz 1, kHz 1000, MHz 1000000, GHz 1000000000
capacitance: pF 0.000000000001, nF 0.000000001, µF 0.000001
volume: ml 0.000001, cl 0.00001, l 0.001, m³ 1
flow: l/min 1, m³/min 1000, m³/h 50/3, l/h 1/60
area: mm² 0.000001, cm² 0.0001, m² 1
speed: mm/min 1/60000, mm/s 1/1000, m/min 1/60, m/s 1, km/h 5/18
temperature: °C 1, °F 1
data: kB 1000, MB 1000000, GB 1000000000, TB 1000000000000
rate: kbit/s 1000, Mbit/s 1000000, Gbit/s 1000000000
share: % 1, ‰ 0.1
angle: ° 1, rad 57.29577951308232
rotation: rpm 1
sound: dB 1, dB(A) 1
light: lux 1, lm 1, cd 1
image: dpi 1, px 1
"""
_SPELLINGS = {
    "N·m": ("Nm", "N m", "N·m", "N*m", "N.m"),
    "N·mm": ("Nmm", "N mm", "N·mm"),
    "N·cm": ("Ncm", "N·cm"),
    "kN·m": ("kNm", "kN·m"),
    "lbf·ft": ("lbf·ft", "lbf ft", "ft·lbf", "ft-lb", "ft lb"),
    "l": ("l", "L"),
    "ml": ("ml", "mL"),
    "l/min": ("l/min", "L/min"),
    "l/h": ("l/h", "L/h"),
    "Ω": ("Ω", "ohm", "Ohm"),
    "kΩ": ("kΩ", "kOhm", "kohm"),
    "µm": ("µm", "μm", "um"),
    "µs": ("µs", "μs", "us"),
    "µA": ("µA", "μA"),
    "µF": ("µF", "μF", "uF"),
    "rpm": ("rpm", "r/min", "giri/min", "U/min", "tr/min", "1/min", "min⁻¹"),
    "lux": ("lux", "lx"),
    "hp": ("hp", "HP"),
    "kB": ("kB", "KB"),
    "Mbit/s": ("Mbit/s", "Mbps", "Mb/s"),
    "kbit/s": ("kbit/s", "kbps"),
    "Gbit/s": ("Gbit/s", "Gbps"),
}
_NEVER_READ = {"in", "ft", "d", "week", "month", "year"}
"""Symbols that are words elsewhere ("2 in the box") or are never written: targets only."""
_NEVER_CONVERTED = {"calendar", "data", "share", "sound", "light", "image", "rate", "angle"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it stands behind a number."""

    symbol: str
    span: tuple[int, int]


def unit_after(text: str, at: int, language: str) -> Unit | None:
    """Return the unit that stands right behind a number ending at `at`."""
    match = _pattern(language).match(text, at)
    if match is None:
        return None
    written = match["unit"]
    symbol = _symbols(language).get(written) or _symbols(language)[written.casefold()]
    return Unit(symbol, match.span("unit"))


def unit_named(letters: str) -> str | None:
    """Return the symbol that the letters glued to a number mean, None for no unit."""
    return _symbols("").get(letters)


@cache
def dimensions() -> dict[str, dict[str, Fraction]]:
    """Return the units of each dimension with their factors."""
    table: dict[str, dict[str, Fraction]] = {}
    for line in _TABLE.strip().splitlines():
        name, _, units = line.partition(": ")
        pairs = (unit.split(" ") for unit in units.split(", "))
        table[name] = {symbol: Fraction(factor) for symbol, factor in pairs}
    return table


def dimension_of(symbol: str) -> str:
    """Return the first dimension that has the unit."""
    return next(name for name, units in dimensions().items() if symbol in units)


def is_convertible(symbol: str) -> bool:
    """Tell whether a value in this unit can be written in another one without a convention."""
    dimension = dimension_of(symbol)
    return dimension not in _NEVER_CONVERTED and len(dimensions()[dimension]) > 1


def convert(value: Fraction, source: str, target: str) -> Fraction:
    """Return the value in the other unit of its dimension; temperatures with their offset."""
    if (source, target) == ("°C", "°F"):
        return value * 9 / 5 + 32
    if (source, target) == ("°F", "°C"):
        return (value - 32) * 5 / 9
    units = dimensions()[dimension_of(source)]
    return value * units[source] / units[target]


@cache
def _symbols(language: str) -> dict[str, str]:
    """Return symbol by spelling: the symbols', and the words of the language in lower case."""
    known = [symbol for units in dimensions().values() for symbol in units]
    spellings = {
        spelling: symbol
        for symbol in known
        if symbol not in _NEVER_READ
        for spelling in _SPELLINGS.get(symbol, (symbol,))
    }
    words = lexicons()[language].unit_words if language in lexicons() else {}
    for symbol, forms in words.items():
        spellings |= dict.fromkeys(forms, symbol)
    return spellings


@cache
def _pattern(language: str) -> re.Pattern[str]:
    spellings = sorted(_symbols(language), key=lambda each: (-len(each), each))
    words = [each for each in spellings if each.islower() and len(each) > 3]
    symbols = [each for each in spellings if each not in words]
    either = "|".join([*map(re.escape, symbols), f"(?i:{'|'.join(map(re.escape, words))})"])
    return re.compile(rf"[ \u00a0]?(?P<unit>{either})(?![\w/·*²³⁻^]|\(A\)|['’]\w)")
