"""The words that deny and that limit, from polarity.yaml, as patterns."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

_KINDS = {
    "lacking": ("lacking", "bars"),
    "denying": ("negations", "bars", "lacking", "leading"),
    "any upper": ("upper", "upper names"),
    "any lower": ("lower", "lower names"),
    "named lower": ("lower names", "lower heads"),
}


def knows(language: str) -> bool:
    """Say whether there are words for the language."""
    return language in _lists()


def has_concord(language: str) -> bool:
    """Say whether two negations near each other deny once."""
    return bool(_lists().get(language, {}).get("concord"))


@cache
def polarity_words(kind: str, language: str) -> re.Pattern[str]:
    """Return what matches a whole word of the kind; nothing for a language without words."""
    lists = _lists().get(language, {})
    words = [word for each in _KINDS.get(kind, (kind,)) for word in lists.get(each, ())]
    return re.compile("|".join(re.escape(word).replace(r"\*", r"\w*") for word in words) or "(?!)")


@cache
def denials(language: str) -> re.Pattern[str]:
    """Return what finds a word that denies anywhere in a text of small letters."""
    words = polarity_words("denying", language).pattern
    return re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])|n['’]t(?!\w)")


@cache
def _lists() -> dict[str, dict[str, Any]]:
    import yaml

    text = Path(__file__).with_name("polarity.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
