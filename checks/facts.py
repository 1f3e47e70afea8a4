"""Facts: what an answer states that its evidence does not: numbers, quantities, codes, polarity.

The graph verifies answers with `unsupported`; duplicates, distractors and form compare `numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.bindings import Place, fit, places, rarities
from checks.findings import Finding
from checks.literals import in_words, numbers
from checks.polarity import contradictions
from checks.quantities import Number, converts, measure, same_fact

__all__ = ["Number", "numbers", "same_fact", "unsupported"]

_BROKEN_CODE = re.compile(r"(?<=\w)-[ \t]*\n\s*(?=\w)")


def unsupported(answer: str, evidence: Sequence[str], language: str) -> list[Finding]:
    """Return a finding for each number, with its unit, and each code that no evidence holds."""
    stated = [place for place in places(answer, language) if not place.is_mark]
    held = [
        place
        for text in evidence
        for whole in dict.fromkeys((text, _BROKEN_CODE.sub("-", text)))
        for place in places(whole, language)
    ]
    found = [finding for fact in stated if (finding := _finding(fact, stated, held)) is not None]
    return [*found, *contradictions(answer, evidence, language)]


def _finding(fact: Place, stated: Sequence[Place], held: Sequence[Place]) -> Finding | None:
    own: list[Place] = []
    rivals: list[Place] = []
    for place in held:
        if _same(fact, place):
            own.append(place)
        elif not place.is_mark:
            rivals.append(place)
    rarity = rarities(held)
    if not own and not in_words(fact.number):
        return _absent(fact.number, held)
    fits = [fit(fact, place, rarity) for place in own]
    best = max(fits, default=0.3)
    for place in rivals:
        score = fit(fact, place, rarity)
        if (
            score >= _CLEAR
            and best < score * (_margin(score) if _rivals(fact, place) else _STRANGER)
            and not any(
                _same(other, place) and fit(other, place, rarity) >= score
                for other in stated
                if other is not fact
            )
        ):
            return Finding(
                "wrong_subject",
                f"“{fact.number.text}” stands in the cited passages beside something else; "
                f"here they have “{place.number.text}” ({best:.2f} {score:.2f}).",
                fact.number.text,
            )
    limits = {place.limit for place, score in zip(own, fits, strict=True) if score > 0.9 * best}
    if fact.limit and limits == {-fact.limit} and best > _LIMITED:
        return Finding(
            "wrong_limit",
            f"“{fact.number.text}” is the other limit in the cited passages.",
            fact.number.text,
        )
    return None


_STRANGER = 0.6
_CLEAR = 0.25
_LIMITED = 0.35


def _margin(score: float) -> float:
    return min(0.93, 0.4 + 0.62 * score)


def _same(fact: Place, place: Place) -> bool:
    a, b = fact.number, place.number
    if a.key == b.key or (a.value == b.value and not a.unit):
        return True
    if a.unit == b.unit[:-1] and b.unit[-1:] in ("=", "~"):
        return a.value == b.value
    if b.unit or not a.unit:
        return bool(b.unit) and converts(a, b)
    return any(
        (a.unit == unit and a.value == b.value)
        or converts(a, Number(b.text, b.start, b.end, b.value, unit, b.is_code))
        for unit in place.measured
    )


def _rivals(fact: Place, place: Place) -> bool:
    """Say whether the place could have held the fact: the same sort of thing, another value."""
    a, b = fact.number, place.number
    if (a.is_code and not a.value.isdecimal()) or (b.is_code and not b.value.isdecimal()):
        return a.is_code and b.is_code and _shape(a.value) == _shape(b.value)
    if not a.unit:
        return True
    if not b.unit:
        return any(measure(unit).kind == measure(a.unit).kind for unit in place.measured)
    return measure(a.unit).kind == measure(b.unit).kind


def _shape(code: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", code))


def _absent(number: Number, held: Sequence[Place]) -> Finding:
    return Finding(
        "unsupported_number",
        f"“{number.text}” does not stand in the cited passages.",
        number.text,
    )
