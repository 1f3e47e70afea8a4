"""Documents: a folder of manuals in, normalised texts with pages, sections and spans out.

`read_folder` hands each file to the reader of its format; a file that cannot be read becomes an
`Unreadable` line and the rest goes on. Offsets always count in `Document.text`.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TypeVar

from tools.blocks import DocumentError, Draft
from tools.contents import contents_problem
from tools.language import detect
from tools.layout import Span, lay_out

__all__ = [
    "Document",
    "DocumentError",
    "Page",
    "Section",
    "Unreadable",
    "overlapping",
    "read_folder",
]

_SETTINGS = {"machines.csv", "info_files.csv", "brief.yaml", "officina.yaml"}
_RUN_FILES = {"run.json", "ledger.sqlite"}
_SUFFIXES = ".json, .jsonl, .md, .markdown, .pdf, .html, .htm or .txt"


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading; `path` is the headings above it and its own, outermost first."""

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


_Span = TypeVar("_Span", Page, Section)


def overlapping(spans: Sequence[_Span], start: int, end: int) -> Sequence[_Span]:
    """Return those of a document's pages or sections that touch the span."""
    first = bisect_right(spans, start, key=lambda span: span.end)
    return spans[first : bisect_left(spans, end, key=lambda span: span.start)]


def read_folder(
    root: Path, on_file: Callable[[str, int, int], None] | None = None
) -> tuple[list[Document], list[Unreadable]]:
    """Return the folder's documents in path order, and what could not be read of it.

    `on_file(path, done, total)` is called before each file. Raises DocumentError if `root` is no
    folder.
    """
    if not root.is_dir():
        raise DocumentError(f"There is no folder {root}: name the folder that holds the manuals.")
    paths, unreadable = _files(root)
    documents: list[Document] = []
    for done, path in enumerate(paths):
        name = _name(path, root)
        if on_file is not None:
            on_file(name, done, len(paths))
        try:
            document = _read(path, name)
        except DocumentError as error:
            unreadable.append(Unreadable(name, str(error)))
        except OSError as error:
            reason = f"The file cannot be opened ({error.strerror}): check its rights and its link."
            unreadable.append(Unreadable(name, reason))
        except RecursionError:
            reason = "The file nests too deep to be read: export it in a simpler form."
            unreadable.append(Unreadable(name, reason))
        else:
            documents.append(document)
            unreadable += _problem_pages(document)
    return documents, sorted(unreadable, key=lambda line: (line.path, line.page or 0))


def _files(root: Path) -> tuple[list[Path], list[Unreadable]]:
    paths: list[Path] = []
    unreadable: list[Unreadable] = []

    def refuse(path: Path, reason: str) -> None:
        unreadable.append(Unreadable(_name(path, root), reason))

    def closed(error: OSError) -> None:
        reason = f"The folder cannot be opened ({error.strerror}): check its rights."
        refuse(Path(error.filename), reason)

    for folder, subfolders, names in os.walk(root, onerror=closed):
        if _RUN_FILES.issubset(names):
            subfolders.clear()
            refuse(Path(folder), "The folder of a run is not read: what is in it was made here.")
            continue
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in subfolders:
            if (link := Path(folder, name)).is_symlink():
                refuse(link, "A link to a folder is not followed: put the folder itself here.")
        shown = [name for name in names if not name.startswith(".") and name not in _SETTINGS]
        paths += [Path(folder, name) for name in shown]
    return sorted(paths, key=lambda path: _name(path, root)), unreadable


def _name(path: Path, root: Path) -> str:
    """Return the path below the root; bytes of a name that are no text are written as escapes."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def _problem_pages(document: Document) -> list[Unreadable]:
    return [
        Unreadable(document.path, page.problem, page.number)
        for page in document.pages
        if page.problem is not None
    ]


def _read(path: Path, name: str) -> Document:
    if not path.stat().st_size:
        raise DocumentError("The file is empty: export it again or remove it.")
    draft = _reader(path.suffix.lower())(path)
    layout = lay_out(draft)
    if not layout.text and not any(page.problem for page in draft.pages):
        raise DocumentError(
            "The file holds no text of its own, only settings, tags or empty pages: export it with "
            "its text, or remove it."
        )
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    first_heading = next((titles[-1] for titles, _, _ in layout.sections if titles), None)
    return Document(
        id=sha256(f"{name}\0{digest}".encode()).hexdigest()[:12],
        path=name,
        sha256=digest,
        title=draft.title or first_heading or path.stem,
        text=layout.text,
        pages=tuple(_page(span, layout.text[span.start : span.end]) for span in layout.pages),
        sections=tuple(Section(*section) for section in layout.sections),
        paged=draft.paged,
        metadata=draft.metadata,
    )


def _page(span: Span, text: str) -> Page:
    problem = span.problem or contents_problem(text.split("\n"))
    return Page(span.number, span.start, span.end, detect(text), problem)


def _reader(suffix: str) -> Callable[[Path], Draft]:
    """Return the reader for the suffix; a folder pays only for the formats it holds."""
    match suffix:
        case ".json":
            from tools.read_json import read_json as read
        case ".jsonl":
            from tools.read_json import read_json_lines as read
        case ".md" | ".markdown":
            from tools.read_markdown import read_markdown as read
        case ".html" | ".htm":
            from tools.read_html import read_html as read
        case ".pdf":
            from tools.read_pdf import read_pdf as read
        case ".txt":
            from tools.read_text import read_text as read
        case _:
            kind = f"Files ending in {suffix}" if suffix else "Files without a suffix"
            raise DocumentError(f"{kind} are not read: convert this one to {_SUFFIXES}.")
    return read
