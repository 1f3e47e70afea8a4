"""Which language a text is in, and its words as stems.

Readers call `detect` page by page; the checks call `differs` on questions and answers, which are
short and full of product names and codes, and compare texts by `stems`. Both the statistics of
letters (lingua) and the words that carry grammar (`stopwords.yaml`) have a say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from lingua import LanguageDetector

LANGUAGES: tuple[str, ...] = ("it", "en", "de", "fr", "es", "pt", "nl")

_SAMPLE = 4000
_LEAST_LETTERS = 12
_LEAST_LEAD = 0.35
_CLEAR_LEAD = 0.6
_GRAMMAR_WEIGHT = 2
_LEAST_FOREIGN = 3

NAMES = {
    "it": "italian",
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "pt": "portuguese",
    "nl": "dutch",
}
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_TABLE_ROW = re.compile(r"^\s*\|.*$", re.MULTILINE)
_COMMAND_LINE = re.compile(r"^\s*\$ .*$|^(?: {4}|\t).*[{}();=<>$/\\].*$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]*`|https?://\S+|<[^<>\n]{1,200}>")
_NOT_PROSE = re.compile(r"[\d_/\\@=<>{}]|^-|\w\.\w|[a-z][A-Z]")
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W_]+(?:(?:[._-]|(?<=\d),(?=\d))[^\W_]+)*")
_IS_CODE = re.compile(r"[\d_]")


class _Evidence(NamedTuple):
    """How far the letters (0 to 1) and the grammar words (0 to 2) speak for a language."""

    score: float
    grammar: int


def detect(text: str) -> str:
    """Return the language of the prose of `text`, one of `LANGUAGES`, or "" when unsure."""
    evidence = _evidence(text)
    if not evidence:
        return ""
    first, second = _ranked(evidence)[:2]
    lead = evidence[first].score - evidence[second].score
    most = max(found.grammar for found in evidence.values())
    return first if lead >= _LEAST_LEAD and evidence[first].grammar == most else ""


def differs(text: str, expected: str) -> bool:
    """Tell whether `text` is clearly in another language than `expected`; in doubt it is not."""
    if expected in NAMES and _is_in_another_script(text):
        return True
    counts = _grammar(_words_of(_prose(text)))
    # Statistics cost half a millisecond, and decide nothing where no language has more grammar.
    if counts.get(expected, 0) >= max(counts.values()):
        return False
    evidence = _evidence(text)
    if expected not in evidence:
        return False
    found, wanted = evidence[_ranked(evidence)[0]], evidence[expected]
    return found.score - wanted.score >= _CLEAR_LEAD and found.grammar > wanted.grammar


def stems(text: str, language: str) -> list[str]:
    """Return the stems of the words of `text` in order, without stop words.

    Codes and numbers (`e214`, `ar2-4471-b`, `1,5`) are kept whole, lower-cased.
    """
    stop = stop_words(language)
    return [stem(word, language) for word in _tokens(text) if word not in stop]


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of the language that carry grammar and no subject; none if unknown."""
    import yaml

    lists = yaml.safe_load(Path(__file__).with_name("stopwords.yaml").read_text(encoding="utf-8"))
    return frozenset(str(lists.get(language, "")).split())


def _tokens(text: str) -> Iterable[str]:
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text).lower()):
        if token.isalpha() or _IS_CODE.search(token):
            yield token
        else:
            yield from _WORD.findall(token)


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return the stem of a lower-case word; a code, or a word of an unknown language, as it is."""
    if language not in NAMES or _IS_CODE.search(word):
        return word
    import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

    # A stemmer costs half a microsecond and holds state, so threads do not share one.
    stemmer: Any = cast(Any, snowballstemmer).stemmer(NAMES[language])
    return str(stemmer.stemWord(word))


def _prose(text: str) -> str:
    """Return the text without code, addresses and names; with tables only if that is all it has."""
    text = text[: 2 * _SAMPLE]
    for pattern in (_FENCE, _COMMAND_LINE, _INLINE_CODE):
        text = pattern.sub(" ", text)
    prose = _without_names(_TABLE_ROW.sub(" ", text))
    return prose if _letters(prose) >= _LEAST_LETTERS else _without_names(text)


def _without_names(text: str) -> str:
    words = (word for word in text.split() if not _NOT_PROSE.search(word) and not word.isupper())
    return " ".join(words)[:_SAMPLE]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _is_in_another_script(text: str) -> bool:
    """Say whether most letters are of no Latin script, which all of `LANGUAGES` are written in."""
    if text.isascii():
        return False
    letters = [char for char in _INLINE_CODE.sub(" ", text[:_SAMPLE]) if char.isalpha()]
    # Latin letters, with their accents, end before the Greek ones begin.
    foreign = sum("\u0370" <= char < "\u1e00" or char > "\u2c7f" for char in letters)
    return foreign > _LEAST_FOREIGN and foreign > len(letters) / 2


def _evidence(text: str) -> dict[str, _Evidence]:
    """Return what speaks for each language, nothing when there is too little prose."""
    prose = _prose(text)
    if _letters(prose) < _LEAST_LETTERS:
        return {}
    words = _words_of(prose)
    letters = {
        value.language.iso_code_639_1.name.lower(): round(value.value, 6)
        for value in _detector().compute_language_confidence_values(prose)
    }
    return {
        language: _Evidence(letters[language] + _GRAMMAR_WEIGHT * grammar / len(words), grammar)
        for language, grammar in _grammar(words).items()
    }


def _words_of(prose: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(prose)]


def _grammar(words: list[str]) -> dict[str, int]:
    """Return for each language how many of the words carry grammar in it."""
    known = _languages_of()
    counts = dict.fromkeys(LANGUAGES, 0)
    for word in words:
        for language in known.get(word, ()):
            counts[language] += 1
    return counts


@cache
def _languages_of() -> dict[str, list[str]]:
    """Return each word that carries grammar with the languages in which it does."""
    known: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for word in stop_words(language):
            known.setdefault(word, []).append(language)
    return known


def _ranked(evidence: dict[str, _Evidence]) -> list[str]:
    return sorted(evidence, key=lambda language: (-evidence[language].score, language))


@cache
def _detector() -> LanguageDetector:
    """Build the detector; its trigram-only mode takes 16 MB instead of 190."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, language.upper()) for language in LANGUAGES]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_low_accuracy_mode().build()
