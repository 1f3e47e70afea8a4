"""Distractors: hard passages that may stand beside the oracle because they do not hold the answer.

A passage that holds the answer poisons the row; so does another machine's value where the question
does not say which machine it means. The graph builds a row's context with these.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from checks.distractors.compared import near_identical, version_of
from checks.distractors.support import Answered, contradicts, gives_other_values, supports
from checks.names import mentioned
from tools.index import Hit
from tools.passages import Passage

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

    A sibling contrast goes first, then the best score, with some variety of relations; equal ones
    in an order of the seed. `families` are those of the machines, by code.
    """
    best = {hit.passage.id: hit for hit in sorted(hits, key=lambda hit: hit.score)}
    left = sorted(best, key=lambda id: (-best[id].score, _drawn(seed, id)))
    relations: dict[str, Relation] = {
        id: _relation(best[id].passage, oracles, families) for id in left
    }
    is_named = bool(mentioned(asked.question, asked.names))
    siblings = [id for id in left if relations[id] == "sibling"][:_SIBLINGS] if is_named else []
    contrasts = (id for id in siblings if gives_other_values(best[id].passage.text, asked))
    first = next(contrasts, None)
    chosen: list[Placed] = []
    taken = Counter[Relation]()

    def worth(id: str) -> float:
        return inf if id == first else best[id].score * _VARIETY ** taken[relations[id]]

    while left and len(chosen) < k:
        left.remove(id := max(left, key=worth))
        passage, relation = best[id].passage, relations[id]
        others = [*oracles, *(placed.passage for placed in (*beside, *chosen))]
        is_told_apart = is_named and relation in ("sibling", "other_machine")
        if _is_new(passage, oracles, others, asked) and (
            _is_safe(passage, oracles, asked, is_told_apart=is_told_apart)
        ):
            chosen.append(Placed(passage, _told(relation, passage, asked)))
            taken[relation] += 1
    return chosen


def arrange(oracles: Sequence[Passage], chosen: Sequence[Placed], *, seed: str) -> list[Placed]:
    """Return the context: oracles and distractors in an order that the seed decides."""
    placed = [*(Placed(oracle, "oracle") for oracle in oracles), *chosen]
    random.Random(hashlib.sha256(seed.encode(errors="replace")).digest()).shuffle(placed)
    return placed


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


def _is_new(
    passage: Passage, oracles: Sequence[Passage], others: Sequence[Passage], asked: Answered
) -> bool:
    return not any(_overlap(passage, oracle) for oracle in oracles) and not any(
        near_identical(passage.text, other.text, asked.language) for other in others
    )


def _is_safe(
    passage: Passage, oracles: Sequence[Passage], asked: Answered, *, is_told_apart: bool
) -> bool:
    """Say whether the passage holds neither the answer nor, for the same question, another one."""
    if supports(passage.text, asked):
        return False
    return is_told_apart or not (
        contradicts(passage.text, asked)
        or any(version_of(oracle.text, passage.text, asked.language) for oracle in oracles)
    )


def _overlap(a: Passage, b: Passage) -> bool:
    return a.document_id == b.document_id and a.start < b.end and b.start < a.end


def _drawn(seed: str, id: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{id}".encode(errors="replace")).digest()
