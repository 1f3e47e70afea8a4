"""Owners: passages that are on one model each, which only the head of a table's column names.

`judging` asks whether an answer gives to one model what only the passage on another one says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from checks.facts.bindings import Place, places, rows
from checks.facts.readings import name_of_number

Head = frozenset[str]
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Owners:
    """The words that tell each passage's model from the others', and the places of each passage."""

    common: Head
    of_places: Mapping[int, Head]

    def is_other(self, stated: Sequence[Place], own: Sequence[Place]) -> bool:
        """Say whether an answer names one passage's model, and a fact stands only in others."""
        said = {name for fact in stated for name in fact.beside}
        known = set(self.of_places.values())
        named = {head for head in known if head <= said and (head or self.common & said)}
        # "The Ares 20 and the Ares 20 Plus" are two, though one name holds the other.
        if sum(name_of_number(fact.number) in self.common for fact in stated) <= 1:
            named = {head for head in named if not any(head < other for other in named)}
        mine = [self.of_places.get(id(place)) for place in own]
        return len(named) == 1 and all(head is not None and head not in named for head in mine)


def owners(texts: Sequence[str], language: str) -> Owners:
    """Return the owners of passages, where there are several of which each names one."""
    heads = {text: _sole(text, language) for text in texts}
    named = {text: head for text, head in heads.items() if head}
    if len(set(named.values())) < _SEVERAL:
        return Owners(frozenset(), {})
    common = Head.intersection(*named.values())
    return Owners(
        common,
        {
            id(place): head - common
            for text, head in named.items()
            for place in places(text, language)
        },
    )


def _sole(text: str, language: str) -> Head:
    """Return the one head of a text's columns that holds a code; empty without or with more."""
    heads: Collection[tuple[str, ...]] = {
        head
        for row in rows(text, language)
        for head in row.heads
        if any(name[0] == "#" for name in head)
    }
    return frozenset(next(iter(heads))) if len(heads) == 1 else frozenset()
