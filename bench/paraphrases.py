"""Faithful paraphrases: true answers in other words, few and sound rather than many.

Units are converted with the bench's own factors and rounded to three significant digits or as many
as the manual gives; numbers are written as another author would; clauses are reordered only where
each has a subject of its own. `bench.mutations` counts how many of them are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from bench.conversions import unit_converted
from bench.lexicon import Lexicon, lexicons
from bench.mutants import Change, edited
from bench.mutated_rows import is_independent
from bench.quantities import Digits, joint, numbers_of, range_pairs, write_number
from bench.truths import Truth
from tools.language import stop_words

_SIGN = re.compile(r"(?:±|\+/-|[-−])\s?$")
CONVERTED = "unit converted"
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LONGEST_VALUE = 60
_CLAUSE = r"[^,;:()]{8,}"
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """Another way to say a truth."""

    kind: str
    text: str
    truth: Truth


Rewording = Callable[[Truth, Sequence[Digits], Lexicon, Random], Iterator[str]]


def paraphrases(truth: Truth, digits: Sequence[Digits], random: Random) -> Iterator[Paraphrase]:
    """Yield the paraphrases of a truth, by kind; none in a language without a lexicon."""
    words = lexicons().get(truth.language)
    if words is None:
        return
    for kind, reword in REWORDINGS.items():
        for text in reword(truth, digits, words, random):
            shown = text[:1].upper() + text[1:] if truth.text[:1].isupper() else text
            if shown != truth.text:
                yield Paraphrase(kind, shown, truth)


def unit_written(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a symbol as a word, and a word as its symbol."""
    for number in numbers_of(digits):
        if not number.unit or number.unit not in words.written or number.value == 1:
            continue
        start, end = number.unit_span
        shown, written = truth.text[start:end], words.written[number.unit]
        gap = " " if start == number.end else ""
        new = gap + (written if shown == number.unit else number.unit)
        yield edited(truth.text, [Change(start, end, new)])


def number_reformatted(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write thousands with another mark or none, a decimal with the other mark, 0.5 as .5."""
    own = "," if truth.language == "en" else "."
    for number in numbers_of(digits):
        forms: list[str] = []
        whole = not number.decimals
        # "1.234" without a unit may be a decimal that was not translated.
        sure = number.unit or truth.language == "en" or number.text.count(number.group) > 1
        if whole and number.value >= 1000 and (number.unit or (number.group and sure)):
            marks = [mark for mark in (own, "", _NO_BREAK) if mark != number.group]
            forms = [write_number(number.value, 0, "", mark) for mark in marks]
        elif number.decimals and number.unit and not number.group:
            other = "," if number.point == "." else "."
            if number.decimals != 3:
                forms.append(number.text.replace(number.point, other))
            if number.decimals == 1:
                forms.append(number.text + "0")
            if number.text.startswith("0.") and truth.language == "en":
                forms.append(number.text[1:])
        for form in forms[:2] if whole else forms:
            yield edited(truth.text, [Change(number.start, number.end, form)])


def number_as_word(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a small whole number before a noun as a word."""
    by_value = {value: word for word, value in words.numbers.items()}
    numbers = numbers_of(digits)
    letter = r"[^\W\d_]" if truth.language == "de" else r"[a-zà-ÿ]"
    for at, number in enumerate(numbers):
        word = by_value.get(int(number.value)) if number.value.denominator == 1 else None
        beside = numbers[max(0, at - 1) : at + 2]
        joined = any(joint(truth.text, one, two, truth.language) for one, two in pairwise(beside))
        before, after = truth.text[: number.start], truth.text[number.end :]
        counts = re.search(r"(?:^|\s)[a-zà-ÿ'’]+ $", before) and re.match(
            rf" {letter}{{4,}}", after
        )
        if word and counts and not joined and not number.sign and number.text.isdecimal():
            yield edited(truth.text, [Change(number.start, number.end, word)])


def word_as_number(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a small number word before a noun in digits."""
    for found in re.finditer(rf"(?<![\w-])(?:{'|'.join(words.numbers)})(?= \w{{4,}})", truth.text):
        yield edited(truth.text, [Change(*found.span(), str(words.numbers[found[0]]))])


def range_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write "4–6 bar" as "from 4 to 6 bar", and "between 4 and 6 bar" with both units."""
    opening = words.range.partition("{}")[0].strip()
    for low, high in range_pairs(truth.text, numbers_of(digits), truth.language):
        gap = truth.text[low.end : high.start]
        before = truth.text[: low.start]
        opened = re.search(rf"\b{opening}\s+$", before, re.IGNORECASE)
        plain = not (low.sign or high.sign or low.unit)
        if "–" in gap and plain and re.search(r"(?:^|[^\W\d_]|:) $", before) and not opened:
            new = words.range.format(low.text, high.text)
            yield edited(truth.text, [Change(low.start, high.end, new)])
        elif high.unit and plain and "-" not in gap:
            unit = truth.text[high.end : high.unit_span[1]]
            yield edited(truth.text, [Change(low.end, low.end, unit)])


def sign_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write ± with its blank or without, as +/- and in words."""
    for number in numbers_of(digits):
        if number.sign == "±" and (sign := _SIGN.search(truth.text[: number.start])):
            other = "±" if sign[0].endswith(" ") else "± "
            for new in filter(None, (other, "+/-", words.plus_minus)):
                yield edited(truth.text, [Change(sign.start(), number.start, new)])


def date_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write an ISO date with the month's name."""
    for found in _ISO_DATE.finditer(truth.text):
        year, month, day = map(int, found.groups())
        if 1 <= month <= 12 and 2 <= day <= 31:
            new = words.date.format(day, words.months[month - 1], year)
            yield edited(truth.text, [Change(*found.span(), new)])


def negation_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Say a negation otherwise."""
    if re.search(words.kept, truth.text, re.IGNORECASE):
        return
    for pattern, new in words.reworded:
        if found := re.search(pattern, truth.text, re.IGNORECASE):
            yield edited(truth.text, [Change(*found.span(), found.expand(new))])


def clauses_reordered(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Put a condition last, exchange two independent clauses, or name a row's value first."""
    if truth.sort == "row":
        yield f"{truth.value} ({truth.text[: truth.cell[0]].rstrip(': ')})"
        return
    fronted = re.fullmatch(rf"((?:{words.fronted}) {_CLAUSE}), ({_CLAUSE})\.", truth.text)
    if fronted and is_independent(fronted[2], words.pronouns, words.head):
        yield f"{fronted[2]} {fronted[1][:1].lower()}{fronted[1][1:]}."
    two = re.fullmatch(rf"({_CLAUSE}); ({_CLAUSE})\.", truth.text)
    if two and is_independent(two[2], words.pronouns, words.head):
        yield f"{two[2]}; {two[1][:1].lower()}{two[1][1:]}."


def row_as_sentence(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Say a row in a sentence, unless its value is one."""
    if truth.sort == "row" and len(truth.value) <= _LONGEST_VALUE and truth.value[-1] not in ".!;":
        form = words.row if truth.column else words.row_alone
        yield form.format(label=truth.named, column=truth.column, value=truth.value)


def yes_or_no(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Put yes before a sentence, or no before one that denies."""
    if truth.sort != "sentence":
        return
    first = re.split(r"[,;:]", truth.text, maxsplit=1)[0]
    denies = re.search(words.negation, truth.text, re.IGNORECASE)
    if denies and (denies.start() >= len(first) or re.match(words.fronted, first)):
        return
    text = truth.text
    opening = first.split()[0].lower()
    if opening in stop_words(truth.language) or re.search(
        rf"\b{re.escape(opening)}\b", " ".join(truth.evidence)
    ):
        text = text[:1].lower() + text[1:]
    yield f"{words.denied if denies else words.affirmed}, {text}"


REWORDINGS: dict[str, Rewording] = {
    CONVERTED: unit_converted,
    "unit written otherwise": unit_written,
    "number reformatted": number_reformatted,
    "number as a word": number_as_word,
    "word as a number": word_as_number,
    "range reworded": range_reworded,
    "± reworded": sign_reworded,
    "date reworded": date_reworded,
    "negation reworded": negation_reworded,
    "clauses reordered": clauses_reordered,
    "row as a sentence": row_as_sentence,
    "yes or no in front": yes_or_no,
}
