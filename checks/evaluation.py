"""Rows that are near an evaluation question, and would tell a model what it is tested with.

By the words of the question, by its subject and the answer, or by the evidence, as far as the file
of evaluation questions gives them. The graph calls this in `assess`, the audit on the dataset.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.contained import contained_pairs
from checks.duplicates import Asked
from checks.facts import numbers
from checks.leakage import folded
from checks.similar import near_any
from checks.words import content_stems
from tools.questions_file import EvaluationQuestion

# Runs of so many words, and how much of them two questions must share.
_SAME_QUESTION = ((3, 0.7), (1, 0.8))
_SAME_EVIDENCE = 0.8
# A whole section given as evidence is not the evidence of every question about it.
_MUCH_LONGER = 3
# How much of the weight of their words a question and its paraphrase share: alone, or where the
# answers say the same as well.
_PARAPHRASE, _PARAPHRASE_AND_ANSWER = 0.6, 0.35
_SAME_ANSWER = 0.6

Pairs = Iterator[tuple[int, int]]


def near_evaluation(
    rows: Sequence[Asked], questions: Sequence[EvaluationQuestion]
) -> dict[str, int]:
    """Return, for each row near an evaluation question, the line of the first such question."""
    if not questions:
        return {}
    found: dict[str, int] = {}
    for pairs in (_asked_alike(rows, questions), _same_evidence(rows, questions)):
        for row, question in pairs:
            id, line = rows[row].id, questions[question].line
            found[id] = min(line, found.get(id, line))
    languages = dict.fromkeys(row.language for row in rows)
    for language in languages:
        of_language = [row for row in rows if row.language == language]
        for row, question in _paraphrases(of_language, questions, language):
            id, line = of_language[row].id, questions[question].line
            found[id] = min(line, found.get(id, line))
    return found


def _asked_alike(rows: Sequence[Asked], questions: Sequence[EvaluationQuestion]) -> Pairs:
    """Yield rows and questions of nearly the same words."""
    asked = [folded(row.question) for row in rows]
    wanted = [folded(question.question) for question in questions]
    for width, least in _SAME_QUESTION:
        yield from near_any(asked, wanted, least, width).items()


def _same_evidence(rows: Sequence[Asked], questions: Sequence[EvaluationQuestion]) -> Pairs:
    """Yield rows and questions that rest on the same words, or one on most of the other's."""
    holders: defaultdict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for side, given in enumerate(([row.evidence for row in rows], [q.evidence for q in questions])):
        for place, quotes in enumerate(given):
            for quote in quotes:
                holders[folded(quote)][side].add(place)
    holders.pop("", None)
    texts = sorted(holders)
    same = [(place, place) for place in range(len(texts))]
    held = contained_pairs(texts, _SAME_EVIDENCE)
    near = [(a, b) for a, b in held if len(texts[a]) <= _MUCH_LONGER * len(texts[b])]
    for one, other in [*same, *near]:
        (of_rows, of_questions), (more_rows, more_questions) = (
            holders[texts[one]],
            holders[texts[other]],
        )
        yield from ((row, question) for row in of_rows for question in more_questions)
        yield from ((row, question) for row in more_rows for question in of_questions)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a question is about, and what its answer says beyond it."""

    stems: frozenset[str]
    numbers: frozenset[tuple[str, str]]
    answer: frozenset[str]
    facts: frozenset[tuple[str, str]]


def _said(question: str, answer: str, language: str) -> _Said:
    asked = frozenset(number.key for number in numbers(question, language))
    return _Said(
        frozenset(content_stems(question, language)),
        asked,
        frozenset(content_stems(answer, language)),
        frozenset(number.key for number in numbers(answer, language)) - asked,
    )


def _paraphrases(
    rows: Sequence[Asked], questions: Sequence[EvaluationQuestion], language: str
) -> Pairs:
    """Yield rows and questions about the same subject, in other words."""
    said = [_said(row.question, row.answer, language) for row in rows]
    wanted = [_said(question.question, question.answer, language) for question in questions]
    weights = _weights([each.stems for each in [*said, *wanted]])
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(said):
        for stem in each.stems:
            holders[stem].append(place)
    for question, each in enumerate(wanted):
        places = {place for stem in _clues(each.stems, weights) for place in holders[stem]}
        for place in sorted(places):
            if _is_paraphrase(said[place], each, weights):
                yield place, question


def _weights(texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return what each stem says about a subject: the more the rarer it is."""
    counts = Counter(stem for stems in texts for stem in stems)
    return {stem: math.log(1 + len(texts) / count) for stem, count in counts.items()}


def _clues(stems: frozenset[str], weights: Mapping[str, float]) -> list[str]:
    """Return the rarest stems: whoever shares none of them shares too little of the rest."""
    left = sum(weights[stem] for stem in stems) * (1 - _PARAPHRASE_AND_ANSWER)
    clues: list[str] = []
    for stem in sorted(stems, key=lambda stem: (-weights[stem], stem)):
        clues.append(stem)
        left -= weights[stem]
        if left < 0:
            break
    return clues


def _is_paraphrase(one: _Said, other: _Said, weights: Mapping[str, float]) -> bool:
    # One of them may leave out the machine's name; other values are another question.
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return False
    either = sum(weights[stem] for stem in one.stems | other.stems)
    share = sum(weights[stem] for stem in one.stems & other.stems) / either if either else 0.0
    if share < _PARAPHRASE_AND_ANSWER:
        return False
    if not (one.answer or one.facts) or not (other.answer or other.facts):
        return share >= _PARAPHRASE
    if one.facts != other.facts:
        return False
    same = len(one.answer & other.answer) / max(1, min(len(one.answer), len(other.answer)))
    return bool(one.facts) or share >= _PARAPHRASE or same >= _SAME_ANSWER
