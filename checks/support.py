"""Support: whether a passage lets a reader answer a question, by its values and its words.

Sections of sibling manuals differ in a heading, a name or a value, and a cited sentence is a small
part of a section: so passages are compared with the quotes. `distractors` screens with this.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from checks.facts import Number, numbers, same_fact
from checks.findings import Finding
from checks.names import without_names
from checks.quotes import locate
from checks.words import content_stems

_SOME, _MOST = 0.25, 0.5
_MOST_OF_ANSWER = 0.6
_MOST_OF_QUOTE, _MOST_OF_SENTENCE = 0.55, 0.75
_SAME_SUBJECT = 0.75
_SAME_PASSAGE, _SAME_LETTERS, _SAME_BUT_VALUES = 92, 88, 85
_FEW_STEMS, _SENTENCE_STEMS, _FEW_LETTERS = 4, 6, 12
_STRETCH = 1.5
"""How much longer than a quote the stretch may be that says the same in other words."""
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；])|\n+")
_SPACE = re.compile(r"\s+")
_CACHED = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer and the quotes that the answer stands on.

    `names` are what its machine is called: the number in a name is no fact.
    """

    question: str
    answer: str
    quotes: tuple[str, ...]
    language: str
    names: tuple[str, ...] = ()


def supports(passage: str, asked: Answered) -> Finding | None:
    """Return why the passage may let a reader answer, or None when it does not."""
    held, facts = _read(passage, asked.language), _answer_facts(asked)
    if _holds_values(held, facts, asked):
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
    if any(_in_place_of(quote, held, asked) for quote in asked.quotes):
        return True
    units = {fact.key[1] for fact in facts if fact.unit}
    about = _share(_said(asked.question, asked).stems, held.stems)
    return about >= _SAME_SUBJECT and any(number.key[1] in units for number in held.numbers)


def gives_other_values(passage: str, asked: Answered) -> bool:
    """Say whether a quote's sentence stands there with another value for each of the answer's."""
    facts = _answer_facts(asked)
    return bool(facts) and _has_other_values(_read(passage, asked.language), facts, asked)


def near_identical(a: str, b: str, language: str) -> bool:
    """Say whether two passages repeat each other: hardly a word differs, and no number does."""
    first, second = _read(a, language), _read(b, language)
    if fuzz.ratio(first.masked, second.masked, score_cutoff=_SAME_PASSAGE) == 0:
        return False
    return {number.key for number in first.numbers} == {number.key for number in second.numbers}


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
    words: tuple[str, ...]
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    masked: str
    ends: tuple[int, ...]


@lru_cache(maxsize=_CACHED)
def _read(text: str, language: str) -> _Text:
    found = tuple(_plain(number) for number in numbers(text, language))
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
        found,
        tuple(stems),
        frozenset(stems),
        frozenset(pairwise(stems)),
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


@lru_cache(maxsize=_CACHED)
def _answer_facts(asked: Answered) -> tuple[Number, ...]:
    """Return the answer's numbers; those of the question (a code asked about) only if all are."""
    said = _said(asked.answer, asked).numbers
    known = {number.value for number in _said(asked.question, asked).numbers}
    return tuple(number for number in said if number.value not in known) or said


def _said(text: str, asked: Answered) -> _Text:
    return _read(without_names(text, asked.names) if asked.names else text, asked.language)


def _holds_values(held: _Text, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether the answer's values stand in the passage, and are about the subject if need be.

    A quantity or a code says what it is, so all of them are enough anywhere, and one where the
    question's words are; a bare number may be anything's.
    """
    question, answer = (_said(text, asked).stems for text in (asked.question, asked.answer))
    about = _share(question, held.stems)
    telling = [fact for fact in facts if fact.unit or fact.is_code]
    told = [fact for fact in telling if _states(held.numbers, fact)]
    if told and (len(told) == len(telling) or about >= _MOST):
        return True
    least = _SOME if telling else _MOST
    return bool(facts) and (
        max(about, _share(answer, held.stems)) >= least
        and all(_holds(held.numbers, fact) for fact in facts)
    )


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
    wanted, held = _read(quote, asked.language), _read(passage, asked.language)
    if len(wanted.stems) < _FEW_STEMS:
        about = _share(_said(asked.question, asked).stems, held.stems)
        is_told = len(wanted.stems) > 1 and about >= _MOST and wanted.stems <= held.stems
        return is_told or _has_letters(quote, passage)
    if _gathered(wanted, held) >= _MOST_OF_QUOTE:
        return True
    return any(
        _gathered(sentence, held) >= _MOST_OF_SENTENCE
        for sentence in _sentences(quote, asked.language)
    )


def _gathered(wanted: _Text, held: _Text) -> float:
    """Return the share of the wanted stems that stand in one stretch of the passage."""
    places = [(place, stem) for place, stem in enumerate(held.words) if stem in wanted.stems]
    width = max(_SENTENCE_STEMS, len(wanted.words) * _STRETCH)
    inside: deque[tuple[int, str]] = deque()
    most = 0
    for place, stem in places:
        inside.append((place, stem))
        while place - inside[0][0] >= width:
            inside.popleft()
        most = max(most, len({stem for _, stem in inside}))
    return most / len(wanted.stems) if wanted.stems else 0.0


def _has_letters(quote: str, passage: str) -> bool:
    """Compare letter by letter what has too few words, as text without spaces does."""
    if locate(quote, passage):
        return True
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
    answer = _said(asked.answer, asked)
    known, said = _said(asked.question, asked).stems, answer.stems
    new = said - known
    if facts:
        return len(new) >= _FEW_STEMS and _share(new, held.stems) >= _MOST_OF_ANSWER
    least = _MOST_OF_QUOTE if len(said) > _FEW_STEMS else _MOST_OF_ANSWER
    if _gathered(answer, held) >= least or _share(said, held.stems) >= _MOST_OF_SENTENCE:
        return True
    about = max(_share(known, held.stems), _share(said, held.stems))
    return about >= _MOST and bool(new) and new <= held.stems


def _share(wanted: Collection[object], held: Collection[object]) -> float:
    return sum(each in held for each in wanted) / len(wanted) if wanted else 0.0


def _folded(text: str, *, strip: bool = True) -> str:
    folded = _SPACE.sub(" ", text).casefold()
    return folded.strip() if strip else folded
