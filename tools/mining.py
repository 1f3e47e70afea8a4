"""Mining: what a search finds beside the passages that answer a question, nearest first.

The graph and the benches take distractors from here; whether one is safe is not decided here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence

from tools.index import Hit, Index
from tools.passages import Passage

_HITS = 12
_OWN_HITS = 6
_WIDER_HITS = 60


async def mine(
    index: Index, question: str, oracles: Sequence[Passage], *, wanted: int, language: str
) -> AsyncGenerator[list[Hit]]:
    """Yield batches of hits for `wanted` passages, each asked for only when the last was too few.

    Hits of any machine and of the oracles' own; all those of a wider search, past the copies that
    siblings share; what reads like an oracle; what stands around one, for a corpus of few pages.
    No passage comes in two batches, and no oracle in any.
    """
    seen = {oracle.id for oracle in oracles}

    def new(hits: Iterable[Hit]) -> list[Hit]:
        found = [hit for hit in hits if hit.passage.id not in seen]
        seen.update(hit.passage.id for hit in found)
        return found

    within = language or None
    hits = await index.search(question, k=wanted * _HITS, language=within)
    for machine in sorted({oracle.machine for oracle in oracles if oracle.machine}):
        hits += await index.search(question, k=wanted * _OWN_HITS, machine=machine, language=within)
    yield new(hits)
    yield new(await index.search(question, k=wanted * _WIDER_HITS, language=within))
    for oracle in oracles:
        yield new(await index.search(oracle.text, k=wanted * _HITS, language=within))
    for oracle in oracles:
        around = await index.neighbours(oracle.id, before=wanted, after=wanted)
        same = [passage for passage in around if passage.language == language]
        yield new(Hit(passage, 0.0, rank, "near") for rank, passage in enumerate(same, start=1))
