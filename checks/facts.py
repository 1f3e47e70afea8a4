"""Facts: the numbers, quantities and codes of an answer that no evidence supports.

The graph verifies answers with `unsupported`; duplicates, distractors and form compare `numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from checks.findings import Finding
from checks.literals import numbers, read_all
from checks.quantities import Number, converts, same_fact
from checks.units import units_in_headers

__all__ = ["Number", "numbers", "same_fact", "unsupported"]

_BROKEN_CODE = re.compile(r"(?<=\w)-[ \t]*\n\s*(?=\w)")


def unsupported(answer: str, evidence: Sequence[str], language: str) -> list[Finding]:
    """Return a finding for each number, with its unit, and each code that no evidence holds."""
    supports = [_Support(text, language) for text in evidence]
    return [
        Finding(
            "unsupported_number",
            f"“{number.text}” does not stand in the cited passages.",
            number.text,
        )
        for number in numbers(answer, language)
        if not any(support.holds(number) for support in supports)
    ]


class _Support:
    """What one evidence text supports."""

    def __init__(self, text: str, language: str) -> None:
        found = list(read_all(text, language))
        if _BROKEN_CODE.search(text):
            found.extend(read_all(_BROKEN_CODE.sub("-", text), language))
        found += [replace(n, unit=n.unit[:-1]) for n in found if n.unit[-1:] in ("=", "~")]
        self.found = found
        self.facts = {number.key for number in found}
        self.values = {number.value for number in found}
        self.units = units_in_headers(text)

    def holds(self, number: Number) -> bool:
        if not number.unit:
            return number.value in self.values
        if number.key in self.facts or any(converts(number, held) for held in self.found):
            return True
        return (number.value, "") in self.facts and number.unit in self.units
