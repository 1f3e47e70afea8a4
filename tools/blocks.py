"""Blocks: what every reader turns its file into, before `tools.layout` makes one text of them.

A block is a heading, a paragraph, a list item, a code listing or a table, its text already
Markdown-like; `tidy` and the small makers below keep all formats alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "code", "table"]

_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)


class DocumentError(Exception):
    """A file or a folder cannot be read; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document; `level` counts for headings, `continues` joins it to the one before."""

    kind: Kind
    text: str
    level: int = 0
    continues: bool = False


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A page as its reader found it; `problem` says why nothing may be asked about it."""

    number: int
    blocks: list[Block]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as its reader found it; an unpaged one has a single page that is cut later."""

    pages: list[DraftPage]
    paged: bool
    title: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])


def tidy(text: str) -> str:
    """Return the text in NFC without control characters, soft hyphens and odd spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = unicodedata.normalize("NFC", text.translate(_LIGATURES))
    text = _SPACES.sub(lambda found: found[0] if found[0].isascii() else " ", text)
    if text.isprintable():
        return text
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def one_line(text: str) -> str:
    """Return the text, tidy, with every run of white space made one blank."""
    return " ".join(tidy(text).split())


def heading(text: str, level: int) -> Block:
    """Return a heading of the level, kept between 1 and 6."""
    level = min(max(level, 1), 6)
    return Block("heading", f"{'#' * level} {one_line(text)}", level)


def paragraph(text: str, *, continues: bool = False) -> Block:
    """Return a paragraph on one line."""
    return Block("paragraph", one_line(text), continues=continues)


def item(text: str, *, depth: int = 0, number: int | None = None) -> Block:
    """Return a list item, indented by its depth, numbered where its list is."""
    mark = "-" if number is None else f"{number}."
    return Block("item", f"{'  ' * depth}{mark} {one_line(text)}")


def code(text: str, language: str = "") -> Block:
    """Return a fenced listing; its lines stay as they are."""
    body = tidy(text).expandtabs(4).strip("\n")
    body = "\n".join(line.rstrip() for line in body.split("\n"))
    fence = "````" if "```" in body else "```"
    return Block("code", f"{fence}{language}\n{body}\n{fence}")


def table(rows: Sequence[Sequence[str]]) -> Block | None:
    """Return a pipe table whose first row is the header; None when no cell holds text."""
    cells = [[one_line(cell).replace("|", "¦") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return None
    width = max(len(row) for row in cells)
    padded = [row + [""] * (width - len(row)) for row in cells]
    kept = [column for column in range(width) if any(row[column] for row in padded)]
    lines = ["| " + " | ".join(row[column] for column in kept) + " |" for row in padded]
    return Block("table", "\n".join([lines[0], "|" + " --- |" * len(kept), *lines[1:]]))
