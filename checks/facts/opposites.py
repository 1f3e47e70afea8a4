"""Opposites: whether an answer says "open" where its evidence says "close", and so on.

A word's opposite is held against it only where that stands among the same words, in the same order
and equally denied, and the word itself nowhere so well. `judging` asks; the words are in
opposites.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from checks.facts.bindings import Sides, around
from checks.facts.opposite_words import alike, opposed_to, opposites, words_of
from checks.facts.polarity_words import polarity_words
from checks.facts.readings import Token, Unit, read
from checks.findings import Finding

_CLEAR = 0.45
_LEAD = 0.8
_CROSSED = 1.0
_VERBATIM = 0.96
_CONTRAST = 1.6
_TURNED_TOO = 0.5


@dataclass(slots=True)
class _Said:
    """A word of the answer, with what stands around it and in its part of the sentence."""

    token: Token
    around: Mapping[str, Sides]
    part: Sequence[Token]
    words: frozenset[str]
    is_turned: bool


@dataclass(slots=True)
class _Place:
    """A sentence or row of the evidence that holds the word, or its opposite, or both."""

    unit: Unit
    own: list[Token] = field(default_factory=list[Token])
    others: list[Token] = field(default_factory=list[Token])


def opposed(answer: str, evidence: Sequence[str], language: str) -> Iterator[tuple[int, Finding]]:
    """Yield the words of the answer whose opposites stand there, with their sentence."""
    held = frozenset[str]().union(*(_standing(text, language) for text in evidence))
    for index, unit in enumerate(read(answer, language).units):
        for token in unit.tokens:
            turned = opposites(token.name, language) if token.fact < 0 else frozenset[str]()
            if turned.isdisjoint(held):
                continue
            part = _part(unit, token, _among(unit.tokens, turned), language)
            words = _meant(part, token, language)
            is_turned = _is_turned(unit, token, language)
            said = _Said(token, around(unit, token), part, words, is_turned)
            places = _places(token.name, evidence, language)
            if any(place.own and _stands_in(unit, place.unit) for place in places):
                continue
            if other := _opposed(said, places, language):
                sentence = f"“{token.word}” is “{other.word}” in the cited passages."
                yield index, Finding("opposite", sentence, token.word)


def _stands_in(unit: Unit, held: Unit) -> bool:
    """Say whether the answer's sentence stands there side by side, a "Yes," and heads apart."""
    heads = frozenset[str]().union(*held.heads) if held.is_row else frozenset[str]()
    first, *rest = unit.tokens
    tokens = rest if rest and rest[0].clause != first.clause else unit.tokens
    said = [each.name for each in tokens if not each.is_stop and each.name not in heads]
    there = [each.name for each in held.tokens if not each.is_stop]
    return any(there[at : at + len(said)] == said for at in range(len(there)))


def _meant(part: Sequence[Token], but: Token, language: str) -> frozenset[str]:
    """Return the words of a part that say something, and what means the same as its opposites."""
    names = {token.name for token in part if token is not but and token.fact < 0}
    listed = [alike(name, language) for name in names if opposed_to(name, language)]
    content = {token.name for token in part if token is not but and not token.is_stop}
    return frozenset(content).union(*listed)


def _opposed(said: _Said, places: Collection[_Place], language: str) -> Token | None:
    """Return the opposite that fits the word's neighbours clearly better than the word itself."""
    best, worst, other = 0.0, 0.0, None
    for place in places:
        own, against = _fits(said, place, language)
        best = max(best, own)
        if against > worst:
            worst, other = against, place.others[0]
    return other if worst >= _CLEAR and best < _LEAD * worst else None


def _fits(said: _Said, place: _Place, language: str) -> tuple[float, float]:
    """Return how well the word and how well its opposite fits there: only one of the two does."""
    own = max((_fit(said, place.unit, each, _CROSSED) for each in place.own), default=0.0)
    against = max((_fit(said, place.unit, each, 0.0) for each in place.others), default=0.0)
    straight = max((_fit(said, place.unit, each, 0.0) for each in place.own), default=0.0)
    if place.own and place.others and said.part and straight < _VERBATIM:
        return _contrasted(said, place, language)
    if place.own and place.others:
        return own, against
    if any(_is_opposed(token, place.unit, language) for token in said.part if token != said.token):
        return own * _TURNED_TOO, 0.0
    if against and said.is_turned != _is_turned(place.unit, place.others[0], language):
        return 0.0, 0.0
    return own, against


def _contrasted(said: _Said, place: _Place, language: str) -> tuple[float, float]:
    """Return the score for whichever of the two the answer's words stand beside.

    What stands only in the second part of a contrast is the second's; the first part may hold what
    goes for both.
    """

    def fits(token: Token) -> float:
        return _fit(said, place.unit, token, _CROSSED)

    one, other = max(place.own, key=fits), max(place.others, key=fits)
    score = _CONTRAST * max(fits(one), fits(other))
    if place.unit.is_row and (one.cell == other.cell or 0 in (one.cell, other.cell)):
        return score, 0.0
    mine = _beside(place.unit, one, place.others, language)
    theirs = _beside(place.unit, other, place.own, language)
    ours, others = len(said.words & mine - theirs), len(said.words & theirs - mine)
    if mine and theirs and not place.unit.is_row:
        ours, others = (ours, not ours) if one.at > other.at else (not others, others)
    return (score, 0.0) if ours >= others else (0.0, score)


def _beside(unit: Unit, token: Token, others: Sequence[Token], language: str) -> set[str]:
    """Return the words of the token's part of a sentence, or of its cell and its column's head."""
    heads = unit.heads[token.cell : token.cell + 1] if unit.is_row else ()
    part = _part(unit, token, others, language)
    return {each.name for each in part}.union(*heads) - {token.name}


def _part(unit: Unit, token: Token, others: Sequence[Token], language: str) -> Sequence[Token]:
    """Return the words of a sentence that stand on the token's side of what parts it from others.

    There are none where nothing parts them.
    """
    if unit.is_row:
        return [each for each in unit.tokens if each.cell == token.cell]
    if not others:
        return unit.tokens
    other = min(others, key=lambda each: abs(each.at - token.at))
    first, last = sorted((token, other), key=lambda each: each.at)
    near = [each for each in unit.tokens if first.at <= each.at <= last.at]
    joints = words_of("joints", language)
    bounds = [
        each.at
        for before, each in pairwise(near)
        if each.word in joints or before.clause != each.clause
    ]
    if not bounds:
        return ()
    is_first = token is first
    return [each for each in unit.tokens if (each.at < max(bounds)) == is_first]


def _fit(said: _Said, unit: Unit, token: Token, crossed: float) -> float:
    """Return the share of the word's neighbours that stand beside the token on the same sides."""
    held, whole, same = around(unit, token), 0.0, 0.0
    if unit.is_row and not crossed and not _touches(said, unit, token, held):
        return 0.0
    for name, (left, right) in said.around.items():
        whole += left + right
        there = held.get(name)
        if there:
            straight = min(left, there[0]) + min(right, there[1])
            same += max(straight, crossed * (min(left, there[1]) + min(right, there[0])))
    return same / whole if whole else 0.0


def _touches(said: _Said, unit: Unit, token: Token, held: Mapping[str, Sides]) -> bool:
    """Say whether the word and one of a row have a neighbour in common, or that stands alone."""
    is_alone = sum(each.cell == token.cell and not each.is_stop for each in unit.tokens) <= 1
    return is_alone or any(name[0] in "<>" and name in held for name in said.around)


def _is_opposed(token: Token, unit: Unit, language: str) -> bool:
    """Say whether the unit holds the opposite of a word, and not the word."""
    if token.fact >= 0 or not (turned := opposites(token.name, language)):
        return False
    names = {each.name for each in unit.tokens}
    return not turned.isdisjoint(names) and alike(token.name, language).isdisjoint(names)


def _is_turned(unit: Unit, token: Token, language: str) -> bool:
    """Say whether the word's clause denies, or something says "unless"."""
    denying, turns = polarity_words("denying", language), words_of("turns", language)
    return any(
        each.word in turns or (each.clause == token.clause and denying.fullmatch(each.word))
        for each in unit.tokens
    )


def _places(name: str, evidence: Sequence[str], language: str) -> Collection[_Place]:
    """Return the sentences and rows that hold the word or an opposite."""
    found: dict[int, _Place] = {}
    for text in evidence:
        standing = _standing(text, language)
        for own in sorted(alike(name, language) & standing.keys()):
            for unit, token in standing[own]:
                found.setdefault(id(unit), _Place(unit)).own.append(token)
        for other in sorted(opposites(name, language) & standing.keys()):
            for unit, token in standing[other]:
                found.setdefault(id(unit), _Place(unit)).others.append(token)
    return found.values()


def _among(tokens: Sequence[Token], names: frozenset[str]) -> Sequence[Token]:
    return [token for token in tokens if token.name in names]


@lru_cache(maxsize=256)
def _standing(text: str, language: str) -> Mapping[str, Sequence[tuple[Unit, Token]]]:
    """Return where each word of a text stands."""
    found: defaultdict[str, list[tuple[Unit, Token]]] = defaultdict(list)
    for unit in read(text, language).units:
        for token in unit.tokens:
            found[token.name].append((unit, token))
    return found
