"""Units: the unit that follows a number, in its usual symbol, whatever its spelling.

The spellings are in units.yaml; `literals` and `readings` read with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_LONGEST_UNIT = 24
_CASED = 2
"""Spellings up to this length mean something else in another case: m and M, s and S."""


_NEXT_WORD = re.compile(r"(?:-|[*_`]{0,3}\s{0,2})([^\W\d_²³]+|.)")
_OPENED = re.compile(r"[(\[|]\s*([^\W\d_²³]+|[^\s|])")
_OPENING = re.compile(r'(?<!\d)"')
_NO_INCH = r"(?:the|an?|this|that|these|those|each|all|any|one|which|d[eia][rensm]|una?|più)\b"


@cache
def unit_words() -> Mapping[str, Any]:
    """Return units.yaml as it stands."""
    import yaml

    text = Path(__file__).with_name("units.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def find_unit(text: str, at: int) -> tuple[str, int] | None:
    """Return the unit that follows a number ending at `at`, and where it ends; None without one."""
    word = _NEXT_WORD.match(text, at)
    # The pattern of all units takes as long to fail as a hundred look-ups.
    if word is None or word[1].casefold() not in _first_words():
        return None
    match = _after_number().match(text, at)
    if match is None or (match["unit"] == '"' and _closes(text, match.start("unit"))):
        return None
    return _canonical(match["unit"]), match.end()


@cache
def _first_words() -> frozenset[str]:
    """Return the letters, or the sign, that each spelling begins with, in lower case."""
    found = (_NEXT_WORD.match(spelling) for spelling in (*_spellings(), "in"))
    return frozenset(match[1].casefold() for match in found if match)


def _closes(text: str, at: int) -> bool:
    """Say whether a quotation mark ends what another one of its line began."""
    return len(_OPENING.findall(text, text.rfind("\n", 0, at) + 1, at)) % 2 == 1


def units_in_headers(text: str) -> frozenset[str]:
    """Return the units that stand alone in brackets or table cells, for the numbers below them."""
    found = (
        _in_header().match(text, opening.start())
        for opening in _OPENED.finditer(text)
        if opening[1].casefold() in _first_words()
    )
    return frozenset(_canonical(match["unit"]) for match in found if match)


@lru_cache(maxsize=10_000)
def units_of_cell(cell: str) -> frozenset[str]:
    """Return the units that a table's cell names, in brackets or as all that it holds."""
    if len(cell) > _LONGEST_UNIT and "(" not in cell and "[" not in cell:
        return frozenset()
    return units_in_headers(f"|{cell}|")


def _canonical(unit: str) -> str:
    """Return the symbol of a unit, or of each unit of a compound such as km/h."""
    spellings = _spellings()
    whole = " ".join(unit.split())
    if found := spellings.get(whole) or spellings.get(whole.casefold()):
        return found
    parts = re.split(r"([/·*⋅])", _PER.sub("/", whole))
    return "".join(_canonical_part(part.strip()) for part in parts)


def _canonical_part(part: str) -> str:
    if part in "/":
        return part
    if part in "·*⋅":
        return "·"
    symbol = part.rstrip("23²³")
    power = part[len(symbol) :].replace("²", "2").replace("³", "3")
    spellings = _spellings()
    return (spellings.get(symbol) or spellings.get(symbol.casefold()) or symbol) + power


@cache
def _spellings() -> dict[str, str]:
    """Return symbol by spelling; the longer spellings in lower case too."""
    symbols: dict[str, str] = {}
    for symbol, spellings in unit_words()["units"].items():
        for spelling in spellings:
            symbols[spelling] = symbol
            if len(spelling) > _CASED:
                symbols.setdefault(spelling.casefold(), symbol)
    return symbols


_PER = re.compile(r"\s(?:per|al|pro|par|por)\s")


@cache
def _unit() -> str:
    spellings = sorted(_spellings(), key=lambda spelling: (-len(spelling), spelling))
    long = "|".join(_escaped(spelling) for spelling in spellings if len(spelling) > _CASED)
    short = "|".join(_escaped(spelling) for spelling in spellings if len(spelling) <= _CASED)
    # "in" is an inch where no word follows, or after decimals: "5 in", not "5 in the box".
    decimals = "|".join(rf"(?<=[.,]\d{{{places}}} in)" for places in range(1, 5))
    inch = rf"in(?=\s*(?:[.,;:()\[\]/|]|$))|in(?:{decimals})(?!\s{_NO_INCH})"
    one = rf"(?:(?i:{long})|{short}|{inch})"
    joint = rf"(?:\s?[/·*⋅]\s?|{_PER.pattern})"
    return rf"(?P<unit>{one}[23²³]?(?:{joint}{one}[23²³]?)*)(?![^\W_])(?!'\w)"


def _escaped(spelling: str) -> str:
    return re.escape(spelling).replace(r"\ ", r"\s")


@cache
def _after_number() -> re.Pattern[str]:
    return re.compile(r"(?:[*_`]{0,3}\s{0,2}|-)" + _unit())


@cache
def _in_header() -> re.Pattern[str]:
    return re.compile(r"[(\[|]\s*" + _unit() + r"\s*[)\]|]")
