"""Which sections of the manuals have an accepted row; the graph reports by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SectionCount:
    """How many sections there are, and how many of them have an accepted row."""

    total: int
    covered: int


def section_coverage(
    sections: Sequence[tuple[str, str]], covered: Sequence[tuple[str, str]]
) -> SectionCount:
    """Count which (document, section) pairs have a row; pairs that are no section do not count."""
    wanted = frozenset(sections)
    return SectionCount(len(wanted), len(wanted & frozenset(covered)))
