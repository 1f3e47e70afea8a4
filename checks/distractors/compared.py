"""Texts as distractors are screened by: their numbers, the stems of their words, their letters.

`support` compares passages with the quotes of an answer; a text is read once, however often it is
compared. What two passages repeat is told by their letters alone, before either is read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from checks.facts import Number, numbers
from checks.words import content_stems

_SAME_PASSAGE = 92
_HALF = 0.5
_LEAST_PAIRS = 4
_LEAST_STRETCH, _STRETCH = 5, 1.5
"""How many words a stretch has at least, and how many times the words that are looked for."""
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_CACHED = 8192
"""A run meets the same passages again and again; one takes about 10 KB here."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A text as it is compared: `masked` has "#" for each number, `ends` are where these end."""

    numbers: tuple[Number, ...]
    words: tuple[str, ...]
    stems: frozenset[str]
    masked: str
    ends: tuple[int, ...]


@lru_cache(maxsize=_CACHED)
def compared(text: str, language: str) -> Compared:
    """Return the text as it is compared."""
    found = tuple(_plain(number) for number in numbers(text, language))
    pieces: list[str] = []
    ends: list[int] = []
    done = length = 0
    for number in found:
        piece = folded(text[done : number.start]) + "#"
        length += len(piece)
        pieces.append(piece)
        ends.append(length)
        done = number.end
    rest = folded(text[done:])
    stems = content_stems(_without_quantities(text, found), language)
    return Compared(
        found,
        tuple(stems),
        frozenset(stems),
        "".join([*pieces, rest]),
        tuple(ends),
    )


def _plain(number: Number) -> Number:
    """Return the number as it may be meant where a text leaves out the kind of current."""
    unit = number.unit.rstrip("=~")
    return number if unit == number.unit else replace(number, unit=unit)


def _without_quantities(text: str, found: Sequence[Number]) -> str:
    """Return the text beside its quantities, which are compared as facts; codes are words too."""
    pieces: list[str] = []
    done = 0
    for number in found:
        if not number.is_code:
            pieces.append(text[done : number.start])
            done = number.end
    return " ".join([*pieces, text[done:]])


def gathered(wanted: Compared, held: Compared) -> float:
    """Return the share of the wanted stems that stand in one stretch of the passage."""
    places = [(place, stem) for place, stem in enumerate(held.words) if stem in wanted.stems]
    width = max(_LEAST_STRETCH, len(wanted.words) * _STRETCH)
    inside: deque[tuple[int, str]] = deque()
    most = 0
    for place, stem in places:
        inside.append((place, stem))
        while place - inside[0][0] >= width:
            inside.popleft()
        most = max(most, len({stem for _, stem in inside}))
    return most / len(wanted.stems) if wanted.stems else 0.0


def near_identical(a: str, b: str) -> bool:
    """Say whether two passages repeat each other: hardly a letter differs, and no number does."""
    (first, digits), (second, others) = _letters(a), _letters(b)
    return digits == others and fuzz.ratio(first, second, score_cutoff=_SAME_PASSAGE) > 0


@lru_cache(maxsize=_CACHED)
def _letters(text: str) -> tuple[str, frozenset[str]]:
    """Return the text in small letters with a "#" for each number, and the numbers."""
    return _DIGITS.sub("#", folded(text)), frozenset(_DIGITS.findall(text))


def version_of(oracle: str, passage: str, language: str) -> bool:
    """Say whether the passage is a version of the oracle, or of a part of it, in other words."""
    smaller, larger = sorted((_pairs(oracle, language), _pairs(passage, language)), key=len)
    return len(smaller) >= _LEAST_PAIRS and share(smaller, larger) >= _HALF


@lru_cache(maxsize=_CACHED)
def _pairs(text: str, language: str) -> frozenset[tuple[str, str]]:
    """Return the stems of the text's words, each with the next."""
    return frozenset(pairwise(compared(text, language).words))


def share(wanted: Set[object], held: Set[object]) -> float:
    """Return how much of what is wanted is held, 0 where nothing is wanted."""
    return len(wanted & held) / len(wanted) if wanted else 0.0


def folded(text: str) -> str:
    """Return the text in small letters, with one space for any white space."""
    return _SPACE.sub(" ", text).casefold()
