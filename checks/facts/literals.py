"""Literals: the numbers, quantities and codes of a text.

A code is whatever holds a digit and is no plain number: E214, AR2-4471-B, 2.1.3, 2024-05-01, 10:30.
`facts` verifies answers with them; duplicates, distractors and form compare them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, lru_cache

from checks.facts.dates import day_of
from checks.facts.joining import (
    with_days,
    with_parts_of_hours,
    with_products,
    with_shared_units,
    with_sums,
)
from checks.facts.quantities import Number
from checks.facts.units import find_unit, unit_words

_COMMA_LANGUAGES = frozenset({"it", "de", "fr", "es", "pt", "nl"})
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u202f\u2009\u2007", "\u00a0"),
        **dict.fromkeys("Øø∅", "⌀"),
        "’": "'",
    }
)
_BEGIN = (
    r"(?P<sign>±[ ]?|\+/?-[ ]?|(?i:{plus_minus})[ ](?=[\d.])"
    r"|(?<![^\s(\[|=:;,~≈<>≤≥{\"'*])[-+](?=\.?\d))?"
    r"(?:(?:(?<![^\W_])|(?<=\dx))(?P<word>[^\W_]+(?:[-./:+_~#@]+[^\W_]+)*)"
    r"|(?<![^\W_])(?P<point>\.\d+)|(?P<vulgar>[¼-¾⅐-⅞]))"
)
_WHOLE = re.compile(
    r"0[xX][0-9a-fA-F]+"
    r"|\d+(?::\d+)+(?:[.,]\d+)?"
    r"|(?!\d{1,3}(?:\.\d{3})+(?![\d.]))\d+(?:\.\d+){2,}[^\W_]*(?:[-+~][^\W_]+)*"
    r"|\d+(?:[-/]\d+){2,}"
    r"|0\d+(?![.,]\d)"
)
_NUMBER = (
    r"(?P<mixed>\d+[ -])?(?P<over>\d{1,2})/(?P<under>2|3|4|5|8|10|16|32|64)(?!/|[.,]?\d)"
    r"|(?P<whole>\d*)(?P<vulgar>[¼-¾⅐-⅞])"
    r"|10(?:\^(?P<caret>-?\d{1,2})|(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,2}))(?!\d)"
    r"|(?P<spaced>{spaced})(?![.,]?\d)"
    r"|(?P<grouped>\d{1,3}(?P<group>[.,])\d{3}(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d+)?)"
    r"(?![.,]?\d)"
    r"|(?P<plain>(?<!\d[.,])\d*(?P<point>[.,])\d+(?!(?P=point)\d)|\d+)"
    r"(?P<tens>[eE][+-]?\d{1,2}(?![^\W_]))?"
)
_NO_BREAK_GROUPS = r"\d{1,3}(?:\u00a0\d{3})+(?:[.,]\d+)?"
# Two cells of a table row are not one number: no third number may stand beside them.
_SPACED_GROUPS = _NO_BREAK_GROUPS + r"|(?<!\d[ ])\d{1,3}(?:[ ]\d{3})+(?:,\d+)?(?![ ]\d)"
_POINT_NUMBER = re.compile(_NUMBER.replace("{spaced}", _NO_BREAK_GROUPS))
_COMMA_NUMBER = re.compile(_NUMBER.replace("{spaced}", _SPACED_GROUPS))
_GLUED = re.compile(r"(?!x\d)[^\W\d_]|-[A-Z][A-Z\d]*(?![a-z])")
_LABELLED = re.compile(r"[^\W\d_]{3,}:(?=\d)")
_WORDED_END = re.compile(r"[^\W\d_][a-zß-öø-ÿ]{2,}-(?=(\d+(?:[.,]\d+)?))")
_VERSION = re.compile(r"^v(?=\d+\.)")
_ONE_OF_SEVERAL = re.compile(r"[^/]*\d[^/]*(?=/[^/]*\d)|([^\W\d_]+)\d+(?=-\1\d+$)")
_COMPOUND = re.compile(r"[^\W_]*\d[^\W_]*(?=-[^\W\d_][^\W\d_A-ZÀ-ÖØ-Þ]{3,}(?![^\W_]|-\w*\d))")
_MARKER = re.compile(
    r"^[ \t>*•-]*\(?\d{1,2}[.)](?=\s)|(?<=[.;:!?])\s+\(?\d{1,2}[.)](?=\s+\S)", re.MULTILINE
)
_MARKED = re.compile(r"\d[.)]\s")
_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]")
_HINT = (
    # What begins with a set of letters is looked for fastest.
    r"[\d¼-¾⅐-⅞±+{initials}](?:(?<=[\d¼-¾⅐-⅞±])|(?<=\+)/?-"
    r"|(?:(?<![^\W_].)|(?<=\dx.))(?i:{words})(?![^\W_])|(?i:{plus_minus})[ ])"
)
_LONGEST = 40


def numbers(text: str, language: str = "en") -> list[Number]:
    """Return the numbers and codes of a text in order, without the numbers of numbered lists.

    `language` decides what "1.200" is; "1,5" and "1.5" are the same number in every language.
    """
    return [number for number in numbers_and_words(text, language) if not in_words(number)]


def numbers_and_words(text: str, language: str) -> list[Number]:
    """Return the numbers and codes of a text, also those in words, without those of lists."""
    marks = list_marks(text)
    return [
        number
        for number in read_all(text, language)
        if not any(start <= number.start and number.end <= end for start, end in marks)
    ]


def in_words(number: Number) -> bool:
    """Say whether a number is written as a word."""
    return not _DIGIT.search(number.text)


def list_marks(text: str) -> list[tuple[int, int]]:
    """Return the spans of the numbers that count the items of a list: "1." and "(2)"."""
    # What begins with digits is looked for fastest, and few texts hold a mark.
    return [match.span() for match in _MARKER.finditer(text)] if _MARKED.search(text) else []


@lru_cache(maxsize=2048)
def read_all(text: str, language: str) -> tuple[Number, ...]:
    """Return every number and code, those of numbered lists included."""
    plain = text.translate(_SAME_LENGTH)
    found: list[Number] = []
    at = 0
    while match := _next(plain, at, language):
        at = match.end()
        if not _DIGIT.search(match.group()):
            if word := _in_words(plain, match, language):
                found.append(_as_written(word, text))
                at = word.end
            continue
        start = match.end("sign") if match["sign"] else match.start()
        number = _one(plain, start, match.end(), language)
        sign = _sign(match, found, plain)
        if not number.is_code and sign:
            number = replace(number, start=match.start(), value=sign + number.value)
        found.append(_as_written(number, text))
        at = number.end
    found = with_shared_units(with_products(found, text), plain)
    found = with_parts_of_hours(with_sums(found, text), text, language)
    return tuple(with_days(found, text))


def _next(text: str, at: int, language: str) -> re.Match[str] | None:
    """Return the next number or word, of the words only those near what hints at a number."""
    hint = _hint(language).search(text, at)
    if hint is None:
        return None
    # No word goes on across white space, nor does a sign that is no hint itself.
    gap = max(text.rfind(" ", at, hint.start()), text.rfind("\n", at, hint.start()))
    return _start().search(text, max(at, gap + 1))


def _as_written(number: Number, text: str) -> Number:
    """Return the number with its own characters, where others stood for them."""
    written = text[number.start : number.end]
    return number if written == number.text else replace(number, text=written)


def is_article(number: Number) -> bool:
    """Say whether it is "one" or "an", which an answer may put before any unit."""
    return in_words(number) and number.value == "1"


@cache
def _start() -> re.Pattern[str]:
    """Return where a number or a word begins, with its sign."""
    plus_minus = "|".join(map(re.escape, unit_words()["plus_minus"]))
    return re.compile(_BEGIN.replace("{plus_minus}", plus_minus))


@cache
def _hint(language: str) -> re.Pattern[str]:
    """Return what every sign, number and number's word holds: most of a text is read no closer."""
    signs, words = unit_words()["plus_minus"], number_words(language)
    initials = {initial for word in (*signs, *words) for initial in (word[0], word[0].upper())}
    hint = _HINT.replace("{initials}", "".join(sorted(initials)))
    hint = hint.replace("{words}", "|".join(re.escape(word[1:]) for word in words) or "(?!)")
    return re.compile(hint.replace("{plus_minus}", "|".join(re.escape(s[1:]) for s in signs)))


def _in_words(text: str, match: re.Match[str], language: str) -> Number | None:
    """Return a small number written as a word; "one" and "an" are none without a unit."""
    start = match.start("word")
    word = match["word"].partition("-")[0]
    value = number_words(language).get(word.lower())
    if value is None:
        return None
    number = _with_unit(text, start, start + len(word), str(value))
    return number if number.unit or value > 1 else None


@cache
def number_words(language: str) -> dict[str, int]:
    """Return the value of each small number's word."""
    return {
        word: value
        for value, words in unit_words()["numbers"].items()
        for word in str(words.get(language, "")).split()
    }


def _sign(match: re.Match[str], found: Sequence[Number], text: str) -> str:
    """Return "-", "±" or "": the dash of "4 -6" is that of a range, and a plus says nothing."""
    sign = (match["sign"] or "").strip()
    if sign in ("±", "+/-", "+-") or sign[:1].isalpha():
        return "±"
    is_range = bool(found) and text[found[-1].end : match.start()] == " "
    return "-" if sign == "-" and not is_range else ""


def _one(text: str, start: int, end: int, language: str) -> Number:
    """Return the number or code at `start`; `end` is where its joined word ends."""
    if match := _LABELLED.match(text, start, end):
        start = match.end()
    if (match := _WORDED_END.match(text, start, end)) and find_unit(text, match.end(1)):
        start = match.end()  # "kalt-40 °C": a word is one end of the range
    if match := _WHOLE.match(text, start, end):
        day = day_of(match.group(), language)
        return _with_unit(text, start, match.end(), day, is_code=True)
    pattern = _COMMA_NUMBER if language in _COMMA_LANGUAGES else _POINT_NUMBER
    match = pattern.match(text, start)
    if match is None or len(match.group()) > _LONGEST:
        return _code(text, start, max(end, match.end() if match else 0))
    value = match["plain"] or ""
    whole = value.isdecimal() and not match["tens"]
    # Most numbers are whole, and Fraction reads with a pattern of its own.
    number = _with_unit(
        text, start, match.end(), str(int(value) if whole else _value(match, language))
    )
    if not number.unit and _GLUED.match(text, number.end):
        return _code(text, start, max(end, number.end))
    return number


def _code(text: str, start: int, end: int) -> Number:
    if match := _ONE_OF_SEVERAL.match(text, start, end) or _COMPOUND.match(text, start, end):
        end = match.end()
    value = unicodedata.normalize("NFC", text[start:end]).casefold()
    return Number(text[start:end], start, end, _VERSION.sub("", value), is_code=True)


def _with_unit(text: str, start: int, end: int, value: str, *, is_code: bool = False) -> Number:
    unit, end = find_unit(text, end) or ("", end)
    return Number(text[start:end], start, end, value.casefold(), unit, is_code)


def _value(match: re.Match[str], language: str) -> Fraction:
    if match["under"]:
        return Fraction(int((match["mixed"] or "0")[:-1] or 0)) + Fraction(
            int(match["over"]), int(match["under"])
        )
    if match["vulgar"]:
        parts = unicodedata.normalize("NFKC", match["vulgar"]).replace("⁄", "/")
        return int(match["whole"] or 0) + Fraction(parts)
    if power := match["caret"] or match["raised"]:
        return Fraction(10) ** int(unicodedata.normalize("NFKC", power).replace("−", "-"))
    if match["spaced"]:
        return Fraction(re.sub(r"\s", "", match["spaced"]).replace(",", "."))
    if match["grouped"]:
        return _grouped(match["grouped"], match["group"], language)
    return Fraction(match["plain"].replace(",", ".") + (match["tens"] or ""))


def _grouped(literal: str, separator: str, language: str) -> Fraction:
    """Return the value of digits in groups of three, of which "1.200" may be 1200 or 1.2."""
    other = "," if separator == "." else "."
    decimal = "," if language in _COMMA_LANGUAGES else "."
    single = literal.count(separator) == 1 and other not in literal
    if single and (separator == decimal or literal.startswith("0")):
        return Fraction(literal.replace(separator, "."))
    return Fraction(literal.replace(separator, "").replace(other, "."))
