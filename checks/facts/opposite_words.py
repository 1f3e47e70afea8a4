"""The words that are opposites, and those that join or turn clauses, from opposites.yaml."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from checks.facts.readings import name_of

_SHORTEST = 4
"""The letters that a word has at least to be another one's opposite by its prefix."""


@lru_cache(maxsize=20_000)
def opposites(name: str, language: str) -> frozenset[str]:
    """Return the names of a word's opposites: listed ones, and those but for a prefix."""
    prefixes = _lists(language).get("prefixes", ()) if len(name) >= _SHORTEST else ()
    bases = {name.removeprefix(prefix) for prefix in prefixes} - {name}
    long = {base for base in bases if len(base) >= _SHORTEST}
    return opposed_to(name, language) | long | {prefix + name for prefix in prefixes}


def opposed_to(name: str, language: str) -> frozenset[str]:
    """Return the names of a word's listed opposites."""
    return _listed(language).get(name, frozenset())


@lru_cache(maxsize=20_000)
def alike(name: str, language: str) -> frozenset[str]:
    """Return the names of a word and of those that have an opposite in common with it."""
    listed = _listed(language)
    return frozenset({name}).union(*(listed[other] for other in listed.get(name, ())))


@cache
def words_of(kind: str, language: str) -> frozenset[str]:
    """Return the words of a kind: those that join clauses, or turn what one says."""
    return frozenset(_lists(language).get(kind, ()))


@cache
def _listed(language: str) -> Mapping[str, frozenset[str]]:
    listed: defaultdict[str, set[str]] = defaultdict(set)
    for pair in _lists(language).get("pairs", ()):
        one, other = ({name_of(word, language) for word in side.split()} for side in pair)
        for name in one - other:
            listed[name] |= other - one
        for name in other - one:
            listed[name] |= one - other
    return {name: frozenset(names) for name, names in listed.items()}


@cache
def _lists(language: str) -> Mapping[str, Any]:
    import yaml

    text = Path(__file__).with_name("opposites.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text).get(language, {})
