"""The base form of a word where stemming does not reach it, from `inflection.yaml`.

A stemmer cuts endings; participles, irregular verbs and parted German verbs change elsewhere.
`wording` reads every word through this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LEAST_PREFIX = 2
_LONGEST_PREFIX = 8


@dataclass(frozen=True)
class _Forms:
    """How the words of a language change."""

    rules: Sequence[tuple[re.Pattern[str], str]]
    parted: re.Pattern[str] | None
    base: Mapping[str, str]


def join_parted(text: str, language: str) -> str:
    """Return the text, in small letters, with a verb and its parted prefix made one word."""
    parted = _forms(language).parted
    return parted.sub(r"\3\1\2", text) if parted else text


def base_form(word: str, language: str) -> str:
    """Return a form of the word that its stemmer understands; most words are that themselves."""
    known = _forms(language)
    for found, base in known.rules:
        changed = found.sub(base, word)
        if changed != word:
            word = changed
            break
    if word in known.base:
        return known.base[word]
    if known.parted:
        for at in range(_LEAST_PREFIX, min(_LONGEST_PREFIX, len(word))):
            if word[at:] in known.base:
                return word[:at] + known.base[word[at:]]
    return word


@cache
def _forms(language: str) -> _Forms:
    import yaml

    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    parted = content["parted"].get(language)
    return _Forms(
        [(re.compile(found), base) for found, base in content["rules"].get(language, ())],
        re.compile(parted) if parted else None,
        {
            form: base
            for base, forms in content["irregular"].get(language, {}).items()
            for form in forms.split()
        },
    )
