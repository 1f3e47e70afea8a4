"""Whether two questions ask the same: by their words, their evidence and their answers.

A row is read once into a `Profile`; two profiles are compared by a weighted sum of a few likenesses
mostly from 0 to 1. `duplicates` calls this for the pairs that it finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import intern

from checks.duplicates.focus import (
    ALIKE,
    Focus,
    Ground,
    common,
    focus,
    read_evidence,
    stated_values,
    telling,
)
from checks.duplicates.locating import locate
from checks.duplicates.wording import NONE, Asking, Sides, Term, asking, sides_taken, terms
from checks.facts import numbers

_FACT = 3.0
_OTHER_VALUE = 0.1
_PARALLEL = 0.7
_PASSAGE = 3
_SAME_WORDS = 0.6
_SAME_ANSWER = 0.7
_QUANTITIES = frozenset({"frequency", "duration", "distance", "amount"})
# What paraphrases ask for in each other's stead: "how do I …", "where can I …", "can I … and how".
_NEAR_KINDS = frozenset(
    frozenset((kind, other))
    for kind, others in {
        "manner": "place possibility purpose consequence meaning time choice",
        "place": "possibility choice",
        "time": "frequency duration meaning possibility",
        "duration": "frequency possibility",
        "reason": "consequence possibility purpose meaning choice",
        "consequence": "purpose meaning possibility",
        "amount": "distance possibility choice",
        "choice": "possibility distance meaning purpose",
        "possibility": "frequency meaning",
    }.items()
    for other in others.split()
)
_UNSPECIFIC = frozenset({"choice", "possibility"})
_WORD = re.compile(r"\w+")

# Fitted by logistic regression to hand-written paraphrases and other questions on the same section.
_WEIGHTS = {
    "answers": (1.8, 1.6, -3.2, 2.2, 5.4, 5.0, 4.5, -8.0),
    "passage": (1.4, 1.7, -3.4, 2.3, 4.1, 0.0, 0.0, -3.1),
    "section": (2.0, 1.2, -4.3, 4.5, 0.0, 0.0, 0.0, -3.8),
    "no place": (1.9, 1.0, -1.6, 0.0, 0.0, 0.0, 6.1, -5.9),
    "questions": (2.6, 1.1, -2.9, 0.0, 0.0, 0.0, 0.0, -2.6),
}


_MEANT = 8.0
_MEANT_ALIKE = 0.5


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


def same_question(one: Profile, other: Profile, meant: float | None = None) -> bool:
    """Say whether the rows, in one language and on evidence that overlaps, ask the same.

    `meant` is how near embeddings place the questions: 0 for any two, 1 for one and the same.
    """
    if _other_value(one, other) or _other_subject(one, other):
        return False
    if one.words == other.words:
        return True
    if one.ground.forms and other.ground.forms and not one.ground.forms & other.ground.forms:
        alike = _overlap(one.question.terms, one.weights, other.question.terms, other.weights)
        return alike >= _SAME_WORDS and score(one, other, meant) > 0
    return score(one, other, meant) > 0


def same_answer(one: Profile, other: Profile) -> bool:
    """Say whether both were answered, and alike."""
    answered = one.has_answer and other.has_answer
    return answered and one.facts == other.facts and _same_answer(one, other) >= _SAME_ANSWER


def score(one: Profile, other: Profile, meant: float | None = None) -> float:
    """Return how far the rows ask the same: above 0 they do."""
    *weights, start = _WEIGHTS[_shown(one, other)]
    near = 0.0 if meant is None else _MEANT * (meant - _MEANT_ALIKE)
    return start + near + sum(w * x for w, x in zip(weights, features(one, other), strict=True))


def _shown(one: Profile, other: Profile) -> str:
    """Return which weights are meant for what is shown of the rows."""
    if one.has_answer and other.has_answer:
        return "answers" if one.ground.forms & other.ground.forms else "no place"
    longest = max(one.ground.length, other.ground.length)
    if not (one.ground.forms and other.ground.forms):
        return "questions"
    return "section" if longest > _PASSAGE else "passage"


def features(one: Profile, other: Profile) -> tuple[float, ...]:
    """Return the likenesses that the score weighs."""
    fewest = min(len(one.ground.forms), len(other.ground.forms)) or 1
    most = max(len(one.ground.forms), len(other.ground.forms), 1)
    places = 1 - 1 / fewest
    return (
        _overlap(one.question.terms, one.weights, other.question.terms, other.weights),
        _kinds(one.question.asked, other.question.asked),
        _parted(one, other),
        common(one.focus, other.focus) * places,
        len(one.ground.forms & other.ground.forms) / fewest / most,
        common(one.answered, other.answered) * places,
        max(_within(one, other), _within(other, one)),
    )


def _other_kind(one: Profile, other: Profile) -> bool:
    """Say whether two questions on the same words ask for two things: how often, and why."""
    kinds = one.question.asked, other.question.asked
    if _UNSPECIFIC.intersection(kinds) or _kinds(*kinds) >= 0:
        return False
    alike = _overlap(one.question.terms, one.weights, other.question.terms, other.weights)
    return alike >= _PARALLEL


def _kinds(one: str, other: str) -> float:
    """Return 1 where both ask for the same, -1 for two things, 0 for what paraphrases exchange."""
    if not (one and other) or frozenset((one, other)) in _NEAR_KINDS:
        return 0.0
    return 1.0 if one == other else -1.0


def _numbers(text: str, language: str) -> frozenset[tuple[str, str]]:
    return frozenset(number.key for number in numbers(text, language)) or NONE


def _same_answer(one: Profile, other: Profile) -> float:
    """Return the share of the answers' words and facts that both have; a fact says most."""
    a, b = (1.0,) * len(one.answer), (1.0,) * len(other.answer)
    met = _met(one.answer, a, other.answer) + _met(other.answer, b, one.answer)
    met += 2 * _FACT * len(one.facts & other.facts)
    total = len(a) + len(b) + _FACT * (len(one.facts) + len(other.facts))
    return met / total if total else 0.0


def _within(one: Profile, other: Profile) -> float:
    """Return the share of an answer that stands in the other one too."""
    met = _met(one.answer, (1.0,) * len(one.answer), other.answer)
    total = len(one.answer) + _FACT * len(one.facts)
    return (met + _FACT * len(one.facts & other.facts)) / total if total else 0.0


def _overlap(
    one: Sequence[Term],
    weights: Sequence[float],
    other: Sequence[Term],
    other_weights: Sequence[float],
) -> float:
    """Return the share, by weight, of the terms of both that the other has too."""
    total = sum(weights) + sum(other_weights)
    met = _met(one, weights, other) + _met(other, other_weights, one)
    return met / total if total else 0.0


def _met(said: Sequence[Term], weights: Sequence[float], other: Sequence[Term]) -> float:
    stems = {term.stem for term in other}
    keys = {key for term in other for key in term.keys}
    return sum(
        weight * (1.0 if term.stem in stems else 0.0 if term.keys.isdisjoint(keys) else ALIKE)
        for term, weight in zip(said, weights, strict=True)
    )


def _only(one: Profile, other: Profile) -> list[tuple[Term, float, bool]]:
    """Return the terms of the one question that the other lacks, their weights and if known."""
    stems = {term.stem for term in other.question.terms}
    keys = {key for term in other.question.terms for key in term.keys}
    rows = zip(one.question.terms, one.weights, one.known, strict=True)
    return [row for row in rows if row[0].stem not in stems and row[0].keys.isdisjoint(keys)]


def _apart(one: Profile, other: Profile) -> float:
    """Return the share of a question that only it names and the evidence knows."""
    total = sum(one.weights)
    return sum(w for _, w, known in _only(one, other) if known) / total if total else 0.0


def _parted(one: Profile, other: Profile) -> float:
    """Return how far two questions in the same words part: by other parts, by opposite sides.

    Questions in other words part less: what one calls wet another wants dry.
    """
    a, b = one.question.sides, other.question.sides
    opposite = _opposite(a, b) and not a & b
    apart = min(_apart(one, other), _apart(other, one))
    return _same_words(one, other) * (apart + float(opposite))


def _same_words(one: Profile, other: Profile) -> float:
    words = len(one.words) + len(other.words)
    return 2 * len(set(one.words) & set(other.words)) / words if words else 0.0


def _opposite(one: Sides, other: Sides) -> bool:
    return any((pair, 1 - side) in other for pair, side in one)


def _other_value(one: Profile, other: Profile) -> bool:
    """Say whether values show that the rows ask or answer other things."""
    asked, other_asked = one.asked_numbers, other.asked_numbers
    if asked - other_asked and other_asked - asked:
        return True
    if one.facts - other.facts and other.facts - one.facts:
        return True
    if _opposite(one.answer_sides, other.answer_sides):
        return True
    differing = one.ground.differing(other.ground)
    return bool(differing) and (
        _meets(one.focus, differing) or _meets(other.answered, differing) or not one.focus
    )


def _meets(focus: Focus, forms: Sequence[int]) -> bool:
    return sum(focus.get(form, 0.0) for form in forms) >= _OTHER_VALUE


def _other_subject(one: Profile, other: Profile) -> bool:
    """Say whether each question names what the other does not: another machine, another part.

    Parts differ when one word takes another's place and the evidence knows both, as in "the upper
    screw" and "the lower screw"; other words of a paraphrase come from outside the evidence.
    """
    only, others = _only(one, other), _only(other, one)
    names = any(term.stem in one.question.names for term, _, _ in only)
    if names and any(term.stem in other.question.names for term, _, _ in others):
        return True
    if _other_kind(one, other):
        return True
    if _same_words(one, other) < _PARALLEL:
        return False
    opposite = _opposite(one.question.sides, other.question.sides)
    return opposite or (len(only) == len(others) == 1 and only[0][2] and others[0][2])
