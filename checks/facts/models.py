"""Models: names that begin another model's, as "Zeta 11" begins "Zeta 11 Pro".

`bindings` notes which a sentence names; `facts` keeps the values of one from the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.facts.quantities import Number

Model = tuple[str, str, str]
"""The word before the number or code, its value, and what follows: ("zeta", "11", "pro")."""

_BEFORE = re.compile(r"[^\W\d_]+(?=[ \u00a0]\Z)")
_AFTER = re.compile(r"(?:[ \u00a0][A-ZÀ-ÖØ-Þ][^\W\d_]+\+?(?![^\W_])){0,2}")
_REACH = 24
_LONGEST = 8
_NOUNS_ARE_CAPITAL = "de"


def models(text: str, numbers: Iterable[Number], language: str) -> frozenset[Model]:
    """Return the models that the numbers of a text name; none where nouns have capitals too."""
    if language == _NOUNS_ARE_CAPITAL:
        return frozenset()
    return frozenset(
        (
            before.group().casefold() if before else "",
            number.value,
            after.group().strip().casefold() if after else "",
        )
        for number in numbers
        if not number.unit
        and ((before := _named(text, number)) or _is_name(number))
        and ((after := _AFTER.match(text, number.end)) or True)
    )


def _named(text: str, number: Number) -> re.Match[str] | None:
    """Return the capitalised word right before a number."""
    before = _BEFORE.search(text[max(0, number.start - _REACH) : number.start])
    return before if before and before.group()[0].isupper() else None


def _is_name(number: Number) -> bool:
    """Say whether a code may be a model's name: letters and digits, and not many."""
    return number.is_code and number.value.isalnum() and len(number.value) <= _LONGEST


def are_others(said: Iterable[Model], held: Iterable[Model]) -> bool:
    """Say whether two sentences name models of one name, of which one's is longer."""
    mine, theirs = set(said), set(held)
    bases = {model[:2] for model in mine} & {model[:2] for model in theirs}
    return any({model for model in mine if model[:2] == base}.isdisjoint(theirs) for base in bases)
