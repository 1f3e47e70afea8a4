"""Pairs: whether an answer that gives several subjects a value each gives each its own.

The subjects are a table's rows or columns, or the codes of a sentence. Which value is whose is told
by how near they stand; where that is open, nothing is said. `facts` asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import permutations

from checks.facts.bindings import Place, places
from checks.facts.matches import is_plain, states
from checks.facts.quantities import measure
from checks.facts.readings import Unit, name_of_number, read
from checks.findings import Finding

_MOST = 4
_LONGEST = 5
_CLEARLY = 2.0
"""By how many words another way to pair must be nearer."""

Subject = frozenset[str]
Groups = Mapping[tuple[Hashable, ...], Mapping[Subject, Sequence[Place]]]
"""The values of each subject, by what is said of all of them."""


def exchanged(answer: str, evidence: Sequence[str], language: str) -> Iterator[tuple[int, Finding]]:
    """Yield the facts of the answer that stand beside another's subject, with their sentence."""
    facts = places(answer, language)
    groups = [group for text in evidence for group in _groups(text, language).items()]
    held = [place for text in evidence for place in places(text, language)]
    for index, unit in enumerate(read(answer, language).units):
        here = [fact for fact in facts if fact.unit == index and not fact.is_mark]
        for (kind, *_), group in groups:
            found = _exchanged(unit, here, group)
            if found is None and kind in ("sentence", "lines"):
                found = _strayed(unit, here, group, held)
            if found:
                yield index, found
                break


def _exchanged(
    unit: Unit, facts: Sequence[Place], group: Mapping[Subject, Sequence[Place]]
) -> Finding | None:
    said = {token.name for token in unit.tokens}
    subjects = [subject for subject in group if subject and subject <= said]
    subjects = [each for each in subjects if not any(each < other for other in subjects)]
    if not 1 < len(subjects) <= _MOST:
        return None
    values = [_only(facts, group, subject, subjects) for subject in subjects]
    if any(value is None for value in values):
        return None
    own = [value for value in values if value]
    where = [_where(unit, subject, subjects) for subject in subjects]
    nearest, cost = _nearest(where, [fact.at for fact in own])
    if cost <= _CLEARLY:
        return None
    return _finding(next(own[value] for at, value in enumerate(nearest) if value != at))


def _strayed(
    unit: Unit,
    facts: Sequence[Place],
    group: Mapping[Subject, Sequence[Place]],
    held: Sequence[Place],
) -> Finding | None:
    """Return the finding for the one value beside the one subject named, if it is another's."""
    said = {token.name for token in unit.tokens}
    named = [subject for subject in group if subject <= said]
    values = [place for places in group.values() for place in places]
    here = [fact for fact in facts if any(states(place, fact) for place in values)]
    if len(named) != 1 or len(here) != 1:
        return None
    others = [place for place in values if place not in group[named[0]]]
    own = [place for place in held if states(place, here[0])]
    return _finding(here[0]) if all(place in others for place in own) else None


def _finding(wrong: Place) -> Finding:
    text = wrong.number.text
    sentence = f"“{text}” is the value of something else in the cited passages."
    return Finding("wrong_subject", sentence, text)


def _only(
    facts: Sequence[Place],
    group: Mapping[Subject, Sequence[Place]],
    subject: Subject,
    subjects: Sequence[Subject],
) -> Place | None:
    """Return the one fact that the evidence gives to this subject and to no other one named."""
    own = [
        fact
        for fact in facts
        if any(states(place, fact) for place in group[subject])
        and not any(
            states(place, fact) for other in subjects if other != subject for place in group[other]
        )
    ]
    return own[0] if len(own) == 1 else None


def _where(unit: Unit, subject: Subject, subjects: Sequence[Subject]) -> float:
    """Return where a subject stands, by the words that it alone has."""
    others = frozenset[str]().union(*(other for other in subjects if other != subject))
    found = [token.at for token in unit.tokens if token.name in (subject - others or subject)]
    return sum(found) / len(found)


def _nearest(names: Sequence[float], values: Sequence[float]) -> tuple[Sequence[int], float]:
    """Return the nearest way to pair, and how much nearer it is than that in the given order."""
    ways = {
        way: sum(abs(names[at] - values[value]) for at, value in enumerate(way))
        for way in permutations(range(len(values)))
    }
    best = min(ways, key=lambda way: ways[way])
    return best, ways[tuple(range(len(values)))] - ways[best]


@lru_cache(maxsize=256)
def _groups(text: str, language: str) -> Groups:
    groups: defaultdict[tuple[Hashable, ...], defaultdict[Subject, list[Place]]] = defaultdict(
        lambda: defaultdict(list)
    )
    found = places(text, language)
    for place in found:
        row = place.row
        if row is None or place.cell <= 0:
            continue
        groups["rows", row.heads, place.cell][row.label].append(place)
        for head in row.heads[place.cell : place.cell + 1]:
            groups["columns", row.heads, row.label][frozenset(head)].append(place)
    for index, unit in enumerate(read(text, language).units):
        here = [] if unit.is_row else [place for place in found if place.unit == index]
        for kind, pairs in _in_sentence(here):
            groups["sentence", index, kind] = pairs
        if here and (label := _label(unit)):
            groups["lines", measure(here[0].number.unit).kind][label] += here
    return groups


def _label(unit: Unit) -> Subject:
    """Return the words of a line's label: of "Power: 15 W"."""
    first = [token for token in unit.tokens if token.clause == unit.tokens[0].clause]
    after = unit.tokens[len(first) : len(first) + 1]
    if not after or after[0].fact < 0 or len(first) > _LONGEST or any(t.fact >= 0 for t in first):
        return frozenset()
    return frozenset(token.name for token in first)


def _in_sentence(
    found: Sequence[Place],
) -> Iterator[tuple[str, defaultdict[Subject, list[Place]]]]:
    """Yield the values of a sentence's codes where there is one of a kind for each."""
    codes = [place for place in found if not is_plain(place.number)]
    kinds: defaultdict[str, list[Place]] = defaultdict(list)
    for place in found:
        if place.number.unit:
            kinds[measure(place.number.unit).kind].append(place)
    for kind, values in kinds.items():
        if not 1 < len(values) == len(codes) <= _MOST:
            continue
        nearest, _ = _nearest([code.at for code in codes], [value.at for value in values])
        pairs: defaultdict[Subject, list[Place]] = defaultdict(list)
        for code, value in zip(codes, nearest, strict=True):
            pairs[frozenset({name_of_number(code.number)})].append(values[value])
        yield kind, pairs
