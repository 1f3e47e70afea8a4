"""The values that a text states, read and converted the bench's own, simple way.

`bench.poison` and `bench.plants` use it, so that what counts as the same value is not decided by
the code that is measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_ROUNDED, _ROUNDED_DEGREES = 0.01, 0.6
"""How far a converted value may be rounded: a share of it, or kelvins."""
_NUMBER = r"[-−+±]?(?:\d{1,3}(?:[ .,\u00a0]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
_RANGE = 12
"""How near a bare number may be the other end of a range."""
_MARKER = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_CODE = re.compile(r"(?<!\w)(?=\w*[^\W\d_])(?=[\w.-]*\d)\w+(?:[.-]\w+)*(?!\w)")

_FACTORS: dict[str, dict[str, float]] = {
    "length": {"µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3, "inch": 0.0254,
               "inches": 0.0254, "ft": 0.3048},
    "mass": {"mg": 1e-6, "g": 1e-3, "kg": 1.0, "lb": 0.45359237, "oz": 0.028349523},
    "time": {"ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "secondi": 1.0,
             "Sekunden": 1.0, "segundos": 1.0, "min": 60.0, "minute": 60.0, "minutes": 60.0,
             "minuti": 60.0, "Minuten": 60.0, "minutos": 60.0, "h": 3600.0, "hour": 3600.0,
             "hours": 3600.0, "ore": 3600.0, "Stunden": 3600.0, "horas": 3600.0},
    "pressure": {"Pa": 1.0, "kPa": 1e3, "MPa": 1e6, "mbar": 100.0, "bar": 1e5, "psi": 6894.757},
    "torque": {"Nmm": 1e-3, "Ncm": 1e-2, "Nm": 1.0, "N·m": 1.0, "lb·ft": 1.355818},
    "volume": {"ml": 1e-3, "l": 1.0, "litres": 1.0, "liters": 1.0, "litri": 1.0, "Liter": 1.0},
    "current": {"mA": 1e-3, "A": 1.0},
    "voltage": {"mV": 1e-3, "V": 1.0, "kV": 1e3},
    "power": {"mW": 1e-3, "W": 1.0, "kW": 1e3},
    "share": {"%": 1.0},
}  # fmt: skip
UNITS: dict[str, tuple[str, float, float]] = {
    unit: (kind, factor, 0.0) for kind, units in _FACTORS.items() for unit, factor in units.items()
} | {"°C": ("temperature", 1.0, 273.15), "°F": ("temperature", 5 / 9, 255.372)}
"""What a unit measures, its factor towards one base unit, and its offset."""

_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_STATED = re.compile(rf"(?<![\w.,])(?P<number>{_NUMBER})(?:\s?(?P<unit>{_UNIT})(?!\w))?(?![\w])")


@dataclass(frozen=True, slots=True)
class Value:
    """A number as it stands, in base units; `kind` is "" without a unit, "code" for a code."""

    start: int
    end: int
    literal: str
    unit: str
    kind: str
    amounts: tuple[float, ...] = ()

    def equals(self, other: Value) -> bool:
        """Say whether both state the same; one without a unit may mean the other's."""
        if "code" in (self.kind, other.kind):
            return self.kind == other.kind and self.literal == other.literal
        if self.kind != other.kind and self.kind and other.kind:
            return False
        if self.unit == other.unit or self.kind != other.kind:
            return not set(_readings(self.literal)).isdisjoint(_readings(other.literal))
        return any(self._rounds_to(a, b) for a in self.amounts for b in other.amounts)

    def _rounds_to(self, a: float, b: float) -> bool:
        if self.kind == "temperature":
            return abs(a - b) <= _ROUNDED_DEGREES
        return abs(a - b) <= _ROUNDED * max(abs(a), abs(b))


def values(text: str) -> list[Value]:
    """Return every number with its unit, and every code; "1.200" is read both ways.

    The numbers of numbered lists are left out.
    """
    text = _MARKER.sub(lambda marker: " " * len(marker[0]), text)
    codes = [match for match in _CODE.finditer(text) if not _STATED.fullmatch(match.group())]
    found = [Value(*code.span(), code.group().casefold(), "", "code") for code in codes]
    for match in _STATED.finditer(text):
        if any(code.start() <= match.start() < code.end() for code in codes):
            continue
        unit = match["unit"] or ""
        kind, factor, offset = UNITS.get(unit, ("", 1.0, 0.0))
        amounts = tuple(number * factor + offset for number in _readings(match["number"]))
        found.append(Value(*match.span(), match["number"], unit, kind, amounts))
    return sorted(found, key=lambda value: value.start)


def all_in(wanted: Iterable[Value], held: Sequence[Value], *, bare: bool = True) -> bool:
    """Say whether each value is stated among the others; unless `bare`, with what it measures."""
    return all(
        any(value.equals(other) and (bare or value.kind == other.kind) for other in held)
        for value in wanted
    )


def without_values(text: str) -> str:
    """Return the text with a gap for each value and its unit."""
    pieces: list[str] = []
    done = 0
    for value in values(text):
        if value.start >= done:
            pieces.append(text[done : value.start])
            done = value.end
    return " ".join([*pieces, text[done:]])


def converted(text: str) -> str:
    """Return the text with each quantity in another unit of what it measures, where there is one.

    The first unit with another factor is taken. The ends of a range share their unit: they stay.
    """
    pieces: list[str] = []
    done, shared = 0, -_RANGE
    for value in values(text):
        if not value.unit:
            shared = value.end
        elif value.start - shared < _RANGE:
            continue
        elif other := next(_elsewhere(value), ""):
            pieces += [text[done : value.start], other]
            done = value.end
    return "".join([*pieces, text[done:]])


def _elsewhere(value: Value) -> Iterator[str]:
    _, own, _ = UNITS[value.unit]
    for unit, (kind, factor, offset) in UNITS.items():
        if kind == value.kind and factor != own and len(value.amounts) == 1:
            amount = (value.amounts[0] - offset) / factor
            if 0.1 <= abs(amount) < 1e6:
                yield f"{amount:.4g} {unit}" if abs(amount) < 1e4 else f"{amount:.0f} {unit}"


def _readings(literal: str) -> list[float]:
    """Return the number, as both that it may be where one point or comma is before three digits.

    "2,000" is not taken for 2.0: a text that means that writes fewer zeros.
    """
    plain = literal.strip("±+").replace("−", "-").replace("\u00a0", " ").replace(" ", "")
    marks = [char for char in plain if char in ".,"]
    if not marks:
        return [float(plain)]
    last = marks[-1]
    readings: list[float] = []
    if plain.count(last) == 1 and not plain.endswith("000"):
        other = "." if last == "," else ","
        readings.append(float(plain.replace(other, "").replace(last, ".")))
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", plain):
        readings.append(float(plain.replace(".", "").replace(",", "")))
    return readings
