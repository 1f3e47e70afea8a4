"""Machine names: how near a spoken name is to a known one.

A typo may bend the words of a name, never its numbers: an Ares 250 is not an Ares 200.
"""

from __future__ import annotations

import re
import unicodedata

Parts = tuple[str, ...]

_PART = re.compile(r"\d+|[^\W\d_]+")
_DESIGNATOR = re.compile(r"\d+|[ivx]+|..?")


def name_parts(name: str) -> Parts:
    """Return the numbers and words of a name; names with the same parts are one name."""
    return tuple(_PART.findall(unicodedata.normalize("NFKC", name).casefold()))


def likeness(spoken: Parts, known: Parts) -> float:
    """Return 1.0 for the same parts, less for a typo in a word, 0 when a number differs."""
    from rapidfuzz.distance import OSA

    if spoken == known:
        return 1.0 if spoken else 0.0
    if _designators(spoken) != _designators(known):
        return 0.0
    return 0.99 * OSA.normalized_similarity(_words(spoken), _words(known))


def _designators(parts: Parts) -> list[str]:
    """Return the numbers, Roman numerals and one or two letters that tell siblings apart."""
    return [part for part in parts if _DESIGNATOR.fullmatch(part)]


def _words(parts: Parts) -> str:
    return "".join(part for part in parts if not _DESIGNATOR.fullmatch(part))
