"""Distractors: passages that may stand beside the oracle because they do not support the answer.

A false alarm costs a distractor; a passage that holds the answer poisons the row. The graph screens
with these when it builds a row's context.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rapidfuzz import fuzz

from checks.facts import Number, numbers
from checks.findings import Finding
from checks.quotes import locate
from checks.words import content_stems

_NEAR_PASSAGE = 92
_NEAR_SENTENCE = 88
_SOME = 0.25
_MOST = 0.5
_MOST_OF_WORDS = 0.6
_SPACE = re.compile(r"\s+")


def holds_answer(
    passage: str, *, question: str, answer: str, quotes: Sequence[str], language: str
) -> Finding | None:
    """Return why the passage may support the answer, or None when it is safe as a distractor."""
    found = numbers(passage, language)
    for quote in quotes:
        if _repeats(quote, passage, found, language):
            return Finding("repeats_oracle", "The passage repeats a cited sentence.", quote)
    held, asked, said = (_subjects(text, language) for text in (passage, question, answer))
    about = max(_share(asked, held), _share(said, held))
    if facts := _answer_facts(question, answer, language):
        least = _SOME if any(fact.unit or fact.is_code for fact in facts) else _MOST
        if about >= least and all(_holds(found, fact) for fact in facts):
            values = ", ".join(fact.text for fact in facts)
            return Finding("holds_values", "The passage holds the values of the answer.", values)
        return None
    new = said - asked
    if _share(said, held) >= _MOST_OF_WORDS or (about >= _MOST and new and new <= held):
        words = ", ".join(sorted(said & held))
        return Finding("holds_words", "The passage holds most words of the answer.", words)
    return None


def near_identical(a: str, b: str) -> bool:
    """Say whether two passages repeat each other: hardly a word differs, and no number does."""
    first, second = _folded(a), _folded(b)
    if first == second:
        return True
    if fuzz.ratio(first, second, score_cutoff=_NEAR_PASSAGE) == 0:
        return False
    return {n.value for n in numbers(a)} == {n.value for n in numbers(b)}


def _repeats(quote: str, passage: str, found: Sequence[Number], language: str) -> bool:
    if not quote.strip():
        return False
    if locate(quote, passage):
        return True
    first, second = _folded(quote), _folded(passage)
    if len(second) < len(first) or not fuzz.partial_ratio(
        first, second, score_cutoff=_NEAR_SENTENCE
    ):
        return False
    return all(_holds(found, number) for number in numbers(quote, language))


def _subjects(text: str, language: str) -> set[str]:
    """Return the content stems beside the quantities, which are compared as facts."""
    pieces: list[str] = []
    done = 0
    for number in numbers(text, language):
        if not number.is_code:
            pieces.append(text[done : number.start])
            done = number.end
    return set(content_stems(" ".join([*pieces, text[done:]]), language))


def _answer_facts(question: str, answer: str, language: str) -> list[Number]:
    """Return the answer's numbers; those of the question (a machine, a code) only if all are."""
    facts = numbers(answer, language)
    asked = {number.value for number in numbers(question, language)}
    return [fact for fact in facts if fact.value not in asked] or facts


def _holds(found: Sequence[Number], fact: Number) -> bool:
    """Say whether the value is among the numbers; a unit that one of the two lacks may be meant."""
    return any(
        number.value == fact.value and (number.unit == fact.unit or not (number.unit and fact.unit))
        for number in found
    )


def _share(wanted: Collection[str], held: Collection[str]) -> float:
    return sum(stem in held for stem in wanted) / len(wanted) if wanted else 0.0


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
