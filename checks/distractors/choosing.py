"""Distractors: hard passages that may stand beside the oracle because they do not hold the answer.

A passage that holds the answer poisons the row, and so does another value for the same question:
another machine's, too, unless the question itself names its machine and no other one; another
part's, unless it names the part by its code. That a row's system prompt or a search's filter names
it is not enough, for a question outlives both: whoever trains on the columns, or copies the
question, meets two torques and nothing that says whose they are. A machine that nothing says is no
other one. The graph builds a row's context with these.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf
from typing import Literal, TypeVar

from checks.distractors.compared import near_identical, version_of
from checks.distractors.support import (
    Answered,
    contradicts,
    gives_other_values,
    is_of_another_code,
    supports,
)
from checks.names import mentioned
from tools.index import Hit
from tools.passages import Passage

T = TypeVar("T")
Relation = Literal[
    "oracle",
    "same_machine",
    "sibling",
    "sibling_contrast",
    "other_machine",
    "same_document",
    "other_document",
]
"""What a passage is to the oracles: its machine, or its document where a machine is not known.

A sibling contrast is the sibling's version of a cited sentence, with another value.
"""

_SIBLINGS = 4
"""How many of the siblings' passages, the hardest, are looked at for a contrast."""
_VARIETY = 0.9
"""What a passage's score is worth for each one of its relation that was chosen before it."""
_REPEATED = 0.8
"""What it is worth for each one of another document that was chosen before and reads the same.

Siblings share most sections and a search shows them side by side, but a repeat teaches little.
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage of a context, and what it is to the oracles."""

    passage: Passage
    relation: Relation


def choose(
    asked: Answered,
    oracles: Sequence[Passage],
    hits: Sequence[Hit],
    families: Mapping[str, str | None],
    *,
    k: int,
    seed: str,
    beside: Sequence[Placed] = (),
) -> list[Placed]:
    """Return at most `k` of the hits that are safe beside the oracles and `beside`, hardest first.

    A sibling contrast goes first, then the best score, with some variety of relations and texts;
    equal ones in an order of the seed. `families` are those of the machines, by code.
    """
    best = {hit.passage.id: hit for hit in sorted(hits, key=lambda hit: hit.score)}
    ordered = sorted(_shuffled(sorted(best), seed), key=lambda id: -best[id].score)
    relations: dict[str, Relation] = {
        id: _relation(best[id].passage, oracles, families) for id in ordered
    }
    is_named = _names_its_machine(asked)
    siblings = [id for id in ordered if relations[id] == "sibling"][:_SIBLINGS] if is_named else []
    contrasts = (id for id in siblings if gives_other_values(best[id].passage.text, asked))
    first = next(contrasts, None)
    chosen: list[Placed] = []
    taken = Counter[Relation]()
    repeats = Counter[str]()

    def worth(id: str) -> float:
        known = _VARIETY ** taken[relations[id]] * _REPEATED ** repeats[id]
        return inf if id == first else best[id].score * known

    left = [(-worth(id), place, id) for place, id in enumerate(ordered)]
    heapify(left)
    while left and len(chosen) < k:
        known, place, id = heappop(left)
        passage, relation = best[id].passage, relations[id]
        others = [placed.passage for placed in (*beside, *chosen)]
        same = [other for other in others if near_identical(passage.text, other.text)]
        repeats[id] = len(same)
        # What is chosen only ever lowers the worth of what is left.
        if -worth(id) > known:
            heappush(left, (-worth(id), place, id))
            continue
        is_told_apart = is_named and relation in ("sibling", "other_machine")
        if (
            not any(other.document_id == passage.document_id for other in same)
            and _is_new(passage, oracles)
            and _is_safe(passage, oracles, asked, is_told_apart=is_told_apart)
        ):
            chosen.append(Placed(passage, _told(relation, passage, asked)))
            taken[relation] += 1
    return chosen


def arrange(oracles: Sequence[Passage], chosen: Sequence[Placed], *, seed: str) -> list[Placed]:
    """Return the context: oracles and distractors in an order that the seed decides."""
    return _shuffled([*(Placed(oracle, "oracle") for oracle in oracles), *chosen], seed)


def _relation(
    passage: Passage, oracles: Sequence[Passage], families: Mapping[str, str | None]
) -> Relation:
    own = {oracle.machine for oracle in oracles}
    if passage.machine is None or None in own:
        documents = {oracle.document for oracle in oracles}
        return "same_document" if passage.document in documents else "other_document"
    if passage.machine in own:
        return "same_machine"
    related = {families.get(code) for code in own if code} - {None}
    return "sibling" if families.get(passage.machine) in related else "other_machine"


def _told(relation: Relation, passage: Passage, asked: Answered) -> Relation:
    """Return the relation, a sibling's other value told apart from its other passages."""
    is_contrast = relation == "sibling" and gives_other_values(passage.text, asked)
    return "sibling_contrast" if is_contrast else relation


def _names_its_machine(asked: Answered) -> bool:
    """Say whether the question names its machine, and no other one that it may be about as well."""
    named = mentioned(asked.question, (*asked.names, *asked.others))
    return bool(named) and set(named) <= set(asked.names)


def _is_new(passage: Passage, oracles: Sequence[Passage]) -> bool:
    return not any(
        _overlap(passage, oracle) or near_identical(passage.text, oracle.text) for oracle in oracles
    )


def _is_safe(
    passage: Passage, oracles: Sequence[Passage], asked: Answered, *, is_told_apart: bool
) -> bool:
    """Say whether the passage holds neither the answer nor, for the same question, another one."""
    if supports(passage.text, asked):
        return False
    is_told_apart |= is_of_another_code(passage.text, [oracle.text for oracle in oracles], asked)
    return is_told_apart or not (
        contradicts(passage.text, asked)
        or any(version_of(oracle.text, passage.text, asked.language) for oracle in oracles)
    )


def _overlap(a: Passage, b: Passage) -> bool:
    return a.document_id == b.document_id and a.start < b.end and b.start < a.end


def _shuffled(items: Sequence[T], seed: str) -> list[T]:
    digest = hashlib.sha256(seed.encode(errors="replace")).digest()
    return random.Random(digest).sample(items, len(items))
