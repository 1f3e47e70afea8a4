"""How far two rows are alike, in a few numbers mostly from 0 to 1; `paraphrases` weighs them."""

from __future__ import annotations

from collections.abc import Sequence, Set

from checks.duplicates.focus import ALIKE, common
from checks.duplicates.profiles import Fact, Profile
from checks.duplicates.wording import Sides, Term

_FACT = 3.0
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


def features(one: Profile, other: Profile) -> tuple[float, ...]:
    """Return the likenesses that the score weighs, in the order of its weights."""
    fewest = min(len(one.ground.forms), len(other.ground.forms)) or 1
    most = max(len(one.ground.forms), len(other.ground.forms), 1)
    places = 1 - 1 / fewest
    kind = _same_kind(one.question.asked, other.question.asked)
    agreed = _agreed(one, other)
    return (
        alike(one, other),
        max(kind, 0.0),
        # Who answers the same was asked the same, in whatever words.
        max(-kind, 0.0) * (1 - agreed),
        _parted(one, other),
        common(one.focus, other.focus) * places,
        len(one.ground.forms & other.ground.forms) / fewest / most,
        common(one.answered, other.answered) * places,
        agreed,
        alike_answers(one, other),
    )


def _same_kind(one: str, other: str) -> float:
    """Return 1 where both ask for the same, -1 for two things, 0 for what paraphrases exchange."""
    if not (one and other) or frozenset((one, other)) in _NEAR_KINDS:
        return 0.0
    return 1.0 if one == other else -1.0


def _parted(one: Profile, other: Profile) -> float:
    """Return how far two questions in the same words part: by other parts, by opposite sides.

    Questions in other words part less: what one calls wet another wants dry.
    """
    a, b = one.question.sides, other.question.sides
    conflict = opposite(a, b) and not a & b
    apart = min(_apart(one, other), _apart(other, one))
    return same_words(one, other) * (apart + float(conflict))


def _apart(one: Profile, other: Profile) -> float:
    """Return the share of a question that only it names and the evidence knows."""
    total = sum(one.weights[: len(one.known)])
    return sum(w for _, w, known in only_in(one, other) if known) / total if total else 0.0


def only_in(one: Profile, other: Profile) -> list[tuple[Term, float, bool]]:
    """Return the terms of the one question that the other lacks, their weights and if known."""
    stems = {term.stem for term in other.question.terms}
    keys = {key for term in other.question.terms for key in term.keys}
    rows = zip(one.question.terms, one.weights, one.known, strict=False)
    return [row for row in rows if row[0].stem not in stems and row[0].keys.isdisjoint(keys)]


def same_words(one: Profile, other: Profile) -> float:
    """Return the share of the words of both questions that the other has too."""
    words = len(one.words) + len(other.words)
    return 2 * len(set(one.words) & set(other.words)) / words if words else 0.0


def opposite(one: Sides, other: Sides) -> bool:
    """Say whether one takes a side and the other the side against it."""
    return any((pair, 1 - side) in other for pair, side in one)


def alike_answers(one: Profile, other: Profile) -> float:
    """Return the share of the answers' words and facts that both have; a fact says most."""
    a, b = (1.0,) * len(one.answer), (1.0,) * len(other.answer)
    met = _met(one.answer, a, other.answer) + _met(other.answer, b, one.answer)
    met += _FACT * (_stated(one.facts, other.facts) + _stated(other.facts, one.facts))
    total = len(a) + len(b) + _FACT * (len(one.facts) + len(other.facts))
    return met / total if total else 0.0


def _stated(facts: Set[Fact], others: Set[Fact]) -> int:
    """Return how many of the facts the others state too."""
    return sum(any(fact.states(other) for other in others) for fact in facts)


def contradict(one: Set[Fact], other: Set[Fact]) -> bool:
    """Say whether each side states what the other does not."""
    return _stated(one, other) < len(one) and _stated(other, one) < len(other)


def _agreed(one: Profile, other: Profile) -> float:
    """Return the share of the facts of both answers that the other states too."""
    stated = _stated(one.facts, other.facts) + _stated(other.facts, one.facts)
    return stated / (len(one.facts) + len(other.facts) or 1)


def alike(one: Profile, other: Profile) -> float:
    """Return the share, by weight, of what both say, asked and answered, that the other has too."""
    return _shared(one.said, one.weights, other.said, other.weights)


def alike_questions(one: Profile, other: Profile) -> float:
    """Return the same of the questions alone."""
    a, b = one.question.terms, other.question.terms
    return _shared(a, one.weights[: len(a)], b, other.weights[: len(b)])


def _shared(
    one: Sequence[Term], weights: Sequence[float], other: Sequence[Term], others: Sequence[float]
) -> float:
    total = sum(weights) + sum(others)
    return (_met(one, weights, other) + _met(other, others, one)) / total if total else 0.0


def _met(said: Sequence[Term], weights: Sequence[float], other: Sequence[Term]) -> float:
    stems = {term.stem for term in other}
    keys = {key for term in other for key in term.keys}
    return sum(
        weight * (1.0 if term.stem in stems else 0.0 if term.keys.isdisjoint(keys) else ALIKE)
        for term, weight in zip(said, weights, strict=True)
    )
