"""Leakage: what two rows share that must not stand on two sides of a split.

Their question, their answer with its evidence, a passage that holds the answer, a cited section, or
the family of their machines; word for word, or nearly. `training/formats.py` splits by it, and
`training/leakage.py` counts by it what a split parted.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from checks.duplicates.similar import near_pairs
from checks.leakage.contained import joining_pairs
from checks.leakage.groups import Groups

Kind = Literal["question", "answer and evidence", "passage", "section", "machine family", "origin"]
Least = Sequence[tuple[int, float]]
KINDS: tuple[Kind, ...] = get_args(Kind)

# By runs of so many words, how much of them two texts share. Lower than what a reader calls a near
# repeat, so that a repeat at the border is kept together.
_QUESTION = ((3, 0.75), (1, 0.8))
_ANSWER = ((3, 0.75),)
_HELD = 0.7


@dataclass(frozen=True, slots=True)
class Held:
    """What of a row may also be another's.

    `passages` are those that hold the answer. `sections` gives, for the key of each cited section,
    a key that its near repeats and translations share. `family` is given where the split is by
    family; `origin` is the id of the row that this one was derived from.
    """

    id: str
    question: str
    answer: str
    evidence: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict[str, str])
    family: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows that share something: those of one part word for word, those of two parts nearly."""

    kind: Kind
    parts: tuple[frozenset[str], ...]

    @property
    def rows(self) -> frozenset[str]:
        """The ids of all that share it."""
        return frozenset[str]().union(*self.parts)


def plain_form(text: str) -> str:
    """Return the text without what two editions of it may differ in: case, space, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def section_key(text: str) -> str:
    """Return a hash that equal sections share, whatever their case, white space or Unicode form."""
    return hashlib.sha256(plain_form(text).encode(errors="replace")).hexdigest()


def section_clusters(
    texts: Mapping[str, str], editions: Sequence[tuple[str, str]] = ()
) -> dict[str, str]:
    """Return, for the key of each section, a key that its near repeats share.

    `editions` are pairs of keys, also of other sections, of which one is the other's translation.
    """
    keys = sorted(texts)
    groups = Groups([*keys, *sorted({key for pair in editions for key in pair} - {*keys})])
    for one, other in joining_pairs([texts[key] for key in keys], _HELD):
        groups.join((keys[one], keys[other]))
    for pair in editions:
        groups.join(pair)
    return {key: groups.first(key) for key in texts}


def shared_by(rows: Sequence[Held]) -> list[Shared]:
    """Return everything that two rows or more share; the order of rows changes nothing."""
    rows = sorted(rows, key=lambda row: row.id)
    clusters = {key: cluster for row in rows for key, cluster in row.sections.items()}
    return [
        *_near("question", {r.id: (r.question,) for r in rows}, _QUESTION),
        *_near("answer and evidence", {r.id: _answered(r) for r in rows}, _ANSWER),
        *_near("passage", {r.id: r.passages for r in rows}),
        *_same("section", {r.id: tuple(r.sections) for r in rows}, clusters),
        *_same("machine family", {r.id: (r.family,) if r.family else () for r in rows}),
        *_same("origin", {r.id: (r.origin or r.id,) for r in rows}),
    ]


def split_keys(ids: Iterable[str], shared: Sequence[Shared]) -> dict[str, list[str]]:
    """Return, for each row by id, the keys that it has in common with others."""
    keys: dict[str, list[str]] = {id: [] for id in ids}
    for number, each in enumerate(shared):
        for id in each.rows:
            keys[id].append(str(number))
    return keys


def _answered(row: Held) -> tuple[str, ...]:
    """Return the answer with its evidence: abstentions, which have none, are all alike."""
    evidence = "\n".join(sorted(row.evidence))
    return (f"{row.answer}\n{evidence}",) if evidence.strip() else ()


def _near(
    kind: Kind, held: Mapping[str, Sequence[str]], least: Least | None = None
) -> Iterator[Shared]:
    """Yield what rows share of texts that are alike by `least`, or hold one another without it."""
    by_row = {id: [plain_form(text) for text in texts] for id, texts in held.items()}
    texts = sorted({text for of_row in by_row.values() for text in of_row})
    groups = Groups(texts)
    for one, other in _alike(texts, least) if least else joining_pairs(texts, _HELD):
        groups.join((texts[one], texts[other]))
    yield from _same(kind, by_row, {text: groups.first(text) for text in texts})


def _alike(texts: Sequence[str], least: Least) -> Iterator[tuple[int, int]]:
    for width, share in least:
        yield from near_pairs(texts, share, width)


def _same(
    kind: Kind, held: Mapping[str, Sequence[str]], clusters: Mapping[str, str] | None = None
) -> Iterator[Shared]:
    """Yield what rows share, where things of one cluster are nearly the same."""
    holders: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for id, things in held.items():
        for thing in things:
            cluster = clusters[thing] if clusters else thing
            holders[cluster][thing].add(id)
    for parts in holders.values():
        shared = Shared(kind, tuple(map(frozenset, parts.values())))
        if len(shared.rows) > 1:
            yield shared
