"""Names of machines in a text: whole names only, in any case and spacing.

"Ares 250" stands in "the ARES250", not in "Ares 2500"; of two names that overlap the longer counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_PART = re.compile(r"\d+|[^\W\d_]+|[^\w\s-]+")


def mentioned(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that stand in the text, in their own order."""
    found = {match.lastgroup for match in _matches(text, names)}
    return [name for index, name in enumerate(names) if f"n{index}" in found]


def without_names(text: str, names: Sequence[str]) -> str:
    """Return the text with a gap for each of the names."""
    pieces: list[str] = []
    done = 0
    for match in _matches(text, names):
        pieces.append(text[done : match.start()])
        done = match.end()
    return " … ".join([*pieces, text[done:]])


def _matches(text: str, names: Sequence[str]) -> list[re.Match[str]]:
    pattern = _pattern(tuple(names))
    return list(pattern.finditer(text)) if pattern else []


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern with a group for each name, tried longest first."""
    numbered = [
        (index, parts) for index, name in enumerate(names) if (parts := _PART.findall(name))
    ]
    if not numbered:
        return None
    groups = {index: r"[\s_-]*".join(map(re.escape, parts)) for index, parts in numbered}
    longest = sorted(groups, key=lambda index: (-len("".join(names[index].split())), index))
    named = "|".join(f"(?P<n{index}>{groups[index]})" for index in longest)
    return re.compile(rf"(?<![^\W_])(?:{named})(?![^\W_]|[.,]\d)", re.IGNORECASE)
