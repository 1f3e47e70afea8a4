"""Layout: the blocks of a draft become one text, with the spans of its pages and sections.

Pages and sections are contiguous and cover the text; what separates two blocks belongs to the
page and section before it. Called by `tools.documents`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tools.blocks import Block, Draft

PAGE_LENGTH = 3000
SHORT_PAGE = 800

_CUT = re.compile(r"\n|(?<=[.!?:;]) ")
_BLANK = re.compile(" ")


@dataclass(frozen=True, slots=True)
class Span:
    """A page before its language is known."""

    number: int
    start: int
    end: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A text with its page spans, and its sections as (heading path, start, end)."""

    text: str
    pages: list[Span]
    sections: list[tuple[tuple[str, ...], int, int]]


@dataclass(frozen=True, slots=True)
class _Placed:
    block: Block
    page: int
    start: int


def lay_out(draft: Draft) -> Layout:
    """Return the draft as one text with contiguous pages and sections."""
    placed, text = _place(draft)
    pages = _source_pages(draft, placed, len(text)) if draft.paged else _cut_pages(placed, text)
    return Layout(text, pages, _sections(placed, len(text)))


def _place(draft: Draft) -> tuple[list[_Placed], str]:
    parts: list[str] = []
    placed: list[_Placed] = []
    position = 0
    for index, page in enumerate(draft.pages):
        for block in page.blocks:
            gap = _gap(placed[-1].block, block) if placed else ""
            position += len(gap)
            placed.append(_Placed(block, index, position))
            parts += (gap, block.text)
            position += len(block.text)
    return placed, "".join([*parts, "\n"]) if parts else ""


def _gap(before: Block, block: Block) -> str:
    if block.continues:
        return " "
    return "\n" if before.kind == block.kind == "item" else "\n\n"


def _source_pages(draft: Draft, placed: list[_Placed], length: int) -> list[Span]:
    first_of: dict[int, int] = {}
    for each in placed:
        first_of.setdefault(each.page, each.start)
    starts: list[int] = []
    following = length
    for index in reversed(range(len(draft.pages))):
        following = first_of.get(index, following)
        starts.append(following)
    starts.reverse()
    starts[0] = 0
    return [
        Span(page.number, start, end, page.problem)
        for page, (start, end) in zip(draft.pages, pairwise([*starts, length]), strict=True)
    ]


def _cut_pages(placed: list[_Placed], text: str) -> list[Span]:
    starts = [0]
    before_is_heading = False
    for each in placed:
        filled = each.start - starts[-1]
        is_heading = each.block.kind == "heading"
        full = filled + len(each.block.text) > PAGE_LENGTH and filled >= SHORT_PAGE
        new_section = is_heading and filled >= SHORT_PAGE
        if (full and not before_is_heading) or new_section:
            starts.append(each.start)
        starts += _inner_cuts(each, text, starts[-1])
        before_is_heading = is_heading
    spans = enumerate(pairwise([*starts, len(text)]), start=1)
    return [Span(number, start, end) for number, (start, end) in spans]


def _inner_cuts(each: _Placed, text: str, page_start: int) -> Iterator[int]:
    end = each.start + len(each.block.text)
    while end - page_start > PAGE_LENGTH + SHORT_PAGE:
        lowest = max(page_start + PAGE_LENGTH - SHORT_PAGE, each.start)
        highest = min(end, lowest + PAGE_LENGTH)
        found = _CUT.search(text, lowest, highest) or _BLANK.search(text, lowest, highest)
        if found is None or end - found.end() < SHORT_PAGE:
            return
        page_start = found.end()
        yield page_start


def _sections(placed: list[_Placed], length: int) -> list[tuple[tuple[str, ...], int, int]]:
    starts: list[tuple[tuple[str, ...], int]] = []
    above: list[tuple[int, str]] = []
    if not placed or placed[0].block.kind != "heading":
        starts.append(((), 0))
    for each in placed:
        if each.block.kind != "heading":
            continue
        level = each.block.level
        above = [pair for pair in above if pair[0] < level]
        above.append((level, each.block.text.lstrip("#").strip()))
        starts.append((tuple(title for _, title in above), each.start))
    ends = [start for _, start in starts[1:]] + [length]
    return [(path, start, end) for (path, start), end in zip(starts, ends, strict=True)]
