"""Passage: a span of a document, as it is indexed, retrieved, cited and exported.

`passage.text == document.text[passage.start:passage.end]`, always.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one document that fits in a prompt beside others.

    `pages` are the first and last page numbers it touches, `section` the heading path above it,
    `machine` the code of the machine its document is about.
    """

    id: str
    document_id: str
    document: str
    start: int
    end: int
    text: str
    pages: tuple[int, int]
    section: tuple[str, ...]
    language: str
    machine: str | None = None
