"""Whether a passage poisons a row, judged the bench's own way, by code that the screen never calls.

A passage is poison where it states the answer's values (also converted), holds the answer's words
in one place, overlaps a labelled span of the same question or a copy of it, or gives the question a
second answer while nothing says which machine is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bench.stated import all_in, values, without_values
from tools.language import stop_words
from tools.passages import Passage

Poison = Literal["values", "words", "labelled", "second_answer"]
Span = tuple[str, int, int]
"""Document, start, end."""

_MOST = 0.75
_HALF = 0.5
_TWO_THIRDS = 2 / 3
_FEW = 4
_LEAST_WINDOW = 8
_STEM = 5
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, its answer, and every span that is labelled as an answer of it or a copy of one.

    `machine` is the machine that the question names, None where it names none or several.
    """

    question: str
    answer: str
    language: str
    machine: str | None
    spans: tuple[Span, ...]


def poison(passage: Passage, asked: Labelled) -> Poison | None:
    """Return how the passage poisons a row of the question, or None where it does not."""
    if any(_overlaps(passage, span) for span in asked.spans):
        return "labelled"
    known = values(asked.question)
    wanted = [value for value in values(asked.answer) if not all_in([value], known)]
    held = values(passage.text)
    about = _held(content(asked.question, asked.language), content(passage.text, asked.language))
    telling = [value for value in wanted if value.kind]
    is_told = bool(telling) and all_in(telling, held, bare=False)
    if wanted and all_in(wanted, held) and (is_told or about >= _HALF):
        return "values"
    if not _holds_words(passage.text, asked, about):
        return None
    kinds = {value.kind for value in held}
    is_other = any(value.kind in kinds for value in wanted)
    if not wanted or not is_other or any(all_in([value], held) for value in wanted):
        return "words"
    return None if is_told_apart(passage, asked) else "second_answer"


@cache
def content(text: str, language: str) -> tuple[str, ...]:
    """Return the words that are no stop words, cut to their first letters."""
    stop = stop_words(language)
    words = _WORD.findall(text.casefold())
    return tuple(word[:_STEM] for word in words if word not in stop)


def best_window(wanted: Sequence[str], held: Sequence[str]) -> float:
    """Return the largest share of the distinct words wanted that stands in one stretch."""
    distinct = frozenset(wanted)
    width = max(_LEAST_WINDOW, len(wanted) * 3 // 2)
    starts = range(max(1, len(held) - width + 1))
    most = max(len(distinct.intersection(held[at : at + width])) for at in starts)
    return most / len(distinct) if distinct else 0.0


def _holds_words(text: str, asked: Labelled, about: float) -> bool:
    said, held = (content(without_values(each), asked.language) for each in (asked.answer, text))
    known = content(asked.question, asked.language)
    new = [word for word in said if word not in known]
    if len(set(said)) >= _FEW:
        return best_window(said, held) >= _MOST and (not new or best_window(new, held) >= _MOST)
    return bool(new) and about >= _TWO_THIRDS and best_window(new, held) == 1.0


def is_told_apart(passage: Passage, asked: Labelled) -> bool:
    """Say whether the question names its machine, and the passage is another one's."""
    return bool(asked.machine and passage.machine and asked.machine != passage.machine)


def _overlaps(passage: Passage, span: Span) -> bool:
    document, start, end = span
    return passage.document == document and passage.start < end and start < passage.end


def _held(wanted: Sequence[str], held: Sequence[str]) -> float:
    return sum(word in held for word in wanted) / len(wanted) if wanted else 0.0
