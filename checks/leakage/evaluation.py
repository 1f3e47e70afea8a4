"""Rows that are near an evaluation question, and would tell a model what it is tested with.

By the words of the question, by its subject and the answer, or by the evidence, as far as the file
of evaluation questions gives them. The graph calls this in `assess`, the audit on the dataset.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from checks.duplicates import Asked, repeated_pairs
from checks.duplicates.similar import near_any
from checks.leakage.contained import contained_pairs
from checks.leakage.keys import plain_form
from checks.words import content_stems
from tools.questions_file import EvaluationQuestion

# Runs of so many words, and how much of them two questions must share.
_SAME_QUESTION = ((3, 0.7), (1, 0.8))
_SAME_EVIDENCE = 0.8
# A whole section given as evidence is not the evidence of every question about it.
_MUCH_LONGER = 3
# How many rows a question is compared with by its meaning.
_LIKELY = 50
# How much of the weight of their words a question and its paraphrase share.
_PARAPHRASE = 0.5
_NUMBER = re.compile(r"\d+")

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
    asked = [plain_form(row.question) for row in rows]
    wanted = [plain_form(question.question) for question in questions]
    for width, least in _SAME_QUESTION:
        yield from near_any(asked, wanted, least, width).items()


def _same_evidence(rows: Sequence[Asked], questions: Sequence[EvaluationQuestion]) -> Pairs:
    """Yield rows and questions that rest on the same words, or one on most of the other's."""
    holders: defaultdict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for side, given in enumerate(([row.evidence for row in rows], [q.evidence for q in questions])):
        for place, quotes in enumerate(given):
            for quote in quotes:
                holders[plain_form(quote)][side].add(place)
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


def _paraphrases(
    rows: Sequence[Asked], questions: Sequence[EvaluationQuestion], language: str
) -> Pairs:
    """Yield rows and questions that ask the same in other words, of the rows of one language."""
    asked = [
        Asked(str(each.line), each.question, each.evidence, each.answer, language)
        for each in questions
    ]
    stems = [frozenset(content_stems(row.question, language)) for row in rows]
    wanted = [frozenset(content_stems(each.question, language)) for each in questions]
    weights = _weights([*stems, *wanted])
    likely = list(_likely(stems, wanted, weights))
    same = repeated_pairs([*rows, *asked], [(row, len(rows) + place) for row, place in likely])
    for (row, place), repeats in zip(likely, same, strict=True):
        if repeats or (
            _share(stems[row], wanted[place], weights) >= _PARAPHRASE
            and _same_numbers(rows[row].question, questions[place].question)
        ):
            yield row, place


def _weights(texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return what each stem says about a subject: the more the rarer it is."""
    counts = Counter(stem for stems in texts for stem in stems)
    return {stem: math.log(1 + len(texts) / count) for stem, count in counts.items()}


def _likely(
    stems: Sequence[frozenset[str]],
    wanted: Sequence[frozenset[str]],
    weights: Mapping[str, float],
) -> Pairs:
    """Yield, for each question, the rows whose questions share the most of its words."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, of_row in enumerate(stems):
        for stem in of_row:
            holders[stem].append(place)
    for question, asked in enumerate(wanted):
        shared: defaultdict[int, float] = defaultdict(float)
        for stem in sorted(asked):
            for place in holders[stem]:
                shared[place] += weights[stem]
        ranked = sorted(shared, key=lambda place: (-shared[place], place))
        yield from ((place, question) for place in ranked[:_LIKELY])


def _share(one: frozenset[str], other: frozenset[str], weights: Mapping[str, float]) -> float:
    either = math.fsum(weights[stem] for stem in one | other)
    return math.fsum(weights[stem] for stem in one & other) / either if either else 0.0


def _same_numbers(one: str, other: str) -> bool:
    """Say whether one may ask what the other asks: it leaves numbers out, and names no others."""
    found, others = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    return found <= others or others <= found
