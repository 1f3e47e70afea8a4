"""PDF text: printed lines become paragraphs, list items, listings and table cells.

Called by `read_pdf`; `Joiner` knows the words of the whole document, so that it can tell a word
parted at a line's end from one that is written with a hyphen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tools.blocks import Block, code, item, paragraph, table
from tools.pdf_lines import Line
from tools.pdf_tables import Rows

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PARTED = re.compile(r"([^\W\d_]+)-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = r"[•◦▪▫●○■□◆◇‣⁃·∗*➢➤✓✔–—\uf000-\uf0ff-]"
_BULLET = re.compile(rf"({_SIGNS}|\(?(?:\d{{1,3}}|[a-zA-Z])[.)])\s+(?=\S)")
_SENTENCE_END = re.compile(r"[.!?:;…][\"”’»)]*$")


class Joiner:
    """Joins lines into text, mending words that are parted at a line's end."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words = Counter(
            word.lower() for line in lines for word in _WORD.findall(line.text.removesuffix("-"))
        )
        self._prefixes = {word.partition("-")[0] for word in self._words if "-" in word}

    def join(self, lines: Sequence[str]) -> str:
        """Return the lines as one."""
        text = ""
        for line in lines:
            text = self._add(text, line) if text else line
        return text

    def _add(self, text: str, line: str) -> str:
        if text.endswith("/-"):
            return text[:-1] + line
        if text.endswith("-") and "://" in text.rsplit(" ", 1)[-1]:
            return text + line
        before, after = _PARTED.search(text), _FIRST_WORD.match(line)
        if text.endswith("-") and (before is None or after is None):
            return text + line if text[-2:-1].isalnum() and line[:1].isalnum() else f"{text} {line}"
        if before is None or after is None:
            return f"{text} {line}"
        return (text[:-1] if self._is_parted(before[1], after[0]) else text) + line

    def _is_parted(self, before: str, after: str) -> bool:
        """Tell whether the hyphen between the two pieces was only set to part the word."""
        joined = self._words[(before + after).lower()]
        hyphened = self._words[f"{before}-{after}".lower()]
        if joined or hyphened:
            return joined >= hyphened
        if before.lower() in self._prefixes and self._words[after.lower()]:
            return False
        return after[0].islower() and not before.isupper()

    def cells(self, rows: Rows) -> list[Block]:
        """Return the rows as a table; two columns without a bold first row have no header."""
        headed = len(rows[0]) != 2 or all(line.bold for cell in rows[0] for line in cell)
        texts = [[self.join([line.text for line in cell]) for cell in row] for row in rows]
        return table(texts, headed=headed)


def blocks_of(lines: Sequence[Line], joiner: Joiner, pitch: float) -> Iterator[Block]:
    """Yield the blocks of neighbouring lines; `pitch` is the usual distance of lines in sizes."""
    margin = max((line.box.right for line in lines), default=0.0)
    lefts: list[float] = []
    for group in _groups(lines, pitch, margin):
        if group[0].mono:
            yield from code("\n".join(_as_typed(group)))
            continue
        text = joiner.join([line.text for line in group])
        mark = _BULLET.match(text)
        if mark is not None:
            left = group[0].box.left
            lefts = [above for above in lefts if above < left - 2] + [left]
            number = mark[1].strip("().")
            yield from item(
                text[mark.end() :],
                depth=len(lefts) - 1,
                number=int(number) if number.isdecimal() else None,
            )
        else:
            yield from paragraph(text)


def _groups(lines: Sequence[Line], pitch: float, margin: float) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and _breaks(group[-1], line, pitch, margin):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _breaks(last: Line, line: Line, pitch: float, margin: float) -> bool:
    """Tell whether a new block begins with the line."""
    step = line.box.top - last.box.top
    if line.mono or last.mono:
        return line.mono != last.mono or not -1 < step < 4 * line.size
    if step > 1.25 * pitch * line.size or step < -line.size:
        return True
    if abs(line.size - last.size) > 0.08 * last.size:
        return True
    short = last.box.right < 0.85 * margin
    if short and line.fonts.isdisjoint(last.fonts):
        return True
    if mark := _BULLET.match(line.text):
        return short or _ended(last) or not mark[1].strip("().").isalnum()
    return short and _ended(last) and line.text[:1].isupper()


def _ended(line: Line) -> bool:
    return _SENTENCE_END.search(line.text) is not None


def _as_typed(lines: Sequence[Line]) -> Iterator[str]:
    """Yield a listing's lines with their indentation, and its blank lines."""
    left = min(line.box.left for line in lines)
    widths = [
        (word.box.right - word.box.left) / len(word.text) for line in lines for word in line.words
    ]
    width = max(sorted(widths)[len(widths) // 2], 1.0)
    for last, line in pairwise([None, *lines]):
        assert line is not None
        if last is not None and line.box.top - last.box.top > 1.7 * line.size:
            yield ""
        yield _typed(line, left, width)


def _typed(line: Line, left: float, width: float) -> str:
    text = ""
    for word in line.words:
        column = round((word.box.left - left) / width)
        text += " " * max(column - len(text), 1 if text else 0) + word.text
    return text
