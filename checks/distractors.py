"""Distractors: hard passages that may stand beside the oracle because they do not hold the answer.

A passage that holds the answer poisons the row; so does another machine's value where the question
does not say which machine it means. The graph builds a row's context with these.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rapidfuzz import fuzz

from checks.facts import numbers
from checks.support import Answered, contradicts, gives_other_values, supports, version_of
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

_NEAR = 92
_VARIETY = 0.9
"""What a passage's score is worth for each one of its relation that was chosen before it."""
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Machines:
    """What is known of machines: whether the question names its own, and families by code."""

    named: bool = False
    families: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage of a context, and what it is to the oracles."""

    passage: Passage
    relation: Relation


def choose(
    asked: Answered,
    oracles: Sequence[Passage],
    hits: Sequence[Hit],
    machines: Machines,
    *,
    k: int,
    seed: str,
    beside: Sequence[Placed] = (),
) -> list[Placed]:
    """Return at most `k` of the hits that are safe beside the oracles and `beside`, hardest first.

    The best score goes first, with some variety of relations; equal ones in an order of the seed.
    """
    scores = {hit.passage: hit.score for hit in sorted(hits, key=lambda hit: hit.score)}
    left = sorted(scores, key=lambda passage: (-scores[passage], _drawn(seed, passage.id)))
    relations: dict[Passage, Relation] = {
        passage: _relation(passage, oracles, machines) for passage in left
    }
    chosen: list[Placed] = []
    taken = Counter[Relation]()

    def worth(passage: Passage) -> float:
        return scores[passage] * _VARIETY ** taken[relations[passage]]

    while left and len(chosen) < k:
        passage = max(left, key=worth)
        left.remove(passage)
        others = [*oracles, *(placed.passage for placed in (*beside, *chosen))]
        relation = relations[passage]
        if _is_safe(passage, relation, asked, oracles, others, machines):
            chosen.append(Placed(passage, _told(relation, passage, asked)))
            taken[relation] += 1
    return chosen


def arrange(oracles: Sequence[Passage], chosen: Sequence[Placed], *, seed: str) -> list[Placed]:
    """Return the context: oracles and distractors in an order that the seed decides."""
    placed = [*(Placed(oracle, "oracle") for oracle in oracles), *chosen]
    random.Random(hashlib.sha256(seed.encode(errors="replace")).digest()).shuffle(placed)
    return placed


def near_identical(a: str, b: str) -> bool:
    """Say whether two passages repeat each other: hardly a word differs, and no number does."""
    first, second = (_SPACE.sub(" ", text).strip().casefold() for text in (a, b))
    if first == second:
        return True
    if fuzz.ratio(first, second, score_cutoff=_NEAR) == 0:
        return False
    return {n.value for n in numbers(a)} == {n.value for n in numbers(b)}


def _relation(passage: Passage, oracles: Sequence[Passage], machines: Machines) -> Relation:
    own = {oracle.machine for oracle in oracles}
    if passage.machine is None or None in own:
        documents = {oracle.document for oracle in oracles}
        return "same_document" if passage.document in documents else "other_document"
    if passage.machine in own:
        return "same_machine"
    families = {machines.families.get(code) for code in own if code} - {None}
    return "sibling" if machines.families.get(passage.machine) in families else "other_machine"


def _told(relation: Relation, passage: Passage, asked: Answered) -> Relation:
    """Return the relation, a sibling's other value told apart from its other passages."""
    is_contrast = relation == "sibling" and gives_other_values(passage.text, asked)
    return "sibling_contrast" if is_contrast else relation


def _is_safe(
    passage: Passage,
    relation: Relation,
    asked: Answered,
    oracles: Sequence[Passage],
    others: Sequence[Passage],
    machines: Machines,
) -> bool:
    """Say whether the passage neither holds the answer nor, for the same question, another one."""
    if any(_overlap(passage, oracle) for oracle in oracles):
        return False
    if any(near_identical(passage.text, other.text) for other in others):
        return False
    if supports(passage.text, asked):
        return False
    if machines.named and relation in ("sibling", "other_machine"):
        return True
    return not contradicts(passage.text, asked) and not any(
        version_of(oracle.text, passage.text, asked.language) for oracle in oracles
    )


def _overlap(a: Passage, b: Passage) -> bool:
    return a.document_id == b.document_id and a.start < b.end and b.start < a.end


def _drawn(seed: str, id: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{id}".encode(errors="replace")).digest()
