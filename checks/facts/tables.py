"""Tables: the rows of a text's tables as words, and which of them an answer names.

`cells` compares with them what an answer tells of a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from checks.facts.bindings import Row, row_of
from checks.facts.polarity_words import polarity_words
from checks.facts.readings import Token, Unit, read

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A table's row with the words of its label in order, of its other cells, and of all."""

    row: Row
    label: Sequence[str]
    cells: Mapping[int, Words]
    words: Words
    is_denied: bool

    @property
    def is_its_own(self) -> bool:
        """Say whether its cells hold its label, which an answer then may name with them."""
        return self.row.label <= Words().union(*self.cells.values())

    def is_spelt(self, said: Counter[str]) -> bool:
        """Say whether the words of the label stand side by side."""
        return all(" ".join(two) in said for two in pairwise(self.label))


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of each table of a text, without headers, and the words of each sentence."""

    tables: Sequence[Sequence[Line]]
    prose: Sequence[Words]


@lru_cache(maxsize=256)
def tables(text: str, language: str) -> Tables:
    """Return the tables of a text."""
    found: dict[int, list[Line]] = {}
    prose: list[Words] = []
    for unit in read(text, language).units:
        row = row_of(unit)
        if row:
            found.setdefault(unit.table, []).append(_line(unit, row, language))
        else:
            prose.append(Words(token.name for token in unit.tokens).union(unit.above))
    return Tables([_body(lines) for lines in found.values()], prose)


def named(said: Counter[str], lines: Sequence[Line]) -> Sequence[Line]:
    """Return the rows that a sentence names, as it seems on purpose."""
    found = [line for line in lines if line.row.label and line.row.is_named(said)]
    found = [line for line in found if line.is_spelt(said)] or found
    found = [line for line in found if not line.is_its_own] or found
    return [line for line in found if not any(line.row.label < each.row.label for each in found)]


def counted(tokens: Sequence[Token]) -> Counter[str]:
    """Return the words of a sentence, and each two in a row."""
    names = [token.name for token in tokens if not token.is_stop]
    return Counter([*names, *map(" ".join, pairwise(names))])


def _line(unit: Unit, row: Row, language: str) -> Line:
    content = [token for token in unit.tokens if not token.is_stop]
    cells = {
        cell: Words(token.name for token in content if token.cell == cell)
        for cell in sorted(row.cells - {0})
    }
    label = [token.name for token in content if token.cell == 0]
    denying = polarity_words("denying", language)
    is_denied = any(denying.fullmatch(token.word) for token in unit.tokens)
    return Line(row, label, cells, Words(token.name for token in content), is_denied)


def _body(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the rows below a header, where there is one."""
    return [line for line in lines if line.row.heads] or lines
