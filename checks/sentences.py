"""How many sentences of the manuals state a number: the most that questions on values can use."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_END = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_])|\n+")
_MARK = re.compile(r"^(?:#+\s|[-*]\s|\d+[.)]\s)+")
_DIGIT = re.compile(r"\d")


def digit_sentences(texts: Iterable[str]) -> int:
    """Return how many distinct sentences and table rows of the texts hold a digit.

    Code listings are left out, and the marks of headings and list items.
    """
    found = {
        " ".join(_MARK.sub("", sentence).casefold().split())
        for text in texts
        for sentence in _END.split(_FENCED.sub("", text))
    }
    return sum(1 for sentence in found if _DIGIT.search(sentence))
