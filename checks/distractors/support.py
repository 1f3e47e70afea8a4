"""Support: whether a passage lets a reader answer a question, by its values and its words.

Sections of sibling manuals differ in a heading, a name or a value, and a cited sentence is a small
part of a section: so passages are compared with the quotes. `distractors` screens with this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

from rapidfuzz import fuzz

from checks.distractors.compared import Compared, compared, folded, gathered, share
from checks.facts import Number, same_fact
from checks.findings import Finding
from checks.names import without_names
from checks.quotes import locate

_SOME, _MOST = 0.25, 0.5
_MOST_OF_ANSWER = 0.6
_MOST_OF_QUOTE, _MOST_OF_SENTENCE = 0.55, 0.75
_SAME_SUBJECT = 0.75
_SAME_LETTERS, _SAME_BUT_VALUES = 88, 85
_FEW_STEMS, _SENTENCE_STEMS, _FEW_LETTERS = 4, 5, 12
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；])|\n+")
_DIGITS = re.compile(r"\d+")
_CACHED = 2048


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer and the quotes that the answer stands on.

    `names` are what its machine is called, `others` what other machines are: the number in a name
    is no fact.
    """

    question: str
    answer: str
    quotes: tuple[str, ...]
    language: str
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """The stretch of a passage that is most like a quote: its numbers, and its text without."""

    numbers: tuple[Number, ...] = ()
    text: str = ""


def supports(passage: str, asked: Answered) -> Finding | None:
    """Return why the passage may let a reader answer, or None when it does not."""
    held, facts = compared(passage, asked.language), _answer_facts(asked)
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
    held, facts = compared(passage, asked.language), _answer_facts(asked)
    if not facts:
        return False
    for quote in asked.quotes:
        place = _in_place_of(quote, held, asked)
        if place.numbers and _is_about(quote, place, asked):
            return True
    units = {fact.kind for fact in facts if fact.unit}
    about = share(_said(asked.question, asked).stems, held.stems)
    return about >= _SAME_SUBJECT and any(number.kind in units for number in held.numbers)


def gives_other_values(passage: str, asked: Answered) -> bool:
    """Say whether a quote's sentence stands there with another value for each of the answer's.

    It must be about what is asked: the row of another code gives no other value for this one.
    """
    held, facts = compared(passage, asked.language), _answer_facts(asked)
    return bool(facts) and _has_other_values(held, facts, asked, told=True)


def is_of_another_code(passage: str, oracles: Sequence[str], asked: Answered) -> bool:
    """Say whether a code asked about is an oracle's, and the passage speaks of another such code.

    Before any value it names one: a passage that tells no code may be about the one asked for.
    """
    codes = [number for number in _said(asked.question, asked).numbers if number.is_code]
    if not codes:
        return False
    held = compared(passage, asked.language).numbers
    values = {number.value for number in held}
    first = next((place for place, number in enumerate(held) if number.unit), len(held))
    series = {_series(number) for number in held[:first] if number.is_code}
    return any(
        code.value not in values
        and _series(code) in series
        and any(_states(compared(text, asked.language).numbers, code) for text in oracles)
        for code in codes
    )


def _series(code: Number) -> str:
    """Return what "VX-1035" shares with "VX-7" and not with "M6"."""
    return _DIGITS.sub("#", code.value)


@lru_cache(maxsize=_CACHED)
def _answer_facts(asked: Answered) -> tuple[Number, ...]:
    """Return the answer's numbers; those of the question (a code asked about) only if all are."""
    said = _said(asked.answer, asked).numbers
    known = {number.value for number in _said(asked.question, asked).numbers}
    return tuple(number for number in said if number.value not in known) or said


@lru_cache(maxsize=_CACHED)
def _said(text: str, asked: Answered) -> Compared:
    return compared(without_names(text, asked.names) if asked.names else text, asked.language)


def _holds_values(held: Compared, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether the answer's values stand in the passage, and are about the subject if need be.

    A quantity or a code says what it is, so all of them are enough anywhere, and one where the
    question's words are; a bare number may be anything's.
    """
    question, answer = (_said(text, asked).stems for text in (asked.question, asked.answer))
    about = share(question, held.stems)
    telling = [fact for fact in facts if fact.unit or fact.is_code]
    told = [fact for fact in telling if _states(held.numbers, fact)]
    if told and (len(told) == len(telling) or about >= _MOST):
        return True
    least = _SOME if telling else _MOST
    return bool(facts) and (
        max(about, share(answer, held.stems)) >= least
        and all(_holds(held.numbers, fact) for fact in facts)
    )


def _states(found: Sequence[Number], fact: Number) -> bool:
    if not fact.unit:
        return any(number.value == fact.value and not number.unit for number in found)
    kind = fact.kind
    return any(number.unit and number.kind == kind and same_fact(number, fact) for number in found)


def _holds(found: Sequence[Number], fact: Number) -> bool:
    """Say whether the value is among the numbers; a unit that one of the two lacks may be meant."""
    bare = any(number.value == fact.value and not (number.unit and fact.unit) for number in found)
    return bare or _states(found, fact)


def _has_other_values(
    held: Compared, facts: Sequence[Number], asked: Answered, *, told: bool = False
) -> bool:
    """Say whether a quote stands there but for its values, and none of these is the answer's.

    With `told` it stands there about what is asked, too.
    """
    for quote in asked.quotes:
        ours = compared(quote, asked.language).numbers
        place = _in_place_of(quote, held, asked)
        if not place.numbers or not all(_holds(ours, fact) for fact in facts):
            continue
        if any(_holds(place.numbers, fact) for fact in facts):
            continue
        if told and not _is_told(quote, place, held, asked):
            continue
        units = {number.kind for number in place.numbers}
        if all(fact.kind in units for fact in facts):
            return True
    return False


def _in_place_of(quote: str, held: Compared, asked: Answered) -> _Place:
    """Return where the passage says what the quote says, numbers apart; empty where it does not."""
    wanted = compared(quote, asked.language)
    if len(wanted.masked) > len(held.masked) or share(wanted.stems, held.stems) < _MOST:
        return _Place()
    found = fuzz.partial_ratio_alignment(wanted.masked, held.masked, score_cutoff=_SAME_BUT_VALUES)
    if found is None:
        return _Place()
    start, end = found.dest_start, found.dest_end
    inside = (start < each <= end for each in held.ends)
    first, last = held.masked.rfind(" ", 0, start + 1) + 1, held.masked.find(" ", end - 1)
    whole = held.masked[first : last if last >= 0 else len(held.masked)]
    return _Place(tuple(compress(held.numbers, inside)), whole)


def _is_about(quote: str, place: _Place, asked: Answered) -> bool:
    """Say whether the numbers and codes asked about that the quote holds stand in the place too."""
    ours = compared(quote, asked.language).numbers
    return all(
        _states(place.numbers, number)
        for number in _said(asked.question, asked).numbers
        if _states(ours, number)
    )


def _is_told(quote: str, place: _Place, held: Compared, asked: Answered) -> bool:
    """Say whether what is asked about stands there: in the place what the quote holds of it."""
    question, language = _said(asked.question, asked), asked.language
    words = {stem for stem in question.stems if not any(map(str.isdecimal, stem))}
    near = words & compared(quote, language).stems
    return (
        _is_about(quote, place, asked)
        and all(_states(held.numbers, number) for number in question.numbers if number.is_code)
        and near <= compared(place.text, language).stems
    )


def _repeats(quote: str, passage: str, asked: Answered) -> bool:
    """Say whether the passage holds the quote or a whole sentence of it, in nearly its words."""
    wanted, held = compared(quote, asked.language), compared(passage, asked.language)
    if len(wanted.stems) < _FEW_STEMS:
        about = share(_said(asked.question, asked).stems, held.stems)
        is_told = len(wanted.stems) > 1 and about >= _MOST and wanted.stems <= held.stems
        return is_told or _has_letters(quote, passage)
    if _stands(wanted, held, _MOST_OF_QUOTE):
        return True
    return any(
        _stands(sentence, held, _MOST_OF_SENTENCE) for sentence in _sentences(quote, asked.language)
    )


def _stands(wanted: Compared, held: Compared, least: float) -> bool:
    """Say whether a stretch of the passage holds that share of the stems, if all of it does."""
    return share(wanted.stems, held.stems) >= least and gathered(wanted, held) >= least


def _has_letters(quote: str, passage: str) -> bool:
    """Compare letter by letter what has too few words, as text without spaces does."""
    if not any(map(str.isalnum, quote)):
        return False
    if locate(quote, passage):
        return True
    first, second = folded(quote).strip(), folded(passage).strip()
    if not _FEW_LETTERS <= len(first) <= len(second):
        return False
    return fuzz.partial_ratio(first, second, score_cutoff=_SAME_LETTERS) > 0


@lru_cache(maxsize=_CACHED)
def _sentences(quote: str, language: str) -> Sequence[Compared]:
    sentences = [compared(sentence, language) for sentence in _SENTENCE_END.split(quote)]
    return [sentence for sentence in sentences if len(sentence.stems) >= _SENTENCE_STEMS]


def _holds_words(held: Compared, facts: Sequence[Number], asked: Answered) -> bool:
    """Say whether the words that the answer adds to the question stand there."""
    answer = _said(asked.answer, asked)
    known, said = _said(asked.question, asked).stems, answer.stems
    new = said - known
    if facts:
        return len(new) >= _FEW_STEMS and share(new, held.stems) >= _MOST_OF_ANSWER
    least = _MOST_OF_QUOTE if len(said) > _FEW_STEMS else _MOST_OF_ANSWER
    if _stands(answer, held, least) or share(said, held.stems) >= _MOST_OF_SENTENCE:
        return True
    about = max(share(known, held.stems), share(said, held.stems))
    return about >= _MOST and bool(new) and new <= held.stems
