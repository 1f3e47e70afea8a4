"""Faithful paraphrases: true answers in other words, few and sound rather than many.

Units are converted with the bench's own factors and rounded to three significant digits or as many
as the manual gives; numbers are written as another author would; clauses are reordered only where
each has a subject of its own. `bench.mutations` counts how many of them are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor, log10
from random import Random

from bench.lexicon import Lexicon, lexicons
from bench.measures import convert, dimension_of, dimensions, is_convertible
from bench.mutants import Change
from bench.quantities import Digits, exact_decimals, joint, range_pairs, write_number
from bench.truths import Truth

_SIGN = re.compile(r"(?:±|\+/-|[-−])\s?$")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NEVER_TARGETS = {"d", "hp", "cl", "hPa", "Pa", "mg", "µm", "rad", "N·cm", "kN·m", "lbf·ft"}
_IMPERIAL = {"in", "ft", "lb"}
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


def _edited(text: str, changes: Sequence[Change]) -> str:
    for change in sorted(changes, key=lambda each: -each.start):
        text = text[: change.start] + change.new + text[change.end :]
    return text


def _numbers(digits: Sequence[Digits]) -> list[Digits]:
    return [each for each in digits if each.kind == "number"]


def unit_converted(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a quantity, or all numbers that share its unit, in another unit."""
    for run in _runs(truth, _numbers(digits)):
        unit = run[-1].unit
        if not is_convertible(unit) or not _stands_alone(truth, run, words):
            continue
        targets = [
            each
            for each in dimensions()[dimension_of(unit)]
            if each != unit
            and each not in _NEVER_TARGETS
            and (each not in _IMPERIAL or truth.language == "en")
            and all(_is_usual(convert(n.value, unit, each), unit) for n in run)
        ]
        if targets:
            yield _edited(truth.text, _converted(run, random.choice(targets), truth.language))


def _is_usual(value: Fraction, source: str) -> bool:
    """Tell whether people would write the value: no 0.0001 km, and no 0.167 h for 10 minutes."""
    dimension = dimension_of(source)
    if dimension == "time" and exact_decimals(value, most=2) is None:
        return False
    return (not value and dimension != "temperature") or Fraction(1, 100) <= value < 100_000


def _runs(truth: Truth, numbers: Sequence[Digits]) -> Iterator[list[Digits]]:
    """Yield each number that has a unit after those before it that share the unit."""
    run: list[Digits] = []
    for number in numbers:
        if run and (run[-1].unit or not joint(truth.text, run[-1], number, truth.language)):
            run = []
        run.append(number)
        if number.unit:
            yield run


def _stands_alone(truth: Truth, run: Sequence[Digits], words: Lexicon) -> bool:
    """Tell whether converting the run changes nothing around it.

    Dimensions may count pieces ("2 x 10 mm"), a tolerance may follow without its unit, and a
    difference of temperatures is converted otherwise than a temperature.
    """
    before, after = truth.text[: run[0].start], truth.text[run[-1].unit_span[1] :]
    joints = {joint(truth.text, one, two, truth.language) for one, two in pairwise(run)}
    if (
        "times" in joints
        or re.search(r"[x×*/]\s*$", before)
        or re.match(r"\s*(?:[±x×*]|\+/-)", after)
    ):
        return False
    if dimension_of(run[-1].unit) != "temperature":
        return not any(number.sign == "-" for number in run)
    absolute = re.search(rf"(?:^|\s)(?:{words.absolute})\s+$", before, re.IGNORECASE)
    differs = re.search(words.difference, truth.text, re.IGNORECASE)
    return bool(absolute) and not differs and not any(number.sign for number in run)


def _converted(run: Sequence[Digits], unit: str, language: str) -> list[Change]:
    changes = [
        Change(n.start, n.end, _rounded(convert(n.value, run[-1].unit, unit), n, language))
        for n in run
    ]
    start, end = run[-1].unit_span
    glued = start == run[-1].end
    return [*changes, Change(start, end, f" {unit}" if glued else unit)]


def _rounded(value: Fraction, source: Digits, language: str) -> str:
    """Return the value exactly if that is short, else with the source's digits or three."""
    point = source.point or ("." if language == "en" else ",")
    decimals = exact_decimals(value, most=4)
    if decimals is None or len(str(int(value))) + decimals > 6:
        digits = max(3, len("".join(filter(str.isdecimal, source.text)).lstrip("0")))
        decimals = max(0, digits - 1 - floor(log10(float(value))))
    return write_number(value, decimals, point, "")


def unit_written(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a symbol as a word, and a word as its symbol."""
    for number in _numbers(digits):
        if not number.unit or number.unit not in words.written or number.value == 1:
            continue
        start, end = number.unit_span
        shown, written = truth.text[start:end], words.written[number.unit]
        gap = " " if start == number.end else ""
        new = gap + (written if shown == number.unit else number.unit)
        yield _edited(truth.text, [Change(start, end, new)])


def number_reformatted(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write thousands with another mark or none, a decimal with the other mark, 0.5 as .5."""
    own = "," if truth.language == "en" else "."
    for number in _numbers(digits):
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
            yield _edited(truth.text, [Change(number.start, number.end, form)])


def number_as_word(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a small whole number before a noun as a word."""
    by_value = {value: word for word, value in words.numbers.items()}
    numbers = _numbers(digits)
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
            yield _edited(truth.text, [Change(number.start, number.end, word)])


def word_as_number(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write a small number word before a noun in digits."""
    for found in re.finditer(rf"(?<![\w-])(?:{'|'.join(words.numbers)})(?= \w{{4,}})", truth.text):
        yield _edited(truth.text, [Change(*found.span(), str(words.numbers[found[0]]))])


def range_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write "4–6 bar" as "from 4 to 6 bar", and "between 4 and 6 bar" with both units."""
    opening = words.range.partition("{}")[0].strip()
    for low, high in range_pairs(truth.text, _numbers(digits), truth.language):
        gap = truth.text[low.end : high.start]
        before = truth.text[: low.start]
        opened = re.search(rf"\b{opening}\s+$", before, re.IGNORECASE)
        plain = not (low.sign or high.sign or low.unit)
        if "–" in gap and plain and re.search(r"(?:^|[^\W\d_]|:) $", before) and not opened:
            new = words.range.format(low.text, high.text)
            yield _edited(truth.text, [Change(low.start, high.end, new)])
        elif high.unit and plain and "-" not in gap:
            unit = truth.text[high.end : high.unit_span[1]]
            yield _edited(truth.text, [Change(low.end, low.end, unit)])


def sign_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write ± with its blank or without, as +/- and in words."""
    for number in _numbers(digits):
        if number.sign == "±" and (sign := _SIGN.search(truth.text[: number.start])):
            other = "±" if sign[0].endswith(" ") else "± "
            for new in filter(None, (other, "+/-", words.plus_minus)):
                yield _edited(truth.text, [Change(sign.start(), number.start, new)])


def date_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Write an ISO date with the month's name."""
    for found in _ISO_DATE.finditer(truth.text):
        year, month, day = map(int, found.groups())
        if 1 <= month <= 12 and 2 <= day <= 31:
            new = words.date.format(day, words.months[month - 1], year)
            yield _edited(truth.text, [Change(*found.span(), new)])


def negation_reworded(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Say a negation otherwise."""
    if re.search(words.kept, truth.text, re.IGNORECASE):
        return
    for pattern, new in words.reworded:
        if found := re.search(pattern, truth.text, re.IGNORECASE):
            yield _edited(truth.text, [Change(*found.span(), found.expand(new))])


def clauses_reordered(
    truth: Truth, digits: Sequence[Digits], words: Lexicon, random: Random
) -> Iterator[str]:
    """Put a condition last, exchange two independent clauses, or name a row's value first."""
    if truth.sort == "row":
        label = truth.text[: truth.cell[0]].rstrip(": ")
        yield f"{truth.value} ({label})"
        return
    fronted = re.fullmatch(rf"((?:{words.fronted}) {_CLAUSE}), ({_CLAUSE})\.", truth.text)
    if fronted and _is_independent(fronted[2], words):
        yield f"{fronted[2]} {fronted[1][:1].lower()}{fronted[1][1:]}."
    two = re.fullmatch(rf"({_CLAUSE}); ({_CLAUSE})\.", truth.text)
    if two and _is_independent(two[2], words):
        yield f"{two[2]}; {two[1][:1].lower()}{two[1][1:]}."


def _is_independent(clause: str, words: Lexicon) -> bool:
    pronoun = re.search(rf"\b(?:{words.pronouns})\b", clause, re.IGNORECASE)
    return not pronoun and re.match(words.head, clause, re.IGNORECASE) is not None


REWORDINGS: dict[str, Rewording] = {
    "unit converted": unit_converted,
    "unit written otherwise": unit_written,
    "number reformatted": number_reformatted,
    "number as a word": number_as_word,
    "word as a number": word_as_number,
    "range reworded": range_reworded,
    "± reworded": sign_reworded,
    "date reworded": date_reworded,
    "negation reworded": negation_reworded,
    "clauses reordered": clauses_reordered,
}
