"""Limits: whether a number is the most or the least, as "at least 5", "not more than 5", "max. 5".

`bindings` notes the limit of each fact; `polarity` leaves out the negations that belong to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from checks.facts.polarity_words import knows, polarity_words
from checks.facts.readings import Token, Unit, read

_LEFT = 5
_RIGHT = 3
_NEGATED = 4


class Limits(NamedTuple):
    """A unit's limits by fact, 1 for a lower and -1 for an upper one.

    `used` are the negations that belong to a limit; `denied` the facts beside others.
    """

    ways: dict[int, int]
    used: frozenset[Token]
    denied: frozenset[int]


@lru_cache(maxsize=1024)
def limits(text: str, language: str) -> tuple[Limits, ...]:
    """Return the limits of each unit of a text."""
    return tuple(_of_unit(unit, language) for unit in read(text, language).units)


def _of_unit(unit: Unit, language: str) -> Limits:
    found: dict[int, int] = {}
    used: set[Token] = set()
    tokens = unit.tokens if knows(language) else ()
    for index, token in enumerate(tokens):
        if token.fact < 0:
            continue
        place, way = _limit_beside(tokens, index, language)
        if not way:
            found[token.fact] = _named_limit(unit, index, language)
            continue
        negated = _negated(tokens, place, language)
        used.update(negated)
        found[token.fact] = -way if negated else way
    return Limits(found, frozenset(used), _denied(tokens, used, language))


def _denied(tokens: Sequence[Token], used: set[Token], language: str) -> frozenset[int]:
    """Return the facts in a clause with a negation that belongs to no limit."""
    denying = polarity_words("denying", language)
    clauses = {t.clause for t in tokens if t not in used and denying.fullmatch(t.word)}
    return frozenset(t.fact for t in tokens if t.fact >= 0 and t.clause in clauses)


def _limit_beside(tokens: Sequence[Token], index: int, language: str) -> tuple[int, int]:
    """Return where the nearest word of a limit stands in the fact's clause, and what it sets."""
    left = range(index - 1, max(-1, index - 1 - _LEFT), -1)
    right = range(index + 1, min(len(tokens), index + 1 + _RIGHT))
    for side in (left, right):
        for place in side:
            token = tokens[place]
            if token.clause != tokens[index].clause or token.fact >= 0:
                break
            if way := _way(tokens, place, language):
                return place, way
    return index, 0


def _named_limit(unit: Unit, index: int, language: str) -> int:
    """Return the limit that a label or a column's header names: "Maximum output: 70"."""
    fact = unit.tokens[index]
    near = unit.tokens[:index]
    if unit.is_row:
        near = tuple(token for token in unit.tokens if token.cell in (0, fact.cell))
    heads = [name for head in unit.heads[fact.cell : fact.cell + 1] for name in head]
    names = [token.word for token in near] + heads
    ways = {way for name in names for way in _named_ways(name, language)}
    return ways.pop() if len(ways) == 1 else 0


@lru_cache(maxsize=20_000)
def _named_ways(name: str, language: str) -> tuple[int, ...]:
    upper, lower = polarity_words("upper names", language), polarity_words("named lower", language)
    return (*([1] if lower.fullmatch(name) else []), *([-1] if upper.fullmatch(name) else []))


def _way(tokens: Sequence[Token], place: int, language: str) -> int:
    word = tokens[place].word
    pair = f"{tokens[place - 1].word} {word}" if place else word
    way = 1 if polarity_words("any lower", language).fullmatch(word) else 0
    way = -1 if polarity_words("any upper", language).fullmatch(word) else way
    return -way if polarity_words("turned", language).fullmatch(pair) else way


def _negated(tokens: Sequence[Token], place: int, language: str) -> list[Token]:
    """Return the negations right before the limit: "not exceed", but not "do not drain above"."""
    pattern = polarity_words("denying", language)
    found: list[Token] = []
    for token in reversed(tokens[max(0, place - _NEGATED) : place]):
        if token.clause != tokens[place].clause:
            break
        if pattern.fullmatch(token.word):
            found.append(token)
        elif not token.is_stop:
            break
    return found
