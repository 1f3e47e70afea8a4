"""Groups: what is connected through pairs, each group named by its first member.

Splits, near texts and editions of one section are all groups of this kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")


class Groups(Generic[T]):
    """The members in the order given, joined pair by pair."""

    def __init__(self, members: Iterable[T]) -> None:
        self._parent = {member: member for member in members}
        self._place = {member: place for place, member in enumerate(self._parent)}

    def first(self, member: T) -> T:
        """Return the first member of the group that holds this one."""
        while (parent := self._parent[member]) != member:
            self._parent[member] = self._parent[parent]
            member = parent
        return member

    def join(self, members: Sequence[T]) -> None:
        """Make one group of those that hold these members."""
        for one, other in pairwise(members):
            first, later = sorted((self.first(one), self.first(other)), key=self._place.__getitem__)
            self._parent[later] = first

    def all(self) -> list[list[T]]:
        """Return the groups in the order of their first members, each in the order given."""
        found: defaultdict[T, list[T]] = defaultdict(list)
        for member in self._parent:
            found[self.first(member)].append(member)
        return list(found.values())
