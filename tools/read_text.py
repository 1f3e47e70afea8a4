"""Plain text: paragraphs, lists, headings one can see, aligned columns as listings.

A form feed ends a page, as text exported from a printer or a PDF has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.blocks import Block, Draft, DraftPage, code, heading, item, paragraph
from tools.decode import read_text_file

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?[ \t]+(?=\w).{2,70}")
_BULLET = re.compile(r"\s*(?:[-*•▪–]|(\d{1,3})[.)])\s+")
_COLUMNS = re.compile(r"\S {2,}\S|\S\t+\S")
_KEY_VALUE = re.compile(r"[^:|]{2,40}: +\S.*")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n\s*(?=[^\W\d_])")


def read_text(path: Path) -> Draft:
    """Return the file as a draft, paged where it holds form feeds."""
    pages = read_text_file(path).replace("\r\n", "\n").replace("\r", "\n").split("\f")
    if pages[-1].strip() == "":
        pages.pop()
    drafts = [
        DraftPage(number, list(_blocks(page)), None if page.strip() else "empty page")
        for number, page in enumerate(pages, start=1)
    ]
    return Draft(drafts, paged=len(drafts) > 1)


def _blocks(text: str) -> Iterator[Block]:
    for chunk in _BLANK_LINES.split(text.strip("\n")):
        lines = [line.rstrip() for line in chunk.split("\n") if line.strip()]
        while lines and (found := _heading(lines)) is not None:
            level, used = found
            yield from heading(lines[0], level)
            lines = lines[used:]
        if lines:
            yield from _body(lines)


def _heading(lines: list[str]) -> tuple[int, int] | None:
    """Return the level of the heading that the lines begin with, and how many lines it takes."""
    first = lines[0].strip()
    if len(lines) > 1 and re.fullmatch(r"([=\-~*#])\1{2,}", lines[1].strip()):
        return (1 if lines[1].strip()[0] == "=" else 2), 2
    if len(lines) > 1 or len(first) > 80 or first[-1] in ".:;,":
        return None
    if numbered := _NUMBERED.fullmatch(first):
        return numbered[1].count(".") + 1, 1
    return (1, 1) if first.isupper() and len(first) > 3 else None


def _body(lines: list[str]) -> Iterator[Block]:
    if _BULLET.match(lines[0]):
        yield from _items(lines)
    elif len(lines) > 1 and sum(bool(_COLUMNS.search(line.strip())) for line in lines) > 1:
        yield from code("\n".join(lines))
    elif len(lines) > 1 and all(_KEY_VALUE.fullmatch(line.strip()) for line in lines):
        for line in lines:
            yield from paragraph(line)
    else:
        yield from paragraph(_joined(lines))


def _items(lines: list[str]) -> Iterator[Block]:
    entries: list[list[str]] = []
    for line in lines:
        if _BULLET.match(line):
            entries.append([line])
        else:
            entries[-1].append(line)
    for entry in entries:
        text = _joined(entry)
        mark = _BULLET.match(text)
        if mark is not None:
            yield from item(text[mark.end() :], number=int(mark[1]) if mark[1] else None)


def _joined(lines: list[str]) -> str:
    return _HYPHENATED.sub("", "\n".join(lines))
