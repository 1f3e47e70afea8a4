"""The Index protocol: what every search engine behind the agents must do, and its Hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal, Protocol

from tools.passages import Passage

SearchKind = Literal["bm25", "knn", "hybrid"]
"""By words, by meaning, or by both, fused by reciprocal rank."""


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

    async def fill(self, content: str, batches: Iterable[Sequence[Passage]]) -> None:
        """Make these passages the index's, unless it was filled with this content before.

        `content` is a hash of what the passages are made from. Until all are in, who searches
        finds what was there; a fill that was cut off is made again.
        """
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


RANK_CONSTANT = 60
"""Of reciprocal rank fusion: how little the first ranks stand out (Cormack et al., 2009)."""
FUSED = 50
"""How many of each ranking are fused, at least: the best of both is often in the front of none."""


def fuse(rankings: Sequence[Sequence[Hit]], k: int) -> list[Hit]:
    """Return the best `k` of several rankings by reciprocal rank, equal ones by passage id."""
    shares: dict[str, list[float]] = {}
    passages: dict[str, Passage] = {}
    for hits in rankings:
        for hit in hits:
            passages[hit.passage.id] = hit.passage
            shares.setdefault(hit.passage.id, []).append(1 / (RANK_CONSTANT + hit.rank))
    # fsum: the same to the last bit in whatever order the rankings come.
    scores = {id: fsum(each) for id, each in shares.items()}
    best = sorted(scores, key=lambda id: (-scores[id], id))[:k]
    return [Hit(passages[id], scores[id], rank, "hybrid") for rank, id in enumerate(best, start=1)]
