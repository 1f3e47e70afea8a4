"""Which sections of the manuals have an accepted row; the graph plans and reports by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SectionCount:
    """How many sections there are, how many have an accepted row, and those still without one."""

    total: int
    covered: int
    uncovered: tuple[tuple[str, str], ...]

    @property
    def share(self) -> float:
        """The covered share from 0 to 1; 1 where there is nothing to cover."""
        return self.covered / self.total if self.total else 1.0


def section_coverage(
    sections: Sequence[tuple[str, str]], covered: Sequence[tuple[str, str]]
) -> SectionCount:
    """Count which (document, section) pairs have a row; pairs that are no section do not count."""
    asked = frozenset(covered)
    wanted = tuple(dict.fromkeys(sections))
    uncovered = tuple(pair for pair in wanted if pair not in asked)
    return SectionCount(len(wanted), len(wanted) - len(uncovered), uncovered)
