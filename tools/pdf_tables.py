"""PDF tables: rows and columns from ruled lines, or from words that stand in columns.

A table that cannot be read for sure is not guessed: its page is marked and nothing is asked of it.
Called by `read_pdf`; places as in `tools.pdf_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tools.pdf_lines import Box, Line, Word, rows_of

Rows = list[list[list[Line]]]

_FEWEST_RULES = 4
_MOST_EMPTY = 0.5
_LEAST_COLUMNS = 3
_LONG_PART = 25
_LEADER = re.compile(r"(?:\. ?){4,}|…{2,}|_{4,}")
_LIST_MARK = re.compile(r"[•◦▪●○■□‣·*–—-]|\(?(?:\d{1,3}|[a-zA-Z])[.)]|\d{1,2}(?:\.\d{1,2})+\.?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's place and its cells as lines; `rows` is None when they cannot be told for sure."""

    box: Box
    rows: Rows | None


def ruled_tables(rules: Sequence[Box], lines: Sequence[Line]) -> list[Table]:
    """Return the tables whose cells are drawn with rules."""
    from pdfplumber import table as plumber

    if len(rules) < _FEWEST_RULES:
        return []
    drawn = [_edge(rule) for rule in [*rules, *_closing(rules)]]
    edges = plumber.merge_edges(drawn, 3, 3, 3, 3)
    cells = plumber.intersections_to_cells(plumber.edges_to_intersections(edges, 3, 3))
    words = [word for line in lines for word in line.words]
    tables = (_ruled(group, words) for group in plumber.cells_to_tables(cells))
    return [table for table in tables if table is not None]


def _edge(rule: Box) -> dict[str, Any]:
    return {
        "x0": rule.left,
        "x1": rule.right,
        "top": rule.top,
        "bottom": rule.bottom,
        "width": rule.width,
        "height": rule.height,
        "orientation": "h" if rule.width > rule.height else "v",
    }


def _closing(rules: Sequence[Box]) -> Iterator[Box]:
    """Yield the rules that a table lacks where a page's end cuts it: several columns end there."""
    columns: dict[int, set[float]] = {}
    for rule in rules:
        if rule.height > rule.width:
            columns.setdefault(round(rule.top), set()).add(rule.left)
            columns.setdefault(round(rule.bottom), set()).add(rule.left)
    for height, places in columns.items():
        if len(places) >= _LEAST_COLUMNS:
            yield Box(min(places), height, max(places), height)


def _ruled(group: Sequence[tuple[float, ...]], words: Sequence[Word]) -> Table | None:
    """Return the table of the cells; None when they are a frame around something else."""
    cells = [Box(cell[0], cell[1], cell[2], cell[3]) for cell in group]
    box = Box.around(cells)
    inside = [word for word in words if box.holds(word.box.left + 1, word.middle)]
    filled = _fill(cells, inside)
    lefts = sorted({cell.left for cell in cells})
    tops = sorted({cell.top for cell in cells})
    used = {cell.left for cell in filled}
    if len(used) < 2 or not inside:
        return None
    if len(tops) < 2 or sum(map(len, filled.values())) < len(inside):
        return Table(box, None)
    rows = [[_cell_at(cells, filled, left, top) for left in lefts] for top in tops]
    empty = sum(not cell for row in rows for cell in row)
    return Table(box, rows if empty <= _MOST_EMPTY * len(lefts) * len(tops) else None)


def _fill(cells: Sequence[Box], words: Sequence[Word]) -> dict[Box, list[Word]]:
    filled: dict[Box, list[Word]] = {}
    for word in words:
        x = min(word.box.left + word.font.size / 3, (word.box.left + word.box.right) / 2)
        cell = next((cell for cell in cells if cell.holds(x, word.middle)), None)
        if cell is not None:
            filled.setdefault(cell, []).append(word)
    return filled


def _cell_at(
    cells: Sequence[Box], filled: dict[Box, list[Word]], left: float, top: float
) -> list[Line]:
    """Return the lines of the cell that covers the place; a merged cell covers several."""
    cell = next((cell for cell in cells if cell.holds(left + 1, top + 1)), None)
    return [] if cell is None else rows_of(filled.get(cell, []))


def aligned_tables(lines: Sequence[Line]) -> list[Table]:
    """Return the tables without rules: neighbouring lines that wide gaps part into columns."""
    seen = rows_of([word for line in lines if not line.mono for word in line.words])
    parted = [_parts(line) for line in seen]
    if _is_two_columns(parted):
        wider = [row for row in parted if len(row) > 2]
        return [Table(_around(wider), None)] if wider else []
    return [_aligned(run) for run in _runs(parted) if sum(len(row) - 1 for row in run) > 1]


def _parts(line: Line) -> list[Line]:
    """Return the pieces of the line, a list mark kept with what it marks."""
    parts = line.parts()
    if _LEADER.search(line.text):
        return [line]
    if len(parts) > 1 and _LIST_MARK.fullmatch(parts[0].text):
        parts[:2] = [Line(parts[0].words + parts[1].words)]
    return parts


def _is_two_columns(parted: Sequence[list[Line]]) -> bool:
    pairs = [row for row in parted if len(row) == 2]
    long = [row for row in pairs if min(len(part.text) for part in row) > _LONG_PART]
    return len(long) > len(parted) / 3


def _runs(parted: Sequence[list[Line]]) -> Iterator[list[list[Line]]]:
    run: list[list[Line]] = []
    for row in parted:
        if run and _goes_on(run, row):
            run.append(row)
            continue
        if run:
            yield run
        run = [row] if len(row) > 1 else []
    if run:
        yield run


def _goes_on(run: Sequence[list[Line]], row: list[Line]) -> bool:
    size = row[0].size
    if row[0].box.top - run[-1][0].box.bottom > 1.5 * size:
        return False
    if len(row) > 1:
        return True
    lefts = (part.box.left for above in run for part in above[1:])
    return any(abs(left - row[0].box.left) < size / 2 for left in lefts)


def _aligned(run: Sequence[list[Line]]) -> Table:
    columns = _columns([part for row in run for part in row])
    box = _around(run)
    if len(columns) != max(len(row) for row in run):
        return Table(box, None)
    rows: Rows = []
    for row in run:
        cells: list[list[Line]] = [[] for _ in columns]
        for part in row:
            at = next(at for at, (_, right) in enumerate(columns) if part.box.left < right)
            cells[at].append(part)
        if rows and not cells[0]:
            rows[-1] = [above + below for above, below in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    sure = len(rows) > 1 and all(all(row) and not row[0][0].text[0].islower() for row in rows)
    return Table(box, rows if sure else None)


def _columns(parts: Sequence[Line]) -> list[tuple[float, float]]:
    """Return the intervals that the parts cover from left to right, overlapping ones merged."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((part.box.left, part.box.right) for part in parts):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _around(rows: Sequence[list[Line]]) -> Box:
    return Box.around([part.box for row in rows for part in row])
