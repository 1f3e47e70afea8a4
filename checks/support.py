"""Support: whether a passage lets a reader answer a question, by its values and its words.

Sections of sibling manuals differ in a heading, a name or a value, and a cited sentence is a small
part of a section: so passages are compared with the quotes. `distractors` screens with this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from checks.facts import Number, numbers, same_fact
from checks.findings import Finding
from checks.quotes import locate
from checks.words import content_stems

_SOME, _MOST = 0.25, 0.5
_MOST_OF_ANSWER = 0.6
_MOST_OF_QUOTE, _PAIRS_OF_QUOTE = 0.7, 0.45
_MOST_OF_SENTENCE = 0.85
_SAME_SUBJECT = 0.75
_SAME_LETTERS, _SAME_BUT_VALUES = 88, 85
_FEW_STEMS, _SENTENCE_STEMS, _FEW_LETTERS = 4, 6, 12
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；])|\n+")
_SPACE = re.compile(r"\s+")
_CACHED = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer and the quotes that the answer stands on."""

    question: str
    answer: str
    quotes: tuple[str, ...]
    language: str


def supports(passage: str, asked: Answered) -> Finding | None:
    """Return why the passage may let a reader answer, or None when it does not."""
    held, facts = _read(passage, asked.language), _answer_facts(asked)
    if facts and _holds_all(held, facts, asked):
        values = ", ".join(fact.text for fact in facts)
        return Finding("holds_values", "The passage holds the values of the answer.", values)
    if facts and _has_other_values(held, facts, asked):
        return None
    for quote in asked.quotes:
        if _repeats(quote, passage, asked):
            return Finding("repeats_oracle", "The passage repeats a cited sentence.", quote)
    if _holds_words(held, facts, asked):
        return Finding("holds_words", "The passage holds most words of the answer.", asked.answer)
    return None


def contradicts(passage: str, asked: Answered) -> bool:
    """Say whether the passage answers the question otherwise: its subject with another value."""
    held, facts = _read(passage, asked.language), _answer_facts(asked)
    if not facts:
        return False
    if _has_other_values(held, facts, asked):
        return True
    units = {fact.key[1] for fact in facts if fact.unit}
    about = _share(_read(asked.question, asked.language).stems, held.stems)
    return about >= _SAME_SUBJECT and any(number.key[1] in units for number in held.numbers)


def gives_other_values(passage: str, asked: Answered) -> bool:
    """Say whether a quote's sentence stands there with another value for each of the answer's."""
    facts = _answer_facts(asked)
    return bool(facts) and _has_other_values(_read(passage, asked.language), facts, asked)


def version_of(oracle: str, passage: str, language: str) -> bool:
    """Say whether the passage is a version of the oracle, or of a part of it, in other words."""
    first, second = _read(oracle, language).pairs, _read(passage, language).pairs
    smaller, larger = sorted((first, second), key=len)
    return len(smaller) >= _FEW_STEMS and _share(smaller, larger) >= _MOST


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is compared: `pairs` are neighbouring stems, `masked` has "#" for each number.

    `ends` are where the numbers' masks end.
    """

    numbers: tuple[Number, ...]
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    masked: str
    ends: tuple[int, ...]


@lru_cache(maxsize=_CACHED)
def _read(text: str, language: str) -> _Text:
    found = tuple(numbers(text, language))
    pieces: list[str] = []
    ends: list[int] = []
    done = length = 0
    for number in found:
        piece = _folded(text[done : number.start], strip=False) + "#"
        length += len(piece)
        pieces.append(piece)
        ends.append(length)
        done = number.end
    rest = _folded(text[done:], strip=False)
    stems = content_stems(_without_quantities(text, found), language)
    return _Text(
        found, frozenset(stems), frozenset(pairwise(stems)), "".join([*pieces, rest]), tuple(ends)
    )


def _without_quantities(text: str, found: Sequence[Number]) -> str:
    """Return the text beside its quantities, which are compared as facts; codes are words too."""
    pieces: list[str] = []
    done = 0
    for number in found:
        if not number.is_code:
            pieces.append(text[done : number.start])
            done = number.end
    return " ".join([*pieces, text[done:]])


def _answer_facts(asked: Answered) -> list[Number]:
    """Return the answer's numbers; those of the question (a machine, a code) only if all are."""
    facts = numbers(asked.answer, asked.language)
    known = {number.value for number in _read(asked.question, asked.language).numbers}
    return [fact for fact in facts if fact.value not in known] or facts


def _holds_all(held: _Text, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether all values stand in the passage, and are about the subject where they are bare.

    A quantity or a code says what it is; a bare number may be anything's.
    """
    if not all(_holds(held.numbers, fact) for fact in facts):
        return False
    telling = [fact for fact in facts if fact.unit or fact.is_code]
    if telling and all(_states(held.numbers, fact) for fact in telling):
        return True
    about = max(
        _share(_read(text, asked.language).stems, held.stems)
        for text in (asked.question, asked.answer)
    )
    return about >= (_SOME if telling else _MOST)


def _states(found: Sequence[Number], fact: Number) -> bool:
    return any(same_fact(number, fact) for number in found)


def _holds(found: Sequence[Number], fact: Number) -> bool:
    """Say whether the value is among the numbers; a unit that one of the two lacks may be meant."""
    bare = any(number.value == fact.value and not (number.unit and fact.unit) for number in found)
    return bare or _states(found, fact)


def _has_other_values(held: _Text, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether a quote stands there but for its values, and none of these is the answer's."""
    for quote in asked.quotes:
        ours = _read(quote, asked.language).numbers
        theirs = _in_place_of(quote, held, asked)
        if not theirs or not all(_holds(ours, fact) for fact in facts):
            continue
        if any(_holds(theirs, fact) for fact in facts):
            continue
        units = {number.key[1] for number in theirs}
        if all(fact.key[1] in units for fact in facts):
            return True
    return False


def _in_place_of(quote: str, held: _Text, asked: Answered) -> list[Number]:
    """Return the numbers where the passage says what the quote says, numbers apart."""
    wanted = _read(quote, asked.language)
    if len(wanted.masked) > len(held.masked) or _share(wanted.stems, held.stems) < _MOST:
        return []
    found = fuzz.partial_ratio_alignment(wanted.masked, held.masked, score_cutoff=_SAME_BUT_VALUES)
    if found is None:
        return []
    return [
        number
        for number, end in zip(held.numbers, held.ends, strict=True)
        if found.dest_start < end <= found.dest_end
    ]


def _repeats(quote: str, passage: str, asked: Answered) -> bool:
    """Say whether the passage holds the quote or a whole sentence of it, in nearly its words."""
    if not quote.strip():
        return False
    if locate(quote, passage):
        return True
    wanted, held = _read(quote, asked.language), _read(passage, asked.language)
    if len(wanted.stems) < _FEW_STEMS:
        return _has_letters(quote, passage)
    if _share(wanted.stems, held.stems) >= _MOST_OF_QUOTE:
        return True
    if _share(wanted.pairs, held.pairs) >= _PAIRS_OF_QUOTE:
        return True
    return any(
        _share(sentence.stems, held.stems) >= _MOST_OF_SENTENCE
        for sentence in _sentences(quote, asked.language)
    )


def _has_letters(quote: str, passage: str) -> bool:
    """Compare letter by letter what has too few words, as text without spaces does."""
    first, second = _folded(quote), _folded(passage)
    if not _FEW_LETTERS <= len(first) <= len(second):
        return False
    return fuzz.partial_ratio(first, second, score_cutoff=_SAME_LETTERS) > 0


def _sentences(quote: str, language: str) -> Iterator[_Text]:
    for sentence in _SENTENCE_END.split(quote):
        text = _read(sentence, language)
        if len(text.stems) >= _SENTENCE_STEMS:
            yield text


def _holds_words(held: _Text, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether the words that the answer adds to the question stand there."""
    known, said = (_read(text, asked.language).stems for text in (asked.question, asked.answer))
    new = said - known
    if facts:
        return len(new) >= _FEW_STEMS and _share(new, held.stems) >= _MOST_OF_ANSWER
    if _share(said, held.stems) >= _MOST_OF_ANSWER:
        return True
    about = max(_share(known, held.stems), _share(said, held.stems))
    return about >= _MOST and bool(new) and new <= held.stems


def _share(wanted: Collection[object], held: Collection[object]) -> float:
    return sum(each in held for each in wanted) / len(wanted) if wanted else 0.0


def _folded(text: str, *, strip: bool = True) -> str:
    folded = _SPACE.sub(" ", text).casefold()
    return folded.strip() if strip else folded
