"""Documents: a folder of manuals in, normalised texts with pages, sections and spans out.

`read_folder` hands each file to the reader of its format; a file that cannot be read becomes an
`Unreadable` line and the rest goes on. Offsets always count in `Document.text`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class DocumentError(Exception):
    """A file or a folder cannot be read; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, `path` being the headings above it and its own, outermost first."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the source, or a section of about 3,000 characters where the source has no pages.

    `problem` says why nothing may be asked about the page (no text layer, an unreadable table).
    """

    number: int
    start: int
    end: int
    language: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A source file as normalised text; pages and sections are spans of it, in order."""

    id: str
    path: str
    sha256: str
    title: str
    text: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    paged: bool
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    machine: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a page of it, from which nothing is asked, and why."""

    path: str
    reason: str
    page: int | None = None
