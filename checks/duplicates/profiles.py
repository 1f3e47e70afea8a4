"""What a row is compared by, read once: `profile` gives it, `likenesses` compares two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from sys import intern
from typing import NamedTuple

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
from checks.facts.literals import is_article, numbers_and_words

_QUANTITIES = frozenset({"frequency", "duration", "distance", "amount"})
_WORD = re.compile(r"\w+")
_LOOSE = frozenset({"", "°"})


class Fact(NamedTuple):
    """A number of an answer: in base units, what it measures, and the number as it is written."""

    value: str
    kind: str
    written: str

    def states(self, other: Fact) -> bool:
        """Say whether both are one fact; "75", "75 degrees" and "75 °C" may be."""
        if self[:2] == other[:2]:
            return True
        return self.written == other.written and not _LOOSE.isdisjoint((self.kind, other.kind))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a row is compared by.

    `said` are the terms of question and answer, the question's first; `weights` say what each
    counts for, `known` whether the evidence holds those of the question. `focus` says by form how
    far sentences answer the question, in all 1.
    """

    words: tuple[str, ...]
    question: Asking
    said: tuple[Term, ...]
    weights: tuple[float, ...]
    known: tuple[bool, ...]
    asked_numbers: frozenset[tuple[str, str]]
    answer: tuple[Term, ...]
    facts: frozenset[Fact]
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
    answered = terms(answer, language)
    said = tuple({term.stem: term for term in (*asked.terms, *answered)}.values())
    places = [sum(each.holds(term) > 0 for each in held) for term in said]
    weights = tuple(
        rarity(term.stem) * telling(count, len(held))
        for term, count in zip(said, places, strict=True)
    )
    numbers_asked = _numbers(question, language)
    facts = _facts(answer, language, numbers_asked)
    spoken_of = (
        focus(asked.terms, weights[: len(asked.terms)], held, quantity=asked.asked in _QUANTITIES)
        if answered or facts
        else locate(question, asked, held, language)
    )
    return Profile(
        tuple(map(intern, _WORD.findall(question.casefold()))),
        asked,
        said,
        weights,
        tuple(count > 0 for count in places[: len(asked.terms)]),
        numbers_asked,
        answered,
        facts,
        sides_taken(answered, language),
        ground,
        spoken_of,
        focus(
            answered,
            [rarity(term.stem) for term in answered],
            held,
            values=stated_values(answer) | {fact.written for fact in facts},
        ),
    )


def _numbers(text: str, language: str) -> frozenset[tuple[str, str]]:
    return frozenset(number.key for number in numbers(text, language)) or NONE


def _facts(answer: str, language: str, asked: Set[tuple[str, str]]) -> frozenset[Fact]:
    """Return the numbers of an answer, also those in words, but not what the question says."""
    stated = (
        Fact(*number.key, number.value)
        for number in numbers_and_words(answer, language)
        if not is_article(number)
    )
    return frozenset(fact for fact in stated if fact[:2] not in asked) or NONE
