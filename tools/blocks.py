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
    """A piece of a document; `level` is a heading's, `continues` joins it to the one before."""

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


def heading(text: str, level: int) -> list[Block]:
    """Return a heading of the level, kept between 1 and 6; like all here, none without text."""
    level = min(max(level, 1), 6)
    text = one_line(text)
    return [Block("heading", f"{'#' * level} {text}", level)] if text else []


def paragraph(text: str, *, continues: bool = False) -> list[Block]:
    """Return a paragraph on one line; one without letters and numbers is decoration."""
    text = one_line(text)
    shown = any(char.isalnum() for char in text)
    return [Block("paragraph", text, continues=continues)] if shown else []


def item(text: str, *, depth: int = 0, number: int | None = None) -> list[Block]:
    """Return a list item, indented by its depth, numbered where its list is."""
    mark = "-" if number is None else f"{number}."
    text = one_line(text)
    return [Block("item", f"{'  ' * depth}{mark} {text}")] if text else []


def code(text: str, language: str = "") -> list[Block]:
    """Return a fenced listing; its lines stay as they are."""
    lines = [line.rstrip() for line in tidy(text).expandtabs(4).split("\n")]
    body = "\n".join(lines).strip("\n")
    fence = "````" if "```" in body else "```"
    return [Block("code", f"{fence}{language}\n{body}\n{fence}")] if body else []


def table(rows: Sequence[Sequence[str]], *, headed: bool = True) -> list[Block]:
    """Return a pipe table; its first row is the header, or stays empty where there is none."""
    cells = [[one_line(cell).replace("|", "¦") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return []
    width = max(len(row) for row in cells)
    padded = [row + [""] * (width - len(row)) for row in cells]
    kept = [column for column in range(width) if any(row[column] for row in padded)]
    head = padded.pop(0) if headed else [""] * width
    lines = ["| " + " | ".join(row[column] for column in kept) + " |" for row in [head, *padded]]
    return [Block("table", "\n".join([lines[0], "|" + " --- |" * len(kept), *lines[1:]]))]
