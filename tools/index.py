"""The Index protocol: what every search engine behind the agents must do, and its Hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.passages import Passage


class IndexUnavailableError(Exception):
    """The index cannot be opened or searched; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found: its score, its rank from 1, and which search found it."""

    passage: Passage
    score: float
    rank: int
    source: str


class Index(Protocol):
    """Passages that can be searched, filtered by machine and document, and read by id."""

    async def add(self, passages: Sequence[Passage]) -> None:
        """Store the passages, replacing those with the same id; searchable on return."""
        ...

    async def search(
        self,
        query: str,
        *,
        k: int,
        machine: str | None = None,
        document: str | None = None,
        language: str | None = None,
    ) -> list[Hit]:
        """Return at most `k` hits, best first; any text is a valid query, an empty one finds none.

        `machine` is a machine code, `document` a document's path; each restricts the search.
        """
        ...

    async def get(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with these ids, in the order asked, leaving out unknown ones."""
        ...

    async def neighbours(
        self, passage_id: str, *, before: int = 1, after: int = 1
    ) -> list[Passage]:
        """Return the passages around this one in its document, itself included, in text order."""
        ...

    async def pages(self, document: str, first: int, last: int) -> list[Passage]:
        """Return the passages that touch these pages of the document (a path), in text order."""
        ...

    async def count(self) -> int:
        """Return how many passages are stored."""
        ...
