"""Facts: what an answer states that its evidence does not, or that it says of something else.

The graph verifies answers with `unsupported`; duplicates, distractors and form compare `numbers`.
A number must stand in the evidence, beside the words that the answer gives it (`bindings`), with
the same limit; what the evidence denies may not be affirmed (`polarity`), nor the opposite said
(`opposites`), a cell told of another row (`cells`), or two actions exchanged (`sequences`); menu
paths are `paths`, and what is given to be typed is `verbatim`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from checks.facts.bindings import Place, Row, fit, places, rarities, rows
from checks.facts.cells import misplaced
from checks.facts.literals import in_words, is_article
from checks.facts.matches import could_state, kinds_of, states
from checks.facts.models import are_others
from checks.facts.opposites import opposed
from checks.facts.owners import Owners, owners
from checks.facts.pairs import exchanged
from checks.facts.paths import wrong_paths
from checks.facts.polarity import contradictions
from checks.facts.quantities import Number
from checks.facts.rows import is_about, is_in_named_column, named_rows, stands_in_other_row, told_in
from checks.facts.sequences import reordered
from checks.facts.steps import says_step
from checks.facts.tolerances import as_written
from checks.facts.verbatim import not_verbatim, stands_whole
from checks.findings import Finding

_BROKEN_CODE = re.compile(r"(?<=\w)-[ \t]*\n\s*(?=\w)")
_CLEAR = 0.25
_SURE = 0.93
_LIMITED = 0.1
_AS_GOOD = 0.9
_UNWRITTEN = 0.3
"""How well a number's word fits that the evidence does not hold: counting is the reader's right."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The places and rows of the cited passages, how rare their words are, and what they are."""

    places: tuple[Place, ...]
    rows: tuple[Row, ...]
    rarity: dict[str, float]
    texts: tuple[str, ...]
    language: str
    owners: Owners


def unsupported(answer: str, evidence: Sequence[str], language: str) -> list[Finding]:
    """Return a finding for each fact of the answer that the evidence does not bear out."""
    if any(stands_whole(answer.strip(), text) for text in evidence):
        return []
    stated = [place for place in places(answer, language) if not place.is_mark]
    found = list(_of_facts(stated, tuple(evidence), language)) if stated else []
    found += exchanged(answer, evidence, language) if stated else ()
    found += contradictions(answer, evidence, language)
    found += opposed(answer, evidence, language)
    found += misplaced(answer, evidence, language)
    found += reordered(answer, evidence, language)
    return [
        *_uncancelled(found),
        *wrong_paths(answer, evidence, language),
        *not_verbatim(answer, evidence),
    ]


def _of_facts(
    stated: Sequence[Place], evidence: tuple[str, ...], language: str
) -> Iterator[tuple[int, Finding]]:
    """Yield the findings on numbers and codes."""
    held = _evidence(evidence, language)
    stated = as_written(stated, held.places)
    for fact in stated:
        if finding := _finding(fact, stated, held):
            yield fact.unit, finding


def _uncancelled(found: Sequence[tuple[int, Finding]]) -> Iterator[Finding]:
    """Yield the findings; "not above 5" is "at most 5": of two turns of a sentence none counts."""
    turned: dict[int, set[str]] = defaultdict(set)
    for unit, finding in found:
        turned[unit].add(finding.code)
    for unit, finding in found:
        if not (finding.code in _TURNS and turned[unit] >= _TURNS):
            yield finding


@lru_cache(maxsize=256)
def _evidence(texts: tuple[str, ...], language: str) -> _Evidence:
    whole = [text for each in texts for text in dict.fromkeys((each, _BROKEN_CODE.sub("-", each)))]
    held = tuple(place for text in whole for place in places(text, language))
    labelled = tuple(row for text in whole for row in rows(text, language))
    return _Evidence(held, labelled, rarities(held), texts, language, owners(texts, language))


def _finding(fact: Place, stated: Sequence[Place], held: _Evidence) -> Finding | None:
    own = [place for place in held.places if states(place, fact)]
    text = fact.number.text
    if is_article(fact.number):
        return _of_limit(fact, own, [fit(fact, place, held.rarity) for place in own])
    if not own and not in_words(fact.number):
        return _absent(fact.number, held)
    is_own_step = says_step(fact, own, held.texts, held.language)
    if is_own_step is not None:
        sentence = f"“{text}” is the number of another step in the cited passages."
        return None if is_own_step else Finding("wrong_subject", sentence, text)
    fits = [fit(fact, place, held.rarity) for place in own]
    best = max(fits, default=_UNWRITTEN)
    others = [other for other in stated if other is not fact and other.unit == fact.unit]
    if own and (_is_other_models(fact, own, held) or held.owners.is_other(stated, own)):
        sentence = f"“{text}” is another model's in the cited passages."
        return Finding("wrong_subject", sentence, text)
    named = named_rows(fact, held.rows)
    if own and stands_in_other_row(own, named, others, held.places):
        sentence = f"“{text}” stands in another row of the cited table than the answer names."
        return Finding("wrong_subject", sentence, text)
    if own and _is_called_otherwise(fact, own, held):
        sentence = f"“{text}” is no number of that name in the cited passages."
        return Finding("wrong_subject", sentence, text)
    if rival := _rival(fact, best, stated, held, own, told_in(own, named)):
        sentence = (
            f"“{text}” stands beside something else in the cited passages, which have"
            f" “{rival.number.text}” here."
        )
        return Finding("wrong_subject", sentence, text)
    return _of_limit(fact, own, fits)


def _of_limit(fact: Place, own: Sequence[Place], fits: Sequence[float]) -> Finding | None:
    """Return the finding for a fact that is the least where it is the most, or reversely."""
    best = max(fits, default=0.0)
    limits = {
        place.limit if place.is_denied == fact.is_denied else 0
        for place, each in zip(own, fits, strict=True)
        if each > _AS_GOOD * best
    }
    if not (fact.limit and limits == {-fact.limit} and best > _LIMITED):
        return None
    text = fact.number.text
    sentence = f"“{text}” is {_LIMIT[-fact.limit]} in the cited passages."
    return Finding("wrong_limit", sentence, text)


def _is_other_models(fact: Place, own: Sequence[Place], held: _Evidence) -> bool:
    """Say whether the fact is a longer or shorter name's, though the evidence knows its own."""
    is_known = any(not fact.models.isdisjoint(place.models) for place in held.places)
    return is_known and all(are_others(fact.models, place.models) for place in own)


def _is_called_otherwise(fact: Place, own: Sequence[Place], held: _Evidence) -> bool:
    """Say whether the word before a number is before others in the evidence: "level 8"."""
    if not _is_count(fact.number):
        return False
    names = [name[1:] for name in fact.words if name[0] == "<" and name[1:] in fact.words]
    return any(
        not any(_is_called(place, name) for place in own)
        and any(f"<{name}" in place.words for place in held.places if _is_count(place.number))
        for name in names
    )


def _is_count(number: Number) -> bool:
    return number.value.isdecimal() and not number.unit and not in_words(number)


def _is_called(place: Place, name: str) -> bool:
    """Say whether the place's number is beside the name, or below it in a table."""
    if place.is_mark or f"<{name}" in place.words or f">{name}" in place.words:
        return True
    row = place.row
    return row is not None and (
        name in row.label or any(name in head for head in row.heads[place.cell : place.cell + 1])
    )


def _absent(number: Number, held: _Evidence) -> Finding:
    """Return the finding for a fact that stands nowhere in the evidence."""
    text = number.text
    if number.is_code:
        sentence = f"The code “{text}” does not stand in the cited passages."
        return Finding("unsupported_code", sentence, text)
    same = (place.number for place in held.places if place.number.value == number.value)
    if other := next((each for each in same if each.unit and number.unit), None):
        sentence = f"“{text}” is “{other.text}” in the cited passages."
        return Finding("wrong_unit", sentence, text)
    sentence = f"“{text}” does not stand in the cited passages."
    return Finding("unsupported_number", sentence, text)


_TURNS = {"wrong_limit", "wrong_polarity"}
_LIMIT = {1: "a lower limit", -1: "an upper limit"}


def _rival(
    fact: Place,
    best: float,
    stated: Sequence[Place],
    held: _Evidence,
    own: Sequence[Place],
    told: Row | None,
) -> Place | None:
    """Return the place of another value that fits the fact's words clearly better than its own.

    Where the one row or column that is named tells the fact, no sentence on something else counts.
    """
    mine, kinds = {id(place) for place in own}, kinds_of(fact, own)
    in_column = is_in_named_column(fact, own)
    is_chained = any(other is not fact and _are_chained(other, fact) for other in stated)
    for place in held.places:
        if place.is_mark or id(place) in mine or are_others(fact.models, place.models):
            continue
        if not is_chained and any(_are_chained(place, each) for each in own):
            continue
        if place.row is None and (in_column or (told and not is_about(place, told))):
            continue
        if not could_state(place, fact, kinds):
            continue
        score = fit(fact, place, held.rarity)
        if score < _CLEAR or best >= score * _margin(score):
            continue
        if not _claimed(place, score, fact, stated, held):
            return place
    return None


def _are_chained(one: Place, other: Place) -> bool:
    return (one.unit, one.chain) == (other.unit, other.chain)


def _margin(score: float) -> float:
    """Return how near the best fit must come: the better a rival fits, the nearer."""
    return min(_SURE, 0.4 + 0.62 * score)


def _claimed(
    place: Place, score: float, fact: Place, stated: Sequence[Place], held: _Evidence
) -> bool:
    """Say whether another fact of the answer states the place, and fits it as well."""
    return any(
        other is not fact and states(place, other) and fit(other, place, held.rarity) >= score
        for other in stated
    )
