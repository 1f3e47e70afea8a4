"""Whether a mutant is false for certain, decided on words alone.

A mutant is set aside when the evidence may state it after all: it stands there word for word
(white space, case and punctuation aside), or another statement of the evidence, that is another
sentence or table row than the truth's own, holds every word that the change brought in (or, where
it only took words out, none of those) together with four fifths of the other telling words; or it
names one thing of a list twice ("ext3, ext3"), which is incomplete rather than false; or its row
holds the unchanged value in two columns.
`bench.mutants` sees to the rest: equal values, units at nought, and exchanges within a list, a
range or a dimension are never made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bench.mutants import Mutant
from bench.truths import Truth

_WORD = re.compile(r"\w+(?:[.,:/-]\w+)*|[±%°‰Ω]\w*")
_END = re.compile(r"(?<=[.!?;:])\s+(?=[^\Wa-z_])|\n\s*\n|\n(?=\s*(?:[-*•|#]|\d{1,3}[.)]\s))")
_TWICE = re.compile(r"(?<!\w)(\w*\d\w*)(?:, \S+){0,4}(?:[,;/]| \w{1,4}) ?\1(?!\w)")
_SHARE = 0.8


def may_be_true(mutant: Mutant) -> bool:
    """Tell whether the evidence may state the mutant, so that it cannot be called false."""
    if _TWICE.search(mutant.text) and not _TWICE.search(mutant.truth.text):
        return True
    if _is_repeated(mutant):
        return True
    said = _folded(mutant.text)
    return any(
        said in _folded(text) or any(_states(each, mutant) for each in _others(text, mutant.truth))
        for text in mutant.truth.evidence
    )


def _states(statement: frozenset[str], mutant: Mutant) -> bool:
    new, old = _words(mutant.text), _words(mutant.truth.text)
    added, removed = new - old, old - new
    if not added and (not removed or removed & statement):
        return False
    telling = _telling(new - added, mutant.truth)
    held = len(telling & statement)
    return added <= statement and bool(telling) and held >= _SHARE * len(telling)


def _telling(words: frozenset[str], truth: Truth) -> frozenset[str]:
    """Return the words that tell a statement from others: of a row those of its own cells."""
    if truth.sort == "row":
        return words & _own_row(truth) - _words(truth.place)
    return frozenset(word for word in words if len(word) > 3 or any(map(str.isdecimal, word)))


def _own_row(truth: Truth) -> frozenset[str]:
    rows = (row for text in truth.evidence for row in _statements(text))
    return frozenset[str]().union(*(words for row, words in rows if _is_row_of(truth, row)))


def _is_repeated(mutant: Mutant) -> bool:
    """Tell whether a row that holds its value twice is now said to hold it in another column."""
    truth = mutant.truth
    column = range(len(truth.named), truth.cell[0])
    if not truth.text.startswith(truth.named) or all(at not in column for at, _ in mutant.spans):
        return False
    rows = (line for text in truth.evidence for line, _ in _statements(text))
    own = (line for line in rows if _is_row_of(truth, line))
    return any([cell.strip() for cell in line.split("|")].count(truth.value) > 1 for line in own)


def _is_row_of(truth: Truth, line: str) -> bool:
    cells = " | ".join(cell.strip() for cell in line.strip().strip("|").split("|"))
    return truth.sort == "row" and f"{cells} | ".startswith(f"{truth.label} | ")


def _others(text: str, truth: Truth) -> Iterator[frozenset[str]]:
    """Yield the words of each statement of the evidence that is not the truth's own."""
    own = _words(truth.text)
    for statement, words in _statements(text):
        if not _is_row_of(truth, statement) and not own <= words:
            yield words


@lru_cache(maxsize=10_000)
def _statements(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((part, _words(part)) for part in _END.split(text))


@lru_cache(maxsize=10_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


@lru_cache(maxsize=10_000)
def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
