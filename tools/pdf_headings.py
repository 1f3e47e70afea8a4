"""PDF headings: by the file's outline, or by size and weight where it has none. For `read_pdf`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from tools.blocks import Block, heading, one_line
from tools.pdf_file import Bookmark
from tools.pdf_lines import Line

_NUMBERING = re.compile(r"(?:\d+|[A-Z])(?:\.\d+)*\.?\s+")
_DEEP_NUMBERING = re.compile(r"(\d+(?:\.\d+)*)\.?\s+[^\W\d_]")
_CHAPTER = re.compile(
    r"(?:chapter|kapitel|capitolo|capítulo|chapitre|hoofdstuk)\s+\w+\.?", re.IGNORECASE
)
_LONGEST = 3
_SIZES = 4


class Headings:
    """Knows which lines of a file are headings, and of which level."""

    def __init__(
        self, titles: dict[int, dict[str, int]], levels: dict[int, int], body: float
    ) -> None:
        self._titles = titles
        self._levels = levels
        self._body = body

    @classmethod
    def of(cls, bookmarks: Iterable[Bookmark], lines: Iterable[Line]) -> Self:
        """Return the headings of a file, whose lines are given without running headers."""
        prose = [line for line in lines if not line.mono]
        body = _body_size(prose)
        titles: dict[int, dict[str, int]] = {}
        for mark in bookmarks:
            if key := _key(mark.title):
                titles.setdefault(mark.page, {})[key] = mark.level
        return cls(titles, {} if titles else _levels(prose, body), body)

    def at(self, number: int, lines: Sequence[Line], index: int) -> tuple[list[Block], int] | None:
        """Return the heading that begins at the line of the page, and how many lines it has."""
        first = lines[index]
        if first.mono or not (first.bold or first.size > 1.05 * self._body):
            return None
        if _CHAPTER.fullmatch(first.text) and index + 1 < len(lines):
            following = self.at(number, lines, index + 1)
            if following is not None:
                return following[0], following[1] + 1
        if self._titles:
            return self._by_outline(number, lines, index)
        return self._by_look(lines, index)

    def _by_outline(
        self, number: int, lines: Sequence[Line], index: int
    ) -> tuple[list[Block], int] | None:
        titles = self._titles.get(number, {})
        for used in range(1, _LONGEST + 1):
            text = " ".join(line.text for line in lines[index : index + used])
            if level := titles.get(_key(text)) or titles.get(_key(_NUMBERING.sub("", text, 1))):
                return heading(text, level), used
        return None

    def _by_look(self, lines: Sequence[Line], index: int) -> tuple[list[Block], int] | None:
        first = lines[index]
        used = 1
        while (
            index + used < len(lines)
            and used < _LONGEST
            and _looks_alike(first, lines[index + used])
        ):
            used += 1
        text = " ".join(line.text for line in lines[index : index + used])
        numbering = _DEEP_NUMBERING.match(text)
        level = self._levels.get(round(first.size))
        if numbering is not None and (level or first.bold):
            level = numbering[1].count(".") + 1
        if level is None or len(text) > 120 or text[-1] in ".,;:":
            return None
        return heading(text, level), used


def _looks_alike(first: Line, line: Line) -> bool:
    """Tell whether the line goes on with a heading that does not fit in one."""
    return (
        abs(first.size - line.size) < 0.1
        and first.bold == line.bold
        and 0 < line.box.top - first.box.top < 4 * first.size
        and not _DEEP_NUMBERING.match(line.text)
        and first.box.right - first.box.left > 20 * first.size
    )


def _body_size(lines: Sequence[Line]) -> float:
    sizes = Counter[float]()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _levels(lines: Sequence[Line], body: float) -> dict[int, int]:
    sizes = sorted({round(line.size) for line in lines if line.size > 1.15 * body}, reverse=True)
    return {size: min(level, _SIZES) for level, size in enumerate(sizes, start=1)}


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", one_line(text)).lower()
