"""How many sentences of the manuals state a number: the most that questions on values can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_TABLE_ROW = re.compile(r"^.*\|.*$", re.MULTILINE)
_END = re.compile(r"(?<=[.!?])\s+(?=[^\Wa-z_])|\n+")
_MARK = re.compile(r"^\s*(?:[-*•#]+|\d+[.)])\s+")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")


def digit_sentences(texts: Iterable[str]) -> int:
    """Return how many distinct sentences and table rows of the texts hold a digit and a word.

    Code listings are left out, and the marks of headings and list items.
    """
    found = {
        sentence
        for text in texts
        for sentence in _sentences(_FENCED.sub("", text))
        if _DIGIT.search(sentence) and _WORD.search(sentence)
    }
    return len(found)


def _sentences(text: str) -> Iterator[str]:
    for piece in [*_TABLE_ROW.findall(text), *_END.split(_TABLE_ROW.sub("\n", text))]:
        yield " ".join(_MARK.sub("", piece).casefold().split())
