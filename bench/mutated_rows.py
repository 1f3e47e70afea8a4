"""Mutants of what binds a value to its subject: another row's value, two statements' exchanged.

The true answers of two statements together, from which the latter are made, are also among the
paraphrases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from bench.lexicon import lexicons
from bench.mutants import Change, Mutant, mutant
from bench.quantities import digits_in, numbers_of
from bench.truths import Truth

ROW, EXCHANGED = "another row's value", "two statements exchanged"
_DIGITS = re.compile(r"\w*\d\w*(?:[-.,:/+]\w+)*")


def differ(one: str, two: str, language: str) -> bool:
    """Tell whether two digit-bearing texts are written and valued otherwise."""
    read = [
        [(d.value, d.unit) if d.kind == "number" else d.text.casefold() for d in found]
        for found in (digits_in(one, language), digits_in(two, language))
    ]
    return one.casefold() != two.casefold() and read[0] != read[1]


def row_mutants(truths: Sequence[Truth], random: Random) -> Iterator[Mutant]:
    """Yield each row with the digits of another row's value in the same column."""
    columns: dict[tuple[str, str], list[Truth]] = defaultdict(list)
    for truth in truths:
        if truth.sort == "row" and _DIGITS.search(truth.value):
            columns[truth.document, truth.place].append(truth)
    for rows in columns.values():
        for truth in rows:
            own = set(_DIGITS.findall(truth.value.casefold()))
            others = sorted(
                {
                    row.value
                    for row in rows
                    if differ(truth.value, row.value, truth.language)
                    and not set(_DIGITS.findall(row.value.casefold())) <= own
                }
            )
            if others:
                yield mutant(ROW, truth, [Change(*truth.cell, random.choice(others))])


def row_pairs(truths: Sequence[Truth], random: Random) -> Iterator[Truth]:
    """Yield each row with another of its column and passage, as one answer."""
    columns: dict[tuple[str, ...], list[Truth]] = defaultdict(list)
    for truth in truths:
        is_short = truth.value[-1:] not in (".", "!", ";")
        if truth.sort == "row" and is_short and _DIGITS.search(truth.value):
            columns[truth.document, truth.place, *truth.evidence].append(truth)
    for rows in columns.values():
        for one in rows:
            others = [row for row in rows if differ(one.value, row.value, one.language)]
            if others:
                yield _joined(one, "; ", random.choice(others))


def sentence_pairs(truths: Sequence[Truth]) -> Iterator[Truth]:
    """Yield neighbouring sentences of a passage as one answer, the second first if it can be."""
    for one, two in pairwise(truths):
        words = lexicons().get(two.language)
        near = one.evidence == two.evidence and one.language == two.language
        prose = one.sort == two.sort == "sentence"
        if words and near and prose and is_independent(two.text, words.pronouns, words.head):
            yield _joined(two, " " if two.text.endswith((".", "!", ";")) else ". ", one)


def is_independent(clause: str, pronouns: str, head: str) -> bool:
    """Tell whether a clause has a subject of its own and points at no other."""
    pronoun = re.search(rf"\b(?:{pronouns})\b", clause, re.IGNORECASE)
    return not pronoun and re.match(head, clause, re.IGNORECASE) is not None


def _joined(one: Truth, between: str, two: Truth) -> Truth:
    """Return both as one truth; its cell is where the second begins."""
    text = f"{one.text}{between}{two.text}"
    start = len(one.text) + len(between)
    return replace(one, text=text, cell=(start, len(text)))


def exchanged(pair: Truth, random: Random) -> Iterator[Mutant]:
    """Yield the pair with a number of each statement exchanged, where they share the unit."""
    numbers = numbers_of(digits_in(pair.text, pair.language))
    first = [each for each in numbers if each.start < pair.cell[0]]
    second = [each for each in numbers if each.start >= pair.cell[0]]
    fit = [(a, b) for a in first for b in second if a.unit == b.unit and a.value != b.value]
    if fit:
        one, two = random.choice(fit)
        changes = [Change(one.start, one.end, two.text), Change(two.start, two.end, one.text)]
        yield mutant(EXCHANGED, pair, changes)
