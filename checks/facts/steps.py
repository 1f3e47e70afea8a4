"""Steps: whether "step 4" of an answer is the item of that number in the list of its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from checks.facts.bindings import Place
from checks.facts.readings import Unit, name_of, name_of_number, read
from checks.facts.units import unit_words

Steps = dict[str, frozenset[str]]
"""The words of a list's items by number."""

_CLEARLY = 2
"""How many times as many of the words another item has to hold."""


def says_step(
    fact: Place, own: Sequence[Place], texts: Sequence[str], language: str
) -> bool | None:
    """Say whether a number called a step's is the item of which the answer speaks.

    None where it is no step's, a sentence of the evidence calls it a step's as well, or nothing of
    the answer's sentence stands in that list.
    """
    is_told = any(_is_called_step(place, language) for place in own if not place.is_mark)
    if is_told or not _is_called_step(fact, language) or not any(place.is_mark for place in own):
        return None
    said = frozenset(fact.beside) - _names(language) - {name_of_number(fact.number)}
    for steps in (steps for text in texts for steps in _lists(text, language)):
        shared = {number: len(said & words) for number, words in steps.items()}
        mine, most = shared.get(fact.number.value, 0), max(shared.values())
        if most and fact.number.value in shared:
            return most < _CLEARLY * mine
    return None


def _is_called_step(place: Place, language: str) -> bool:
    return any(f"<{name}" in place.words for name in _names(language))


@cache
def _names(language: str) -> frozenset[str]:
    """Return the names of the words that a step is called by."""
    return frozenset(name_of(word, language) for word in unit_words()["steps"].get(language, ()))


@lru_cache(maxsize=256)
def _lists(text: str, language: str) -> Sequence[Steps]:
    """Return the numbered lists of a text; one begins where a number is not above the last."""
    reading = read(text, language)
    found: list[Steps] = []
    last, is_item, number = 0, False, ""
    before: tuple[str, ...] = ()
    for unit in reading.units:
        words = _words(unit)
        if (fact := unit.tokens[0].fact) in reading.marks:
            number, is_item = reading.numbers[fact].value.strip("().").lstrip("0"), True
            if not found or int(number) <= last:
                found.append({})
            last = int(number)
        else:
            is_item = is_item and unit.above[-len(before) :] == before
        if is_item:
            found[-1][number] = found[-1].get(number, frozenset()).union(words)
        before = words
    return found


def _words(unit: Unit) -> tuple[str, ...]:
    return tuple(token.name for token in unit.tokens if not token.is_stop)
