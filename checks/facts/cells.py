"""Cells: whether an answer that names a table's row, or a column of it, tells what stands there.

A cell is told by most of the words that it has and the named one has not; numbers are told by
`judging`, which asks here for the words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from checks.facts.bindings import Row, row_of
from checks.facts.readings import Unit, read
from checks.findings import Finding

_TOLD = 0.7
_NOT_TOLD = 0.5
_SHORT = 4
"""Up to how many sentences an answer is read as one statement."""

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A table's row with the words of each of its cells, and those of the whole row."""

    row: Row
    label: Sequence[str]
    cells: Mapping[int, Words]
    words: Words

    @property
    def is_its_own(self) -> bool:
        """Say whether its cells hold its label, which an answer then may name with them."""
        return self.row.label <= frozenset[str]().union(*self.cells.values())

    def is_spelt(self, said: Counter[str]) -> bool:
        """Say whether the words of the label stand in a row."""
        return all(" ".join(two) in said for two in pairwise(self.label))


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rows of a text by the table that they are in, and the words of each of its sentences."""

    lines: Mapping[int, Sequence[_Line]]
    prose: Sequence[Words]


def misplaced(answer: str, evidence: Sequence[str], language: str) -> Iterator[tuple[int, Finding]]:
    """Yield what the answer tells of a row or column and the evidence has in another, if so."""
    held = [_tables(text, language) for text in evidence]
    tables = [lines for each in held for lines in each.lines.values()]
    if not tables:
        return
    prose = [words for each in held for words in each.prose]
    units = read(answer, language).units
    for index, said in enumerate(_statements(units)):
        for lines in tables:
            if told := _misplaced(said, lines, prose):
                sentence = f"“{told}” stands elsewhere in the cited table than the answer says."
                yield min(index, len(units) - 1), Finding("wrong_subject", sentence, told)
                return


def _statements(units: Sequence[Unit]) -> Iterator[Counter[str]]:
    """Yield the words of each sentence, each two in a row too, and those of a short answer."""
    each = [Counter[str]() for _ in units]
    for said, unit in zip(each, units, strict=True):
        names = [token.name for token in unit.tokens if not token.is_stop]
        said.update([*names, *map(" ".join, pairwise(names))])
    yield from each
    if 1 < len(each) <= _SHORT:
        yield sum(each, Counter[str]())


def _misplaced(said: Counter[str], lines: Sequence[_Line], prose: Sequence[Words]) -> str:
    """Return the words of another cell that the answer tells of what it names; "" if none."""
    named = _named(said, lines)
    if not named:
        return ""
    words = frozenset(said)
    for line in lines:
        if line not in named and (told := _told(words, line, named, prose)):
            return told
    return next((told for line in named if (told := _told_of_column(words, line))), "")


def _named(said: Counter[str], lines: Sequence[_Line]) -> Sequence[_Line]:
    """Return the rows that the answer names, as it seems on purpose."""
    named = [line for line in lines if line.row.label and line.row.is_named(said)]
    named = [line for line in named if line.is_spelt(said)] or named
    named = [line for line in named if not line.is_its_own] or named
    return [line for line in named if not any(line.row.label < each.row.label for each in named)]


def _told(said: Words, line: _Line, named: Sequence[_Line], prose: Sequence[Words]) -> str:
    """Return the words of a row that is not named, where one of its cells is told."""
    known = frozenset[str]().union(*(each.words for each in named), *line.row.heads)
    for cell, words in line.cells.items():
        own = words - known
        if not any(map(_is_word, own)) or len(own & said) < _TOLD * len(own):
            continue
        if any(_share(each.cells.get(cell, Words()), said) >= _NOT_TOLD for each in named):
            continue
        labels = [each.row.label for each in named]
        if not any(own & said <= text and _is_any(labels, text) for text in prose):
            return " ".join(sorted(own & said))
    return ""


def _is_any(labels: Sequence[Words], text: Words) -> bool:
    return any(2 * len(label & text) >= len(label) for label in labels)


def _told_of_column(said: Words, line: _Line) -> str:
    """Return the words of a cell whose column is not named, where another column of it is."""
    heads = dict(enumerate(map(frozenset, line.row.heads)))
    named = [cell for cell, head in heads.items() if cell and head and head <= said]
    named = [cell for cell in named if not any(heads[cell] < heads[other] for other in named)]
    own = frozenset[str]().union(*(line.cells.get(cell, Words()) for cell in named))
    if not own or any(_share(line.cells.get(cell, Words()), said) >= 1 for cell in named):
        return ""
    known = own.union(line.row.label, *line.row.heads)
    for cell, words in line.cells.items():
        theirs = words - known
        if cell not in named and any(map(_is_word, theirs)) and len(theirs & said) >= _TOLD * len(theirs):
            return " ".join(sorted(theirs & said))
    return ""


def _is_word(name: str) -> bool:
    return name[0] != "#"


def _share(words: Words, said: Words) -> float:
    return len(words & said) / len(words) if words else 0.0


@lru_cache(maxsize=256)
def _tables(text: str, language: str) -> _Tables:
    lines: dict[int, list[_Line]] = {}
    prose: list[Words] = []
    for unit in read(text, language).units:
        row = row_of(unit)
        if row is None:
            prose.append(Words(token.name for token in unit.tokens).union(unit.above))
            continue
        cells = {cell: _content(unit, cell) for cell in sorted(row.cells - {0})}
        whole = row.label.union(*cells.values())
        label = [token.name for token in unit.tokens if token.cell == 0 and not token.is_stop]
        lines.setdefault(unit.table, []).append(_Line(row, label, cells, whole))
    return _Tables({table: _body(each) for table, each in lines.items()}, prose)


def _body(lines: Sequence[_Line]) -> Sequence[_Line]:
    """Return the rows below a header, where there is one."""
    return [line for line in lines if line.row.heads] or lines


def _content(unit: Unit, cell: int) -> Words:
    """Return the words of a cell that say something."""
    return Words(token.name for token in unit.tokens if token.cell == cell and not token.is_stop)
