"""What would stand beside the oracle: the distractors that a run chooses, and those of other ways.

Plain top-k; the best that a perfect screen would leave, which no safe choice can exceed; random.
`bench.distractors` measures all on the same questions and index.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from bench.poison import content, poison
from bench.questions import Folder, Question
from checks.distractors import Answered, Placed, choose
from checks.names import naming
from tools.embedded import EmbeddedIndex
from tools.index import Index
from tools.mining import mine
from tools.passages import Passage

Arm = Literal["chosen", "top-k", "best possible", "random"]
ARMS: Sequence[Arm] = get_args(Arm)
BEST: Arm = "best possible"
_SCORED = 2000
_SAME_WORDS = 0.9


@dataclass(frozen=True, slots=True)
class Context:
    """The distractors of one question, taken in each way; `scores` are BM25 by passage id."""

    placed: list[Placed]
    taken: Mapping[Arm, Sequence[Passage]]
    scores: Mapping[str, float]
    milliseconds: float


@asynccontextmanager
async def indexed(passages: Sequence[Passage]) -> AsyncGenerator[Index]:
    """Yield an embedded index of the passages, in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder))
        await index.fill("bench", [passages])
        yield index


async def context_of(
    question: Question, index: Index, manuals: Folder, *, k: int, seed: str
) -> Context:
    """Return what each way takes for the question; the oracles never."""
    language = question.labelled.language
    placed, milliseconds = await _chosen(question, index, manuals, k, seed)
    hits = await index.search(question.text, k=_SCORED, language=language or None)
    others = [hit.passage for hit in hits if hit.passage not in question.oracles]
    any_other = [
        passage
        for passage in manuals.passages
        if passage.language == language and passage not in question.oracles
    ]
    taken: dict[Arm, Sequence[Passage]] = {
        "chosen": [each.passage for each in placed],
        "top-k": others[:k],
        BEST: list(islice((p for p in others if not poison(p, question.labelled)), k)),
        "random": random.Random(seed).sample(any_other, min(k, len(any_other))),
    }
    return Context(placed, taken, {hit.passage.id: hit.score for hit in hits}, milliseconds)


async def _chosen(
    question: Question, index: Index, manuals: Folder, k: int, seed: str
) -> tuple[list[Placed], float]:
    """Return the distractors as a run chooses them, and the CPU time of choosing."""
    language = question.labelled.language
    own = next((m for m in manuals.machines if m.code == question.oracles[0].machine), None)
    names = naming(own, manuals.machines)
    asked = Answered(
        question.text, question.answer, (question.quote,), language, names.own, names.others
    )
    families = {machine.code: machine.family for machine in manuals.machines}
    chosen: list[Placed] = []
    spent = 0.0
    mined = mine(index, question.text, question.oracles, wanted=k, language=language)
    async with aclosing(mined) as batches:
        async for hits in batches:
            began = time.process_time()
            left = k - len(chosen)
            chosen += choose(
                asked, question.oracles, hits, families, k=left, seed=seed, beside=chosen
            )
            spent += time.process_time() - began
            if len(chosen) == k:
                break
    return chosen, 1000 * spent


def repeated(taken: Sequence[Passage]) -> int:
    """Return how many of the passages say in the same words what one before them says."""
    words = [frozenset(content(passage.text, passage.language)) for passage in taken]
    return sum(
        any(len(mine & its) >= _SAME_WORDS * len(mine | its) for its in words[:at])
        for at, mine in enumerate(words)
    )
