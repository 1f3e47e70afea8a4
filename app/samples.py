"""Samples: rows to read, each with its quotes marked in the text of the pages they come from.

`report.py` calls this. Marks are spans of the document's text: one is on its quote or nowhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal, TypeVar

from app.tally import Exported
from tools.documents import Document
from tools.library import Library
from training.rows import TrainingRow

AROUND = 600
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_TABLE_RULE = re.compile(r"[\s:|-]*-[\s:|-]*")
_HEADING = re.compile(r"#{1,6} ")
_FENCE = re.compile(r"`{3,}|~{3,}")

Countable = Exported | TrainingRow
R = TypeVar("R", Exported, TrainingRow)
Span = tuple[int, int]
Kind = Literal["prose", "heading", "listing", "table"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked if it is quoted."""

    text: str
    marked: bool


Cell = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page; only a table has more than one cell, or a header."""

    kind: Kind
    rows: tuple[tuple[Cell, ...], ...]
    header: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What stands around the quotes on a page, in whole lines, and whether the page goes on."""

    document: str
    place: str
    blocks: tuple[Block, ...]
    goes_before: bool
    goes_after: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A row with the pages that it quotes."""

    row: TrainingRow
    excerpts: tuple[Excerpt, ...]

    @property
    def oracles(self) -> int:
        """How many passages of the context hold the answer."""
        return len(self.row.oracle_positions)

    @property
    def distractors(self) -> int:
        """How many do not."""
        return len(self.row.context) - self.oracles


def choose(rows: Sequence[R], count: int) -> list[R]:
    """Return rows that differ most in their traits; ties go to the lower id."""
    left = sorted(rows, key=lambda row: row.id)
    seen: Counter[tuple[str, str]] = Counter()
    chosen: list[R] = []
    while left and len(chosen) < count:
        row = min(left, key=lambda row: sum(seen[trait] for trait in _traits(row)))
        left.remove(row)
        seen.update(_traits(row))
        chosen.append(row)
    return chosen


def sample(row: TrainingRow, library: Library) -> Sample:
    """Return the row with the pages around its quotes."""
    spans: dict[str, list[Span]] = {}
    for citation in row.citations:
        spans.setdefault(citation.document, []).append((citation.start, citation.end))
    excerpts = [
        excerpt
        for path, marks in spans.items()
        for excerpt in _excerpts(library, library.by_path(path), _joined(marks))
    ]
    return Sample(row, tuple(excerpts))


def _traits(row: Countable) -> list[tuple[str, str]]:
    return [
        ("document", row.document),
        ("kind", row.kind),
        ("language", row.language),
        ("variant", row.variant),
    ]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Return the spans in order, those that overlap as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _excerpts(library: Library, document: Document, marks: Sequence[Span]) -> Iterator[Excerpt]:
    around = _joined([_around(library, document, mark) for mark in marks])
    for start, end in around:
        first, last = library.page_at(document, start), library.page_at(document, end - 1)
        blocks = _blocks(document.text, (first.start, end), start, marks)
        yield Excerpt(
            document.path,
            f"{'page' if document.paged else 'part'} {first.number}",
            tuple(blocks),
            goes_before=bool(document.text[first.start : start].strip()),
            goes_after=bool(document.text[end : last.end].strip()),
        )


def _around(library: Library, document: Document, mark: Span) -> Span:
    """Return the whole lines near a mark, within the pages that it stands on."""
    first, last = library.page_at(document, mark[0]), library.page_at(document, mark[1] - 1)
    start, end = max(first.start, mark[0] - AROUND), min(last.end, mark[1] + AROUND)
    line_end = document.text.find("\n", end, last.end)
    return (
        max(first.start, document.text.rfind("\n", first.start, start) + 1),
        last.end if line_end < 0 else line_end,
    )


def _blocks(text: str, span: Span, shown_from: int, marks: Sequence[Span]) -> Iterator[Block]:
    """Yield the blocks of the span that begin at or after `shown_from`."""
    shown = (line for line in _lines(text, span) if line[1][0] >= shown_from)
    for (kind, _), group in groupby(
        shown, key=lambda line: (line[0], line[0] == "heading" and line[1])
    ):
        lines = [place for _, place in group]
        if kind == "table":
            yield _table(text, lines, marks)
        elif kind:
            cell = _pieces(text, (lines[0][0], lines[-1][1]), marks)
            yield Block(kind, ((cell,),))


def _lines(text: str, span: Span) -> Iterator[tuple[Kind | None, Span]]:
    """Yield each line's kind, None for a blank one, and its place."""
    at, fence = span[0], ""
    for line in text[span[0] : span[1]].split("\n"):
        found = _FENCE.match(line)
        kind = "listing" if fence or found else _kind(line)
        if found and not fence:
            fence = found[0]
        elif fence and line.strip() == fence:
            fence = ""
        yield kind, (at, at + len(line))
        at += len(line) + 1


def _kind(line: str) -> Kind | None:
    if line.lstrip().startswith("|"):
        return "table"
    if _HEADING.match(line):
        return "heading"
    return "prose" if line.strip() else None


def _table(text: str, lines: Sequence[Span], marks: Sequence[Span]) -> Block:
    rules = [bool(_TABLE_RULE.fullmatch(text[start:end])) for start, end in lines]
    rows = [
        tuple(_pieces(text, cell, marks) for cell in _cells(text, line))
        for line, rule in zip(lines, rules, strict=True)
        if not rule
    ]
    return Block("table", tuple(rows), header=rules[1:2] == [True])


def _cells(text: str, line: Span) -> Iterator[Span]:
    borders = [line[0] + found.start() for found in _CELL_BORDER.finditer(text[slice(*line)])]
    if text[borders[-1] + 1 : line[1]].strip():
        borders.append(line[1])
    for left, right in pairwise(borders):
        inside = text[left + 1 : right]
        start = left + 1 + len(inside) - len(inside.lstrip())
        yield start, start + len(inside.strip())


def _pieces(text: str, span: Span, marks: Sequence[Span]) -> Cell:
    """Cut the span where marks begin and end."""
    pieces: list[Piece] = []
    at, end = span
    for mark_start, mark_end in marks:
        start, stop = max(at, mark_start), min(end, mark_end)
        if start < stop:
            pieces += [Piece(text[at:start], False), Piece(text[start:stop], True)]
            at = stop
    pieces.append(Piece(text[at:end], False))
    return tuple(piece for piece in pieces if piece.text)
