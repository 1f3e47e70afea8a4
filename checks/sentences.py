"""How many sentences of the manuals state a number: the most that questions on values can use."""

from __future__ import annotations

import re
from collections.abc import Iterable

_END = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_])|\n+")
_DIGIT = re.compile(r"\d")


def digit_sentences(texts: Iterable[str]) -> int:
    """Return how many distinct sentences and table rows of the texts hold a digit."""
    found = {
        " ".join(sentence.casefold().split())
        for text in texts
        for sentence in _END.split(text)
        if _DIGIT.search(sentence)
    }
    return len(found)
