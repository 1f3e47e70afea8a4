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
_CODE = re.compile(r"(?<!\w)(?=\w*[^\W\d_])(?=[\w.-]*\d)\w+(?:[.-]\w+)*(?!\w)")

UNITS: dict[str, tuple[str, float, float]] = {
    **{unit: ("length", factor, 0) for unit, factor in {
        "µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "km": 1e3, "inch": 0.0254, "inches": 0.0254, "ft": 0.3048,
    }.items()},
    **{unit: ("mass", factor, 0) for unit, factor in {
        "mg": 1e-6, "g": 1e-3, "kg": 1.0, "t": 1e3, "lb": 0.45359237, "oz": 0.028349523,
    }.items()},
    **{unit: ("time", factor, 0) for unit, factor in {
        "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0,
        "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0,
        "secondi": 1.0, "minuti": 60.0, "ore": 3600.0, "Sekunden": 1.0, "Minuten": 60.0,
        "Stunden": 3600.0, "segundos": 1.0, "minutos": 60.0, "horas": 3600.0,
    }.items()},
    **{unit: ("pressure", factor, 0) for unit, factor in {
        "Pa": 1.0, "kPa": 1e3, "MPa": 1e6, "mbar": 100.0, "bar": 1e5, "psi": 6894.757,
    }.items()},
    **{unit: ("torque", factor, 0) for unit, factor in {
        "Nmm": 1e-3, "Ncm": 1e-2, "Nm": 1.0, "N·m": 1.0, "lb·ft": 1.355818,
    }.items()},
    **{unit: ("volume", factor, 0) for unit, factor in {
        "ml": 1e-3, "l": 1.0, "litres": 1.0, "liters": 1.0, "litri": 1.0, "Liter": 1.0,
    }.items()},
    **{unit: ("current", factor, 0) for unit, factor in {"mA": 1e-3, "A": 1.0}.items()},
    **{unit: ("voltage", factor, 0) for unit, factor in {"mV": 1e-3, "V": 1.0, "kV": 1e3}.items()},
    **{unit: ("power", factor, 0) for unit, factor in {"mW": 1e-3, "W": 1.0, "kW": 1e3}.items()},
    "°C": ("temperature", 1.0, 273.15),
    "°F": ("temperature", 5 / 9, 255.372),
    "%": ("share", 0.01, 0.0),
}  # fmt: skip
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
    """Return every number with its unit, and every code; "1.200" is read both ways."""
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


def all_in(wanted: Iterable[Value], held: Sequence[Value]) -> bool:
    """Say whether each value is stated among the others."""
    return all(any(value.equals(other) for other in held) for value in wanted)


def converted(text: str) -> str:
    """Return the text with each quantity in another unit of what it measures, where there is one.

    The first unit with another factor is taken in which four digits say the value.
    """
    pieces: list[str] = []
    done = 0
    for value in values(text):
        if value.unit and (other := next(_elsewhere(value), "")):
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
    """Return the number, as both that it may be where one mark stands before three digits."""
    plain = literal.strip("±+").replace("−", "-").replace("\u00a0", " ").replace(" ", "")
    marks = [char for char in plain if char in ".,"]
    if not marks:
        return [float(plain)]
    last = marks[-1]
    decimal = plain.replace("." if last == "," else ",", "")
    readings: list[float] = []
    if decimal.count(last) == 1:
        readings.append(float(decimal.replace(last, ".")))
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", plain):
        readings.append(float(plain.replace(".", "").replace(",", "")))
    return readings
