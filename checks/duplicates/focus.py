"""Where evidence speaks of what is asked: its sentences, and how far each holds some terms.

`paraphrases` compares two questions by the sentences that answer them. A sentence is known by its
form, its words without the values of its numbers, so that siblings' sentences with other values are
seen to be that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from math import log
from zlib import crc32

from checks.duplicates.wording import NONE, Term, terms

ALIKE = 0.9
"""What a synonym counts for, where the word itself counts 1."""
_BEST = 6
_SMOOTHING = 8
_VALUE_WEIGHT = 3.0
_BESIDE_A_NUMBER = 2.5
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+|\s*\|\s*")
_LINE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
_VALUE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w+")

Focus = dict[int, float]
"""How far sentences, by form, speak of something; in all 1."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: `form` is the hash of its words, `values` are the numbers left out of it."""

    text: str
    form: int
    values: frozenset[str]
    stems: frozenset[str]
    keys: frozenset[str]

    def holds(self, term: Term) -> float:
        """Return 1 for the term itself, less for one like it, 0 without either."""
        if term.stem in self.stems:
            return 1.0
        return 0.0 if term.keys.isdisjoint(self.keys) else ALIKE


@dataclass(frozen=True, slots=True)
class Ground:
    """What evidence is compared by: the forms of its sentences, and by form their values.

    `length` is in sentences, where a row of a table counts as one.
    """

    forms: frozenset[int]
    values: dict[int, frozenset[str]]
    length: int

    def differing(self, other: Ground) -> list[int]:
        """Return the forms to which each evidence gives a value that the other does not."""
        both = self.values.keys() & other.values.keys()
        return sorted(
            form
            for form in both
            if self.values[form] - other.values[form] and other.values[form] - self.values[form]
        )


def split_sentences(text: str) -> list[str]:
    """Return the sentences, table cells and list items of a text."""
    return _SENTENCE_END.split(text)


@lru_cache(maxsize=4096)
def read_evidence(quotes: tuple[str, ...], language: str) -> tuple[tuple[Sentence, ...], Ground]:
    """Return the sentences of quotes, and what they are compared by."""
    found = tuple(each for quote in quotes for each in _sentences(quote, language))
    values: dict[int, frozenset[str]] = {}
    for sentence in found:
        if sentence.values:
            values[sentence.form] = values.get(sentence.form, frozenset()) | sentence.values
    length = sum(bool(_WORD.search(line)) for quote in quotes for line in _LINE_END.split(quote))
    return found, Ground(frozenset(sentence.form for sentence in found), values, length)


def telling(count: int, total: int) -> float:
    """Return what a term counts for that stands in `count` of the evidence's sentences."""
    if not count or total < 2:
        return 1.0
    return max(0.05, log((total + 1) / (count + 0.5)) / log((total + 1) / 0.5))


def focus(
    said: Sequence[Term],
    weights: Sequence[float],
    sentences: Sequence[Sentence],
    *,
    values: Set[str] = frozenset(),
    quantity: bool = False,
) -> Focus:
    """Return by form how far a sentence holds terms and values; a quantity is beside a number."""
    scores: Focus = {}
    for sentence in sentences:
        met = sum(w * sentence.holds(term) for term, w in zip(said, weights, strict=True))
        met += _VALUE_WEIGHT * len(values & sentence.values)
        if met:
            score = met * met / (len(sentence.stems) + _SMOOTHING)
            scores[sentence.form] = score * (
                _BESIDE_A_NUMBER if quantity and sentence.values else 1
            )
    best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:_BEST]
    total = sum(value for _, value in best)
    return {form: value / total for form, value in best}


def stated_values(text: str) -> frozenset[str]:
    """Return the numbers of a text as they are written."""
    return frozenset(_VALUE.findall(text)) or NONE


def common(one: Focus, other: Focus) -> float:
    """Return how far two speak of the same sentences, from 0 to 1."""
    return sum(min(value, other[form]) for form, value in one.items() if form in other)


def _sentences(text: str, language: str) -> Iterable[Sentence]:
    for sentence in split_sentences(text):
        held = terms(sentence, language)
        values = stated_values(sentence)
        if held or values:
            words = " ".join(_WORD.findall(_VALUE.sub("0", sentence.casefold())))
            yield Sentence(
                sentence,
                crc32(words.encode(errors="replace")),
                values,
                frozenset(term.stem for term in held),
                frozenset(key for term in held for key in term.keys),
            )
