"""Token F1: how much of the reference answer an answer holds, and how little else."""

from __future__ import annotations

import re
from collections import Counter

WORD = re.compile(r"\w+(?:[.,]\w+)*")


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of precision and recall over words; a decimal number is one word."""
    given, wanted = (Counter(WORD.findall(text.casefold())) for text in (answer, reference))
    if not given or not wanted:
        return float(given == wanted)
    return 2 * (given & wanted).total() / (given.total() + wanted.total())
