"""PDF: page by page, with headings and tables, without running headers and footers.

A page that has no text, whose table cannot be told for sure, or that is a table of contents or an
index carries a problem, so that nothing is asked about it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from tools.blocks import Block, DocumentError, Draft, DraftPage
from tools.contents import contents_problem
from tools.pdf_file import PrintedPage, read_file
from tools.pdf_headings import Headings
from tools.pdf_lines import Line
from tools.pdf_tables import Table, aligned_tables, ruled_tables
from tools.pdf_text import Joiner, blocks_of

_EDGE = 0.09
_PAGE_NUMBER = re.compile(
    r"(?:page|pagina|pag\.|seite|página|side)?\s*(?:\d{1,4}|[ivxlc]+|[A-Z]?\d?-\d{1,3})"
    r"(?:\s*(?:/|of|di|von|de)\s*\d{1,4})?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Leaf:
    """A page while it is read: its lines, its tables and what stands in its way."""

    number: int
    height: float
    lines: list[Line]
    tables: list[Table]
    problem: str | None


def read_pdf(path: Path) -> Draft:
    """Return the pages of the file; raises DocumentError when it is locked or damaged."""
    printed = read_file(path)
    if not printed.pages:
        raise DocumentError("The PDF holds no pages: export it again.")
    leaves: list[_Leaf] = []
    for page in printed.pages:
        leaves.append(_leaf(page, leaves[-1].problem if leaves else None))
    _drop_running_lines(leaves)
    headings = Headings.of(printed.bookmarks, [line for leaf in leaves for line in leaf.lines])
    pages = _pages(leaves, headings)
    title = printed.metadata.get("title")
    return Draft(pages, paged=True, title=title, metadata=printed.metadata)


def _leaf(page: PrintedPage, before: str | None) -> _Leaf:
    problem = _problem(page, before)
    tables = [] if problem else ruled_tables(page.rules, page.lines)
    return _Leaf(page.number, page.height, page.lines, tables, problem)


def _problem(page: PrintedPage, before: str | None) -> str | None:
    if page.damaged:
        return "the page is damaged: export the file again"
    text = "".join(line.text for line in page.lines)
    if not text:
        return "no text layer"
    odd = sum(not char.isprintable() or char == "\ufffd" for char in text)
    if odd > len(text) / 10:
        return "the text layer cannot be decoded"
    return contents_problem([line.text for line in page.lines], before)


def _drop_running_lines(leaves: Sequence[_Leaf]) -> None:
    """Take away what repeats at the edges of the pages, and page numbers."""
    seen = Counter(key for leaf in leaves for key in {_edge_key(leaf, line) for line in leaf.lines})
    least = 3 if len(leaves) > 3 else 2
    for leaf in leaves:
        keys = [(line, _edge_key(leaf, line)) for line in leaf.lines]
        leaf.lines = [
            line
            for line, key in keys
            if not key or not (seen[key] >= least or _PAGE_NUMBER.fullmatch(line.text))
        ]


def _edge_key(leaf: _Leaf, line: Line) -> str:
    """Return the line without its numbers where it stands at an edge, else nothing."""
    place = (line.box.top + line.box.bottom) / 2
    if _EDGE * leaf.height < place < (1 - _EDGE) * leaf.height:
        return ""
    if any(table.box.holds(line.box.left + 1, place) for table in leaf.tables):
        return ""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text) or "#"


def _pages(leaves: Sequence[_Leaf], headings: Headings) -> list[DraftPage]:
    joiner = Joiner([line for leaf in leaves for line in leaf.lines])
    pitch = _pitch(leaves)
    pages: list[DraftPage] = []
    last: list[Block] = []
    for leaf in leaves:
        _find_tables(leaf)
        blocks = list(_blocks(leaf, headings, joiner, pitch))
        if last and blocks and _goes_on(last[-1], blocks[0]):
            _continue(last, blocks, joiner)
        last = blocks or last
        pages.append(DraftPage(leaf.number, blocks, leaf.problem))
    return pages


def _goes_on(last: Block, first: Block) -> bool:
    """Tell whether a page's first paragraph is the rest of what the page before ends with."""
    is_open = last.kind in ("paragraph", "item") and last.text[-1] not in ".:;!?…"
    return is_open and first.kind == "paragraph" and first.text[0].islower()


def _continue(last: list[Block], blocks: list[Block], joiner: Joiner) -> None:
    """Mark the first paragraph as a continuation; a parted word goes to the page it begins on."""
    first = replace(blocks.pop(0), continues=True)
    if last[-1].text.endswith("-"):
        word, _, rest = first.text.partition(" ")
        last[-1] = replace(last[-1], text=joiner.join([last[-1].text, word]))
        first = replace(first, text=rest)
    if first.text:
        blocks.insert(0, first)


def _find_tables(leaf: _Leaf) -> None:
    """Add the tables without rules, and mark the page when one on it cannot be read."""
    if leaf.problem is not None:
        return
    rest = [line for line in leaf.lines if _table_of(leaf.tables, line) is None]
    leaf.tables += aligned_tables(rest)
    if any(table.rows is None for table in leaf.tables):
        leaf.problem = "a table on this page could not be read"


def _pitch(leaves: Sequence[_Leaf]) -> float:
    """Return the usual distance from line to line, in font sizes."""
    steps = Counter[float]()
    for leaf in leaves:
        for above, line in pairwise(leaf.lines):
            step = (line.box.top - above.box.top) / max(line.size, 1)
            if not line.mono and 0.9 < step < 2.5:
                steps[round(step, 1)] += 1
    return steps.most_common(1)[0][0] if steps else 1.2


def _blocks(leaf: _Leaf, headings: Headings, joiner: Joiner, pitch: float) -> Iterator[Block]:
    tables = [table for table in leaf.tables if table.rows is not None]
    pending: list[Line] = []
    index = 0
    while index < len(leaf.lines):
        table = _table_of(tables, leaf.lines[index])
        found = headings.at(leaf.number, leaf.lines, index) if table is None else None
        if table is None and found is None:
            pending.append(leaf.lines[index])
            index += 1
            continue
        yield from blocks_of(pending, joiner, pitch)
        pending = []
        if found is not None:
            yield from found[0]
            index += found[1]
        elif table is not None and table.rows is not None:
            yield from joiner.cells(table.rows)
            while index < len(leaf.lines) and _table_of([table], leaf.lines[index]):
                index += 1
    yield from blocks_of(pending, joiner, pitch)


def _table_of(tables: Sequence[Table], line: Line) -> Table | None:
    word = line.words[0]
    x, y = word.box.left + 1, word.middle
    return next((table for table in tables if table.box.holds(x, y)), None)
