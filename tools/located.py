"""LocatedIndex: an Elasticsearch index that was there before the run, found back in the documents.

Only the search is the index's. What a hit says is looked up in the run's own documents by its text:
passages, spans and pages come from there. A hit that is not found there is never shown or cited,
and `on_lost` is told of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from tools.documents import Document
from tools.index import Hit
from tools.library import Library
from tools.passages import Passage, passage_at, split

LEAST_LIKENESS = 90.0
"""Of 100, from which a text counts as found in the document that it says it is from."""
LEAST_ANYWHERE = 98.0
"""The same where it does not say: siblings differ in little but the values that matter."""
_LIKELIEST = 3
_WIDER = 4
_MOST = 1000
_LONGEST = 20_000
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Lead:
    """What an index that was there before says: a text, and the file that it should stand in."""

    id: str
    score: float
    text: str
    file: str | None


class Leads(Protocol):
    """An index that was there before, as something to search."""

    async def check(self) -> None:
        """Raise ServiceDownError or IndexUnavailableError when it cannot be searched."""
        ...

    async def find(
        self, query: str, k: int, *, machine: str | None, language: str | None
    ) -> list[Lead]:
        """Return at most `k` leads, best first."""
        ...

    async def count(self) -> int:
        """Return how many passages are stored."""
        ...


class LocatedIndex:
    """An Index that follows the leads of one that was there before."""

    def __init__(
        self,
        leads: Leads,
        library: Callable[[], Library],
        on_lost: Callable[[str, str], None],
    ) -> None:
        """Prepare the index; `library` is asked for the run's documents at the first search."""
        self._leads = leads
        self._open_library = library
        self._on_lost = on_lost
        self._located: dict[tuple[str, str | None, str | None], Passage | None] = {}
        self._split: dict[str, list[Passage]] = {}

    async def fill(self, content: str, batches: Iterable[Sequence[Passage]]) -> None:
        """Leave the index as it is, and see that there is one."""
        await self.check()

    async def check(self) -> None:
        """Raise ServiceDownError or IndexUnavailableError when the index cannot be searched."""
        await self._leads.check()

    async def search(
        self,
        query: str,
        *,
        k: int,
        machine: str | None = None,
        document: str | None = None,
        language: str | None = None,
    ) -> list[Hit]:
        """Return at most `k` hits that are found in the documents, best first."""
        wider = min(max(k, 0) * _WIDER, _MOST)
        found = await self._leads.find(query, wider, machine=machine, language=language)
        hits: dict[str, tuple[Passage, float]] = {}
        for lead in found:
            passage = self._passage(lead, machine, document)
            if passage and language in (None, passage.language):
                hits.setdefault(passage.id, (passage, lead.score))
        best = list(hits.values())[:k]
        return [Hit(p, score, rank, "located") for rank, (p, score) in enumerate(best, start=1)]

    async def get(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with these ids, in the order asked, leaving out impossible ones."""
        return [passage for id in ids if (passage := self._by_id(id))]

    async def neighbours(
        self, passage_id: str, *, before: int = 1, after: int = 1
    ) -> list[Passage]:
        """Return the passages around this one in its document, itself included, in text order."""
        middle = self._by_id(passage_id)
        if middle is None:
            return []
        beside = self._passages(self._library.document(middle.document_id))
        above = [p for p in beside if p.end <= middle.start]
        below = [p for p in beside if p.start >= middle.end]
        return [*above[max(0, len(above) - before) :], middle, *below[:after]]

    async def pages(self, document: str, first: int, last: int) -> list[Passage]:
        """Return the passages of the document that touch these pages, in text order."""
        known = self._by_path.get(document)
        passages = self._passages(known) if known else []
        return [p for p in passages if p.pages[0] <= last and first <= p.pages[1] and first <= last]

    async def count(self) -> int:
        """Return how many passages are stored."""
        return await self._leads.count()

    @cached_property
    def _library(self) -> Library:
        return self._open_library()

    @cached_property
    def _by_path(self) -> dict[str, Document]:
        return {document.path: document for document in self._library.documents}

    @cached_property
    def _words(self) -> dict[str, set[str]]:
        return {d.id: set(_WORD.findall(d.text)) for d in self._library.documents}

    def _passage(self, lead: Lead, machine: str | None, document: str | None) -> Passage | None:
        """Return the hit as a passage of the wanted documents, None when it is in none of them."""
        key = (lead.id, machine, document)
        if key not in self._located:
            self._located[key] = self._locate(lead, machine, document)
        return self._located[key]

    def _locate(self, lead: Lead, machine: str | None, document: str | None) -> Passage | None:
        text, file = lead.text.strip(), lead.file
        named = _called(file, self._library.documents)
        wanted = [d for d in named if machine in (None, d.machine) and document in (None, d.path)]
        least = LEAST_ANYWHERE if file is None else LEAST_LIKENESS
        fits = 0 < len(text) <= _LONGEST
        span = best_span(text, self._likeliest(text, wanted), least) if fits else None
        if span is None:
            # A hit of another machine's manual is left out, and not lost.
            if len(wanted) == len(named):
                self._on_lost(lead.id, file or "")
            return None
        return passage_at(*span)

    def _likeliest(self, text: str, documents: Sequence[Document]) -> list[Document]:
        """Return the few documents that hold most of the text's words."""
        words = set(_WORD.findall(text))
        by_words = sorted(documents, key=lambda d: (-len(words & self._words[d.id]), d.path))
        return by_words[:_LIKELIEST]

    def _by_id(self, passage_id: str) -> Passage | None:
        """Return the passage of an id that an earlier search, or a resumed run, has shown."""
        document_id, _, span = passage_id.partition(":")
        start, _, end = span.partition("-")
        document = next((d for d in self._library.documents if d.id == document_id), None)
        if document is None or not (start.isdecimal() and end.isdecimal()):
            return None
        first, last = int(start), int(end)
        if not first < last <= min(len(document.text), first + _LONGEST):
            return None
        return passage_at(document, first, last)

    def _passages(self, document: Document) -> list[Passage]:
        if document.id not in self._split:
            self._split[document.id] = split(document)
        return self._split[document.id]


def _called(file: str | None, documents: Sequence[Document]) -> Sequence[Document]:
    """Return the documents that an index's file name means: by path, else by name, else by stem."""
    if file is None:
        return documents
    asked = PurePosixPath(file.replace("\\", "/").casefold())
    paths = [(PurePosixPath(document.path.casefold()), document) for document in documents]
    ways: tuple[Callable[[PurePosixPath], bool], ...] = (
        lambda own: own == asked,
        lambda own: own.name == asked.name,
        lambda own: own.stem in (asked.name, asked.stem),
    )
    found = ([document for own, document in paths if way(own)] for way in ways)
    return next((those for those in found if those), list[Document]())


def best_span(
    text: str, documents: Sequence[Document], least: float
) -> tuple[Document, int, int] | None:
    """Return where the text stands best, None when it stands nowhere well enough."""
    from rapidfuzz import fuzz

    best: tuple[float, Document, int, int] | None = None
    for document in documents:
        start = document.text.find(text)
        if start >= 0:
            return document, start, start + len(text)
        if len(document.text) < len(text):
            continue
        found = fuzz.partial_ratio_alignment(text, document.text, score_cutoff=least)
        if found and (best is None or found.score > best[0]):
            best = (found.score, document, found.dest_start, found.dest_end)
    if best is None:
        return None
    _, document, start, end = best
    return document, *_whole_words(document.text, start, end)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    part = text[start:end]
    return end - len(part.lstrip()), start + len(part.rstrip())
