"""Library: the normalised documents of a run folder, written once and read by every later step.

`ID.txt` holds a document's text, `documents.jsonl` the rest; every span of a run counts in these.
`machines.json` keeps the machines as the run first saw them.
"""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

from tools.documents import Document, DocumentError, Page, Section
from tools.machines import Machine

DOCUMENTS, LIST, MACHINES_KEPT = "documents", "documents.jsonl", "machines.json"
_NUMBERING = re.compile(r"\s*\d+(?:\.\d+)*[.)]?\s+(?=\D)")
_Span = TypeVar("_Span", Page, Section)


class Library:
    """The documents of a run, in path order, and where an offset lies in them."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)
        self._by_id = {document.id: document for document in self.documents}
        self._by_path = {document.path: document for document in self.documents}

    @classmethod
    def write(cls, folder: Path, documents: Iterable[Document]) -> Self:
        """Save the documents in the folder, each file whole or not at all."""
        library = cls(documents)
        folder.mkdir(parents=True, exist_ok=True)
        for document in library.documents:
            write_whole(folder / f"{document.id}.txt", document.text)
        write_whole(folder / LIST, "".join(map(_line, library.documents)))
        return library

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read the documents back; raises DocumentError when the folder is broken."""
        try:
            lines = (folder / LIST).read_text("utf-8").splitlines()
            return cls([_document(folder, json.loads(line)) for line in lines])
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DocumentError(
                f"The documents in {folder} cannot be read ({error}): start a run in a new folder."
            ) from error

    def document(self, document_id: str) -> Document:
        """Return the document with the id; raises DocumentError for an unknown one."""
        return _known(self._by_id, document_id)

    def by_path(self, path: str) -> Document:
        """Return the document at the path, relative to the manuals; raises DocumentError."""
        return _known(self._by_path, path)

    @cached_property
    def by_heading(self) -> Mapping[tuple[str | None, str], Sequence[tuple[Document, Section]]]:
        """The sections of each machine's documents by their own headings, numbering aside."""
        found: dict[tuple[str | None, str], list[tuple[Document, Section]]] = {}
        for document in self.documents:
            for section in document.sections:
                if heading := heading_of(section.path):
                    found.setdefault((document.machine, heading), []).append((document, section))
        return found

    def page_at(self, document: Document, offset: int) -> Page:
        """Return the page that holds the character at the offset."""
        return _at(document.pages, offset, lambda page: page.start)

    def section_at(self, document: Document, offset: int) -> Section:
        """Return the section that holds the character at the offset."""
        return _at(document.sections, offset, lambda section: section.start)


def heading_of(path: Sequence[str]) -> str:
    """Return the last heading of a path in small letters, without its number."""
    return _NUMBERING.sub("", path[-1]).casefold().strip() if path else ""


def _known(documents: dict[str, Document], key: str) -> Document:
    if key not in documents:
        raise DocumentError(f"There is no document {key} in this run.")
    return documents[key]


def _at(spans: Sequence[_Span], offset: int, start: Callable[[_Span], int]) -> _Span:
    if not spans or not 0 <= offset < spans[-1].end:
        raise DocumentError(f"The document has no character at offset {offset}.")
    return spans[bisect_right(spans, offset, key=start) - 1]


def _line(document: Document) -> str:
    record = asdict(document)
    del record["text"]
    return json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n"


def _document(folder: Path, record: dict[str, Any]) -> Document:
    record["pages"] = tuple(Page(**page) for page in record["pages"])
    record["sections"] = tuple(
        Section(tuple(section["path"]), section["start"], section["end"])
        for section in record["sections"]
    )
    with (folder / f"{record['id']}.txt").open(encoding="utf-8", newline="") as file:
        text = file.read()
    if record["pages"] and record["pages"][-1].end != len(text):
        raise ValueError(f"{record['id']}.txt is not the text that was saved")
    return Document(text=text, **record)


def write_machines(path: Path, machines: Iterable[Machine]) -> None:
    """Save the machines, whole or not at all."""
    write_whole(path, json.dumps([asdict(m) for m in machines], ensure_ascii=False, indent=1))


def read_machines(path: Path) -> list[Machine]:
    """Read the machines back; none where none were saved."""
    if not path.exists():
        return []
    try:
        records: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
        for record in records:
            record["aliases"] = tuple(record["aliases"])
        return [Machine(**record) for record in records]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DocumentError(
            f"{path} cannot be read ({error}): start a run in a new folder."
        ) from error


def write_whole(path: Path, content: str | memoryview) -> None:
    """Write a file so that a reader sees all of it or none, also after a crash."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
