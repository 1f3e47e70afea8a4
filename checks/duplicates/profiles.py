"""What a row is compared by, read once: `profile` gives it, `likenesses` compares two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import intern

from checks.duplicates.focus import (
    Focus,
    Ground,
    focus,
    read_evidence,
    stated_values,
    telling,
)
from checks.duplicates.locating import locate
from checks.duplicates.wording import NONE, Asking, Sides, Term, asking, sides_taken, terms
from checks.facts import numbers

_QUANTITIES = frozenset({"frequency", "duration", "distance", "amount"})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a row is compared by.

    `weights` and `known` belong to the question's terms: what each counts for, and whether the
    evidence holds it. `focus` says by form how far sentences answer the question, in all 1.
    """

    words: tuple[str, ...]
    question: Asking
    weights: tuple[float, ...]
    known: tuple[bool, ...]
    asked_numbers: frozenset[tuple[str, str]]
    answer: tuple[Term, ...]
    facts: frozenset[tuple[str, str]]
    answer_sides: Sides
    ground: Ground
    focus: Focus
    answered: Focus

    @property
    def has_answer(self) -> bool:
        """Whether an answer was given that says something."""
        return bool(self.answer or self.facts)


def profile(
    question: str,
    evidence: Sequence[str],
    answer: str,
    language: str,
    rarity: Callable[[str], float],
) -> Profile:
    """Read a row; `rarity` says what a stem counts for among all questions."""
    asked = asking(question, language)
    held, ground = read_evidence(tuple(evidence), language)
    places = [sum(each.holds(term) > 0 for each in held) for term in asked.terms]
    weights = tuple(
        rarity(term.stem) * telling(count, len(held))
        for term, count in zip(asked.terms, places, strict=True)
    )
    said = terms(answer, language)
    numbers_asked = _numbers(question, language)
    facts = (_numbers(answer, language) - numbers_asked) or NONE
    spoken_of = (
        focus(asked.terms, weights, held, quantity=asked.asked in _QUANTITIES)
        if said or facts
        else locate(question, asked, held, language)
    )
    return Profile(
        tuple(map(intern, _WORD.findall(question.casefold()))),
        asked,
        weights,
        tuple(count > 0 for count in places),
        numbers_asked,
        said,
        facts,
        sides_taken(said, language),
        ground,
        spoken_of,
        focus(said, [rarity(term.stem) for term in said], held, values=stated_values(answer)),
    )


def _numbers(text: str, language: str) -> frozenset[tuple[str, str]]:
    return frozenset(number.key for number in numbers(text, language)) or NONE
