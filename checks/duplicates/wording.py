"""What a question says, whatever its words: its terms, their synonyms, and what it asks for.

Words are alike by stem, by group of `synonyms.yaml` and by their first letters; numbers and codes
are left to `facts`. `paraphrases` compares questions and answers with these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from checks.duplicates.inflection import base_form, join_parted
from checks.words import content_stems
from tools.language import stems

_GAP = 5
_LETTERS = 6
_PARTICLE = " … "
_JOINED = re.compile(r"\b(e|wi)-(?=\w)", re.IGNORECASE)
_WORD = re.compile(r"\b[^\W\d_]+(?:\d[^\W_]*)?")
_I = re.compile(r"I\b")
_ENDS = ".?!:"
# These words say what is asked for where no others do.
_LAST = frozenset({"possibility", "choice"})
_NOUNS_ARE_CAPITALS = frozenset({"de"})


NONE: frozenset[Any] = frozenset()
"""The one empty set for what is kept by row: every `frozenset()` takes memory of its own."""
Sides = frozenset[tuple[int, int]]
"""Which of which pair of opposites words name: (pair, side)."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that carries a subject, and the keys that it shares with words like it.

    A key is a group of synonyms, "#12", or the first letters of a long word.
    """

    stem: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question taken apart.

    `sides` are those it takes of opposites; `names` are stems; `asked` is "manner", "reason", ….
    """

    terms: tuple[Term, ...]
    names: frozenset[str]
    sides: Sides
    asked: str


def asking(question: str, language: str) -> Asking:
    """Return the question taken apart."""
    matches = (found.search(question) for found in _lexicon(language).asked)
    asked = next((match.lastgroup for match in matches if match), None)
    names: frozenset[str] = NONE
    if language not in _NOUNS_ARE_CAPITALS:
        names = frozenset(_named(question))
    found = terms(question, language)
    return Asking(
        found,
        frozenset(term.stem for word in names if (term := _entry(word, language).term)) or NONE,
        sides_taken(found, language),
        asked or "",
    )


def terms(text: str, language: str) -> tuple[Term, ...]:
    """Return the distinct terms of a text in order."""
    words = _split(join_parted(text.lower(), language))
    found: dict[str, Term] = {}
    for at, word in enumerate(words):
        entry = _entry(word, language)
        after = words[at + 1 : at + 1 + _GAP] if entry.phrases else ()
        phrases = [phrase for last, phrase in entry.phrases if last in after]
        for term in phrases or [entry.term]:
            if term:
                found.setdefault(term.stem, term)
    return tuple(found.values())


def _named(text: str) -> Iterator[str]:
    """Yield the words with a capital that begin no sentence."""
    for before, word in pairwise(text.split()):
        if word != word.lower() and before[-1] not in _ENDS and not _I.match(word):
            yield from _split(word)


def _split(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text).lower()
    return _WORD.findall(_JOINED.sub(r"\1", text) if "-" in text else text)


def sides_taken(said: Sequence[Term], language: str) -> Sides:
    """Return the sides that terms take of those opposites of which they do not name both."""
    sides = _lexicon(language).sides
    stated = {each for term in said for each in (term.stem, *term.keys)}
    taken = {side for each in stated for side in sides.get(each, ())}
    return _once(frozenset((pair, side) for pair, side in taken if (pair, 1 - side) not in taken))


@lru_cache(maxsize=10_000)
def _once(sides: Sides) -> Sides:
    """Return the first that was equal, so that few are kept in memory."""
    return sides


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of a word: the term that it makes, and with which particle another."""

    term: Term | None
    phrases: tuple[tuple[str, Term], ...] = ()


@lru_cache(maxsize=100_000)
def _entry(word: str, language: str) -> _Entry:
    known = _lexicon(language)
    word = base_form(word, language)
    content = next(iter(content_stems(word, language)), "")
    stem = _any_stem(word, language)
    keys = set(known.groups.get(stem, ()))
    if len(stem) >= _LETTERS:
        keys.add(stem[:_LETTERS])
    phrases = [
        (last, Term(f"{stem}{_PARTICLE}{last}", frozenset({group})))
        for last, group in known.phrases.get(stem, ())
    ]
    says = content or keys & known.all or stem in known.sides
    return _Entry(Term(stem, frozenset(keys)) if says else None, (*phrases,))


@lru_cache(maxsize=100_000)
def _any_stem(word: str, language: str) -> str:
    word = base_form(word, language)
    return next(iter(stems(word, language)), word)


@dataclass(frozen=True)
class _Lexicon:
    """The synonyms of a language: by stem the groups, particles and sides.

    `asked` finds what is asked for, by the name of its group; the second where the first does not.
    """

    groups: Mapping[str, frozenset[str]]
    all: frozenset[str]
    phrases: Mapping[str, Sequence[tuple[str, str]]]
    sides: Mapping[str, Sides]
    asked: Sequence[re.Pattern[str]]


@cache
def _lexicon(language: str) -> _Lexicon:
    content = _synonyms()
    groups: dict[str, set[str]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    for number, group in enumerate(content["same"].get(language, ())):
        for word in group:
            first, particle, last = word.partition(_PARTICLE)
            if particle:
                phrases.setdefault(_any_stem(first, language), []).append((last, f"#{number}"))
            else:
                groups.setdefault(_any_stem(first, language), set()).add(f"#{number}")
    asked = content["asked"].get(language, {})
    return _Lexicon(
        {stem: frozenset(keys) for stem, keys in groups.items()},
        frozenset(key for keys in groups.values() for key in keys),
        phrases,
        _sides(content, language),
        [
            re.compile("|".join(named), re.IGNORECASE)
            for last in (False, True)
            if (named := [f"(?P<{k}>{p})" for k, p in asked.items() if (k in _LAST) == last])
        ],
    )


def _sides(content: Mapping[str, Any], language: str) -> dict[str, Sides]:
    """Return the sides of opposites by stem, or by the group that the word names."""
    named = {group[0]: f"#{at}" for at, group in enumerate(content["same"].get(language, ()))}
    sides: dict[str, set[tuple[int, int]]] = {}
    for pair, words in enumerate(content["opposite"].get(language, ())):
        for side, word in enumerate(words):
            key = named.get(word) or _any_stem(word, language)
            sides.setdefault(key, set()).add((pair, side))
    return {stem: frozenset(taken) for stem, taken in sides.items()}


@cache
def _synonyms() -> Mapping[str, Any]:
    import yaml

    text = Path(__file__).with_name("synonyms.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
