"""Whether two questions ask the same: by their words, their evidence and their answers.

What differs beyond doubt is ruled out; the rest is a weighted sum of the `likenesses` of the rows.
`repeated` calls this for the pairs that it finds.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.duplicates.focus import Focus
from checks.duplicates.likenesses import (
    alike_answers,
    alike_questions,
    contradict,
    features,
    only_in,
    opposite,
    same_words,
)
from checks.duplicates.profiles import Profile

_OTHER_VALUE = 0.1
_PARALLEL = 0.7
_PASSAGE = 3
_SAME_WORDS = 0.6
_SAME_ANSWER = 0.7

# By what is shown of the rows, what each of the `features` counts for, and where the sum starts;
# fitted by logistic regression to hand-written paraphrases and other questions on a section, and
# for evidence without answers made stricter by hand: freely worded questions on one sentence.
_WEIGHTS = {
    "answers": (3.8, 0.0, -2.1, -2.4, 1.1, 3.1, 1.7, 1.0, 2.7, -4.2),
    "passage": (1.4, 1.7, -3.5, -3.4, 2.3, 4.1, 0.0, 0.0, 0.0, -3.4),
    "section": (2.0, 1.2, -3.5, -4.3, 4.5, 0.0, 0.0, 0.0, 0.0, -4.1),
    "no place": (3.9, 0.0, -1.6, 0.0, 0.0, 0.0, 0.0, 1.5, 3.9, -5.0),
    "questions": (2.6, 1.1, -1.1, -2.9, 0.0, 0.0, 0.0, 0.0, 0.0, -2.6),
}


_MEANT = 8.0
_MEANT_ALIKE = 0.5


def same_question(one: Profile, other: Profile, meant: float | None = None) -> bool:
    """Say whether the rows, in one language and on evidence that overlaps, ask the same.

    `meant` is how near embeddings place the questions: 0 for any two, 1 for one and the same.
    """
    if _other_value(one, other) or _other_subject(one, other):
        return False
    if one.words == other.words:
        return True
    if one.ground.forms and other.ground.forms and not _meet(one, other):
        return alike_questions(one, other) >= _SAME_WORDS and score(one, other, meant) > 0
    return score(one, other, meant) > 0


def same_answer(one: Profile, other: Profile) -> bool:
    """Say whether both were answered, and alike."""
    answered = one.has_answer and other.has_answer
    return answered and one.facts == other.facts and alike_answers(one, other) >= _SAME_ANSWER


def score(one: Profile, other: Profile, meant: float | None = None) -> float:
    """Return how far the rows ask the same: above 0 they do.

    What `meant` weighs is chosen and not fitted: no embeddings were at hand to measure it with.
    """
    *weights, start = _WEIGHTS[_shown(one, other)]
    near = 0.0 if meant is None else _MEANT * (meant - _MEANT_ALIKE)
    return start + near + sum(w * x for w, x in zip(weights, features(one, other), strict=True))


def _meet(one: Profile, other: Profile) -> bool:
    """Say whether evidence is shared, and not only by what the answers leave alone."""
    a, b = one.ground.forms, other.ground.forms
    if not (one.answered and other.answered) or a <= b or b <= a:
        return not a.isdisjoint(b)
    return not one.answered.keys().isdisjoint(other.answered)


def _shown(one: Profile, other: Profile) -> str:
    """Return which weights are meant for what is shown of the rows."""
    if one.has_answer and other.has_answer:
        return "answers" if _meet(one, other) else "no place"
    longest = max(one.ground.length, other.ground.length)
    if not (one.ground.forms and other.ground.forms):
        return "questions"
    return "section" if longest > _PASSAGE else "passage"


def _other_value(one: Profile, other: Profile) -> bool:
    """Say whether values show that the rows ask or answer other things."""
    asked, other_asked = one.asked_numbers, other.asked_numbers
    if asked - other_asked and other_asked - asked:
        return True
    if contradict(one.facts, other.facts):
        return True
    if opposite(one.answer_sides, other.answer_sides):
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
    only, others = only_in(one, other), only_in(other, one)
    names = any(term.stem in one.question.names for term, _, _ in only)
    if names and any(term.stem in other.question.names for term, _, _ in others):
        return True
    if same_words(one, other) < _PARALLEL:
        return False
    sides = one.question.sides, other.question.sides
    return opposite(*sides) or (len(only) == len(others) == 1 and only[0][2] and others[0][2])
