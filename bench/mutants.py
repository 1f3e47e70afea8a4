"""Mutants: false answers, each a true one with one thing changed.

`bench.mutated_numbers` and `bench.mutated_words` name what is changed within a sentence or row,
`bench.siblings` what is taken from elsewhere. Whether a mutant is false for certain is decided in
`bench.falsehood`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.quantities import Digits
from bench.truths import Truth


@dataclass(frozen=True, slots=True)
class Change:
    """A span of a truth's text and what stands there in the mutant."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A truth with a change; `spans` are what was changed of its text."""

    kind: str
    text: str
    truth: Truth
    spans: tuple[tuple[int, int], ...]


Mutation = Callable[[Truth, Sequence[Digits], Random], Iterator[Sequence[Change]]]


def edited(text: str, changes: Sequence[Change]) -> str:
    """Return the text with the changes made."""
    for change in sorted(changes, key=lambda each: -each.start):
        text = text[: change.start] + change.new + text[change.end :]
    return text


def mutant(kind: str, truth: Truth, changes: Sequence[Change]) -> Mutant:
    """Return the truth with the changes made, and a capital where it began with one."""
    text = edited(truth.text, changes)
    if truth.text[:1].isupper():
        text = text[:1].upper() + text[1:]
    return Mutant(kind, text, truth, tuple((each.start, each.end) for each in changes))
