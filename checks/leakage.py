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
from dataclasses import dataclass
from typing import Literal, get_args

from checks.contained import contained_pairs
from checks.groups import Groups
from checks.similar import near_pairs

Kind = Literal["question", "answer and evidence", "passage", "section", "machine family", "origin"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Lower than what a reader calls a near repeat, so that a repeat at the border is kept together.
_NEAR_QUESTION = 0.75
_NEAR_TEXT = 0.7


@dataclass(frozen=True, slots=True)
class Held:
    """What of a row may also be another's.

    `passages` are those that hold the answer. `sections` are keys of the cited sections,
    `section_clusters` keys that their near repeats and translations share. `family` is given where
    the split is by family; `origin` is the id of the row that this one was derived from.
    """

    id: str
    question: str
    answer: str
    evidence: tuple[str, ...]
    passages: tuple[str, ...]
    sections: tuple[str, ...]
    section_clusters: tuple[str, ...] = ()
    family: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows, by id, that share something: word for word, or (not `exact`) nearly."""

    kind: Kind
    exact: bool
    rows: tuple[str, ...]


def folded(text: str) -> str:
    """Return the text without what two editions of it may differ in: case, space, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def section_key(text: str) -> str:
    """Return a hash that equal sections share, whatever their case, white space or Unicode form."""
    return hashlib.sha256(folded(text).encode(errors="replace")).hexdigest()


def clusters(
    texts: Mapping[str, str], also: Iterable[tuple[str, str]] = ()
) -> dict[str, tuple[str, ...]]:
    """Return, for each key, the keys of the near repeats of its text, first of them its cluster's.

    `also` are pairs of keys that belong together for another reason.
    """
    keys = sorted(texts)
    groups = Groups(keys)
    for pair in [*_near([texts[key] for key in keys], _NEAR_TEXT, contained=True)]:
        groups.join([keys[place] for place in pair])
    for pair in also:
        groups.join(pair)
    return {key: tuple(group) for group in groups.all() for key in group}


def shared_by(rows: Sequence[Held]) -> list[Shared]:
    """Return everything that two rows or more share; the order of rows changes nothing."""
    rows = sorted(rows, key=lambda row: row.id)
    return [
        *_texts("question", {r.id: (r.question,) for r in rows}, _NEAR_QUESTION),
        *_texts("answer and evidence", {r.id: _answered(r) for r in rows}, _NEAR_QUESTION),
        *_texts("passage", {r.id: r.passages for r in rows}, _NEAR_TEXT, contained=True),
        *_same("section", {r.id: r.sections for r in rows}),
        *_same("section", {r.id: r.section_clusters for r in rows}, exact=False),
        *_same("machine family", {r.id: (r.family,) if r.family else () for r in rows}),
        *_same("origin", {r.id: (r.origin or r.id,) for r in rows}),
    ]


def split_keys(rows: Sequence[Held]) -> dict[str, list[str]]:
    """Return for each row, by id, the keys that it shares with others."""
    keys: dict[str, list[str]] = {row.id: [] for row in rows}
    for number, shared in enumerate(shared_by(rows)):
        for id in shared.rows:
            keys[id].append(str(number))
    return keys


def _answered(row: Held) -> tuple[str, ...]:
    """Return the answer with its evidence: abstentions, which have none, are all alike."""
    evidence = "\n".join(sorted(row.evidence))
    return (f"{row.answer}\n{evidence}",) if evidence.strip() else ()


def _texts(
    kind: Kind, held: Mapping[str, Sequence[str]], least: float, *, contained: bool = False
) -> Iterator[Shared]:
    by_row = {id: [folded(text) for text in texts] for id, texts in held.items()}
    yield from _same(kind, by_row)
    texts = sorted({text for of_row in by_row.values() for text in of_row})
    groups = Groups(texts)
    for pair in _near(texts, least, contained=contained):
        groups.join([texts[place] for place in pair])
    first = {text: groups.first(text) for text in texts}
    near = {first[text] for text in texts if first[text] != text}
    yield from _same(
        kind,
        {id: [first[text] for text in texts if first[text] in near] for id, texts in by_row.items()},
        exact=False,
    )


def _near(texts: Sequence[str], least: float, *, contained: bool) -> Iterator[tuple[int, int]]:
    yield from near_pairs(texts, least)
    if contained:
        yield from contained_pairs(texts, least)


def _same(
    kind: Kind, held: Mapping[str, Sequence[str]], *, exact: bool = True
) -> Iterator[Shared]:
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for id, keys in held.items():
        for key in dict.fromkeys(keys):
            holders[key].append(id)
    for ids in holders.values():
        if len(ids) > 1:
            yield Shared(kind, exact, tuple(ids))
