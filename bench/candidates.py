"""Candidates to time checks with: sentences of a folder's longest manual, asked about and cited.

`bench.checks` calls `candidates`. A folder without a manual of 300 pages gets one: its documents
one after the other, then again as a sibling's, with every digit changed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tools.documents import Document, read_folder
from tools.embedded import EmbeddedIndex
from tools.index import Hit
from tools.passages import Passage, split

PAGES = 300
_HITS = 20
_WINDOW = 1
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\Wa-z_])|\n+")
_DIGITS = re.compile(r"\d\S*")
_LEAST_WORDS = 7


@dataclass(frozen=True, slots=True)
class Sampled:
    """A question on one sentence, as it would come to the checks."""

    question: str
    answer: str
    quote: str
    oracle: Passage
    window: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Manual:
    """The passages of a manual of at least 300 pages."""

    name: str
    pages: int
    passages: tuple[Passage, ...]


def long_manual(folder: Path) -> Manual:
    """Return the folder's longest manual, or one of 300 pages made from all of them.

    Raises:
        ValueError: nothing in the folder can be read.
    """
    documents = sorted(read_folder(folder)[0], key=lambda each: (-len(each.pages), each.path))
    if not any(document.text for document in documents):
        raise ValueError(f"Nothing in {folder} can be read: name a folder of manuals.")
    if len(documents[0].pages) >= PAGES:
        longest = documents[0]
        return Manual(longest.path, len(longest.pages), tuple(split(longest)))
    pages, passages = 0, list[Passage]()
    for turn in count():
        for document in documents:
            if pages >= PAGES:
                name = f"{len(documents)} documents, {turn + 1} times"
                return Manual(name, pages, tuple(passages))
            pages += len(document.pages)
            passages += _sibling(document, turn)
    raise AssertionError("count() has no end")


def _sibling(document: Document, turn: int) -> Iterator[Passage]:
    """Yield the document's passages, every digit moved up by `turn`."""
    moved = str.maketrans("0123456789", "".join(str((d + turn) % 10) for d in range(10)))
    for passage in split(document):
        yield replace(
            passage,
            id=f"{turn}-{passage.id}",
            start=passage.start,
            text=passage.text.translate(moved),
        )


def candidates(manual: Manual, wanted: int, seed: int) -> list[Sampled]:
    """Return as many candidates as are wanted and there are, in an order that the seed decides."""
    found = [
        (place, sentence)
        for place, passage in enumerate(manual.passages)
        for sentence in _sentences(passage.text)
    ]
    Random(seed).shuffle(found)
    return asyncio.run(_sampled(manual.passages, found[:wanted]))


def _sentences(text: str) -> Iterator[str]:
    for piece in _SENTENCE.split(text):
        words = piece.split()
        if len(words) >= _LEAST_WORDS and not piece.startswith(("|", "#", "`")):
            yield piece.strip()


async def _sampled(passages: Sequence[Passage], found: Sequence[tuple[int, str]]) -> list[Sampled]:
    with TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder))
        await index.fill("bench", [passages])
        return [await _one(passages, place, sentence, index) for place, sentence in found]


async def _one(
    passages: Sequence[Passage], place: int, sentence: str, index: EmbeddedIndex
) -> Sampled:
    oracle = passages[place]
    question = f"{_DIGITS.sub('', sentence).rstrip(' .!:;,')}?"
    around = passages[max(0, place - _WINDOW) : place + _WINDOW + 1]
    hits = await index.search(question, k=_HITS, language=oracle.language or None)
    others = tuple(hit for hit in hits if hit.passage.id != oracle.id)
    window = "\n".join(passage.text for passage in around)
    return Sampled(question, sentence, sentence, oracle, window, others)
