"""Statements: whether a quote says anything, or is only a heading, a table's head or a fragment."""

from __future__ import annotations

import re
from functools import cache

from checks.words import words

_RULE = re.compile(r"[\s|:=*_~+-]*")
_TABLE_RULE = re.compile(r"[^\n]*\n[ \t]*\|?[ \t]*:?-{2,}[-:| \t]*(?:\n|\Z)")
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|[>*•-]\s+)|[*_`]+", re.MULTILINE)
_NUMBERING = re.compile(
    r"^\s*(?:(?:chapter|section|capitolo|sezione|kapitel|abschnitt|chapitre|capítulo|sección)\s+)?"
    r"\(?(?:\d+(?:\.\d+)*|[A-Z])[.)]?\s+(?=\D)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_DIGIT = re.compile(r"\d")
_LEAST_WORDS = 3
_MANY_WORDS = 9


def is_bare(quote: str) -> bool:
    """Say whether the quote states nothing: no number, no verb, no whole sentence."""
    lines = [line for line in quote.splitlines() if not _RULE.fullmatch(line)]
    if not lines:
        return True
    if len(lines) == 1 and lines[0].lstrip().startswith("#"):
        return True
    text = _MARKUP.sub("", " ".join(lines))
    unnumbered = _NUMBERING.sub("", text) if len(lines) == 1 else text
    return not _states(unnumbered)


def is_title(text: str, start: int, end: int) -> bool:
    """Say whether the span lies within a heading's line, or within the head of a table."""
    line = text.rfind("\n", 0, start) + 1
    if "\n" in text[start:end].strip():
        return False
    return text.startswith("#", line) or bool(_TABLE_RULE.match(text, end))


def _states(text: str) -> bool:
    if _DIGIT.search(text):
        return True
    found = [word.casefold() for word in _WORD.findall(text)]
    if len(found) < _LEAST_WORDS:
        return False
    if "|" in text.strip().strip("|") or any(word in _verbs() for word in found):
        return True
    return text.rstrip().endswith((".", "!", ";")) or len(found) >= _MANY_WORDS


@cache
def _verbs() -> frozenset[str]:
    """Return the verbs of all languages: a quote's language may not be that of its page."""
    return frozenset(verb.casefold() for verbs in words()["verbs"].values() for verb in verbs)
