"""The digit-bearing words of a sentence as the mutations see them: numbers, versions, codes, other.

Own patterns, own reading of separators and own unit arithmetic: nothing here comes from the code
that is measured. `bench.mutants` and `bench.paraphrases` call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from bench.lexicon import lexicons
from bench.measures import unit_after, unit_named

Kind = Literal["number", "version", "code", "other", "marker"]

_JOINERS = r"[-.,:/+~#@_]"
_WORD = re.compile(
    rf"(?<![\w.,])\d{{1,3}}(?: \d{{3}})+(?:,\d+)?(?![\w.,]?\d|[ ]\d)"
    rf"|(?<![\w.])\.\d+(?!\w)|(?<!\w)\w+(?:{_JOINERS}+\w+)*(?:[⁻⁰¹²³⁴-⁹]+|\^-?\d+)?"
)
_LITERAL = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+[.,]\d+|\.\d+|\d+"
_PLAIN = re.compile(rf"(?P<number>{_LITERAL})(?P<rest>[^\W\d_]*)")
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?:,\d+)?")
_PAIR = re.compile(rf"(?P<one>{_LITERAL})(?P<joint>[-x/×])(?P<two>{_LITERAL})(?P<rest>[^\W\d_]*)")
_FRACTION = re.compile(r"\d{1,2}/(?:2|3|4|5|8|16|32|64)")
_VERSION = re.compile(
    r"\d{4}-\d{2}(?:-\d{2})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|[vV]?\d+(?:\.\d+){2,}|[vV]\d+(?:\.\d+)+|v\d+"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,}")
_MARKER = re.compile(r"(?:^|\s)\d{1,2}\)$")
_SIGN = re.compile(r"(?:±|\+/-|(?<![\w)])[-−](?=$)|(?<![\w)])[-−](?=\d))\s?$")


@dataclass(frozen=True, slots=True)
class Digits:
    """A digit-bearing word; of a number its exact value, its marks, and the unit behind it.

    A "1)" within a sentence is a marker and no fact.
    `sign` is "±", "-" or ""; `group` and `point` are the marks that stand in it, "" for none.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: Fraction = Fraction(0)
    point: str = ""
    group: str = ""
    sign: str = ""
    unit: str = ""
    unit_span: tuple[int, int] = (0, 0)

    @property
    def decimals(self) -> int:
        """How many digits stand after the decimal mark."""
        return len(self.text.rpartition(self.point)[2]) if self.point else 0


def digits_in(text: str, language: str) -> list[Digits]:
    """Return every digit-bearing word of a sentence, in order."""
    found: list[Digits] = []
    for match in _WORD.finditer(text):
        if any(char.isdecimal() for char in match.group()):
            found.extend(_read(text, match.start(), match.end(), language))
    return found


def _read(text: str, start: int, end: int, language: str) -> Iterator[Digits]:
    word = text[start:end]
    if _MARKER.search(text[: end + 1]):
        yield Digits("marker", word, start, end)
    elif _VERSION.fullmatch(word) and not _THOUSANDS.fullmatch(word):
        yield Digits("version", word, start, end)
    elif _SPACED.fullmatch(word):
        yield _number(text, start, end, language)
    elif (match := _PLAIN.fullmatch(word)) and _is_unit(match["rest"]):
        yield _number(text, start, start + match.end("number"), language)
    elif (
        (match := _PAIR.fullmatch(word))
        and _is_unit(match["rest"])
        and not _FRACTION.fullmatch(word)
    ):
        yield _number(text, start, start + match.end("one"), language)
        yield _number(text, start + match.start("two"), start + match.end("two"), language)
    elif any(char.isalpha() for char in word):
        yield Digits("code", word, start, end)
    else:
        yield Digits("other", word, start, end)


def _is_unit(letters: str) -> bool:
    return not letters or unit_named(letters) is not None


def _number(text: str, start: int, end: int, language: str) -> Digits:
    literal = text[start:end]
    value, point, group = read_literal(literal, language)
    unit = unit_after(text, end, language)
    symbol, span = (unit.symbol, unit.span) if unit else ("", (end, end))
    sign = _SIGN.search(text[:start])
    kept = "" if not sign else "±" if sign[0].strip() in ("±", "+/-") else "-"
    return Digits("number", literal, start, end, value, point, group, kept, symbol, span)


def read_literal(literal: str, language: str) -> tuple[Fraction, str, str]:
    """Return value, decimal mark and grouping mark; one mark before three digits goes by language.

    "1.200" is 1.2 in English and 1200 elsewhere; "0.125" is 0.125 everywhere.
    """
    marks = [char for char in literal if not char.isdecimal()]
    group = point = ""
    if " " in marks:
        group, point = " ", "," if "," in marks else ""
    elif len(set(marks)) == 2:
        group, point = marks[0], marks[-1]
    elif len(marks) > 1:
        group = marks[0]
    elif marks:
        whole, _, rest = literal.partition(marks[0])
        own = "." if language == "en" else ","
        grouped = len(rest) == 3 and whole not in ("", "0") and marks[0] != own
        group, point = (marks[0], "") if grouped else ("", marks[0])
    bare = literal.replace(group, "") if group else literal
    return Fraction(bare.replace(point, ".") if point else bare), point, group


def write_number(value: Fraction, decimals: int, point: str, group: str) -> str:
    """Return the value with so many decimals, cut to none when it is whole and none are wanted."""
    scaled = round(value * 10**decimals)
    digits = str(scaled).rjust(decimals + 1, "0")
    whole, rest = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    if group and len(whole) > 3:
        whole = f"{int(whole):,}".replace(",", group)
    return f"{whole}{point}{rest}" if rest else whole


def exact_decimals(value: Fraction, most: int = 9) -> int | None:
    """Return how many decimals write the value exactly; None when `most` are too few."""
    return next((n for n in range(most + 1) if (value * 10**n).denominator == 1), None)


def numbers_of(digits: Sequence[Digits]) -> list[Digits]:
    """Return the plain numbers among them."""
    return [each for each in digits if each.kind == "number"]


def joint(text: str, one: Digits, two: Digits, language: str) -> str:
    """Return how two neighbouring numbers are joined: "range", "list", "times" or "" (not)."""
    between = text[max(one.end, one.unit_span[1]) : two.start]
    between = between.rstrip("±+/-− ") + " " if two.sign else between
    words = lexicons().get(language)
    if re.fullmatch(r"\s*[x×*]\s*", between):
        return "times"
    rising = one.value < two.value
    if re.fullmatch(r"\s*(?:[-–—…]|\.{2,3})\s*", between) and rising:
        return "range"
    if words is None:
        return "list" if re.fullmatch(r"\s*[,/;]\s*", between) else ""
    if rising and re.fullmatch(rf"\s+(?:{words.to})\s+", between):
        return "range"
    if re.fullmatch(rf"\s+(?:{words.ends})\s+", between) and re.search(
        rf"\b(?:{words.between})\s+[±-]?$", text[: one.start], re.IGNORECASE
    ):
        return "range"
    separator = rf"\s*(?:[,/;]|[,]?\s(?:{words.conjunctions}))\s*"
    return "list" if re.fullmatch(separator, between) else ""


def range_pairs(
    text: str, numbers: Sequence[Digits], language: str
) -> Iterator[tuple[Digits, Digits]]:
    """Yield the two ends of each range."""
    for one, two in pairwise(numbers):
        if joint(text, one, two, language) == "range":
            yield one, two


def interchangeable(text: str, run: Sequence[Digits], language: str) -> bool:
    """Tell whether the order of a run's first and last number says nothing.

    So it is in lists, ranges and dimensions, and where each follows the same words ("section 4 or
    section 5").
    """
    pairs = list(pairwise(run))
    if all(joint(text, one, two, language) for one, two in pairs):
        return True
    words = lexicons().get(language)
    joiners = {*words.conjunctions.split("|"), *words.to.split("|")} if words else set[str]()
    for one, two in pairs:
        between = [w for w in re.findall(r"\w+", text[one.end : two.start]) if w not in joiners]
        before = re.findall(r"\w+", text[: one.start])[-len(between) :] if between else []
        if [w.casefold() for w in between] != [w.casefold() for w in before]:
            return False
    return True
