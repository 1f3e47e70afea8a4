"""The words that the checks know, from words.yaml: verbs, labels, empty words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tools.language import stems


@cache
def words() -> Mapping[str, Any]:
    """Return words.yaml as it stands."""
    import yaml

    text = Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def word_list(kind: str, language: str) -> Sequence[str]:
    """Return the words of a kind in a language; none for a language without them."""
    return words()[kind].get(language, ())


def content_stems(text: str, language: str) -> list[str]:
    """Return the stems that carry a subject: no stop words, no words like "value" or "setting"."""
    empty = stem_set("empty", language)
    return [stem for stem in stems(text, language) if stem not in empty]


@cache
def word_set(kind: str, language: str) -> frozenset[str]:
    """Return the words of a kind in a language, in lower case."""
    return frozenset(word.casefold() for word in word_list(kind, language))


@cache
def stem_set(kind: str, language: str) -> frozenset[str]:
    """Return the stems of the words of a kind in a language."""
    return frozenset(stems(" ".join(word_list(kind, language)), language))
