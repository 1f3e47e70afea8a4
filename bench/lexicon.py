"""The bench's own word lists: negation, ranges, number words, months and units of five languages.

They stand in lexicon.yaml, for the bench alone; the code that is measured has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language; lexicon.yaml says what each is for."""

    negation: str
    kept: str
    dropped: list[list[str]]
    added: list[list[str]]
    limits: list[list[str]]
    reworded: list[list[str]]
    to: str
    range: str
    between: str
    ends: str
    conjunctions: str
    numbers: dict[str, int]
    months: list[str]
    date: str
    affirmed: str
    denied: str
    row: str
    row_alone: str
    fronted: str
    pronouns: str
    head: str
    difference: str
    absolute: str
    plus_minus: str
    gap: str
    about: str
    unit_words: dict[str, list[str]]
    written: dict[str, str]


@cache
def lexicons() -> dict[str, Lexicon]:
    """Return the lexicon of each language."""
    import yaml

    text = Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8")
    lists = cast("dict[str, dict[str, Any]]", yaml.safe_load(text))
    return {language: _lexicon(dict(entries)) for language, entries in lists.items()}


def _lexicon(entries: dict[str, Any]) -> Lexicon:
    # A dash stands for a word that means something else as well: "sei" is six and "you are".
    words = enumerate(entries.pop("numbers").split(), start=2)
    units = cast("dict[str, str]", entries.pop("unit_words"))
    return Lexicon(
        conjunctions=entries.pop("and"),
        numbers={word: value for value, word in words if word != "-"},
        months=entries.pop("months").split(),
        unit_words={symbol: forms.split() for symbol, forms in units.items()},
        **entries,
    )
