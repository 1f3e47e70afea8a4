"""Keeping test questions out of training: section keys, and splits that never part a group.

Rows that share a section key, directly or through other rows, form a group; a group is dealt whole.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

Split = Literal["train", "validation", "test"]


def section_key(text: str) -> str:
    """Return a hash that equal sections share, whatever their case, white space or Unicode form."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(folded.encode(errors="replace")).hexdigest()


def assign_splits(
    keys: Sequence[Sequence[str]],
    *,
    test_share: float,
    validation_share: float = 0.1,
    seed: int = 0,
) -> list[Split]:
    """Deal rows to splits so that rows sharing a key stay together.

    Test is dealt first, to its share of all rows; validation is a share of the rest. Shares are met
    as closely as whole groups allow, and train is never empty.
    """
    groups = _groups(keys)
    random.Random(seed).shuffle(groups)
    rest, test = _deal(groups, test_share)
    _, validation = _deal(rest, validation_share)
    splits: list[Split] = ["train"] * len(keys)
    for row in test:
        splits[row] = "test"
    for row in validation:
        splits[row] = "validation"
    return splits


def _groups(keys: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return the rows connected by keys, each group and the groups in row order."""
    parent = list(range(len(keys)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[str, int] = {}
    for row, of_row in enumerate(keys):
        for key in of_row:
            parent[root(row)] = root(first.setdefault(key, row))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for row in range(len(keys)):
        groups[root(row)].append(row)
    return list(groups.values())


def _deal(groups: list[list[int]], share: float) -> tuple[list[list[int]], list[int]]:
    """Return the groups that stay, and the rows of those taken: as near to the share as can be."""
    rows = sum(map(len, groups))
    target = round(rows * share)
    chosen = _nearest_sum([len(group) for group in groups], target, limit=rows - 1)
    taken = [row for index in sorted(chosen) for row in groups[index]]
    return [group for index, group in enumerate(groups) if index not in chosen], taken


def _nearest_sum(sizes: Sequence[int], target: int, *, limit: int) -> set[int]:
    """Return the indices whose sizes add up nearest to `target`, at most `limit`.

    Bit s of `reached` says that some sizes so far add up to s. `last[s]` is the size that reached s
    first, so walking back from a sum meets ever earlier indices.
    """
    mask = (1 << (min(limit, 2 * target) + 1)) - 1
    reached, last = 1, dict[int, int]()
    for index, size in enumerate(sizes):
        if reached >> target & 1:
            break
        new = (reached << size) & mask & ~reached
        reached |= new
        while new:
            total = (new & -new).bit_length() - 1
            last[total] = index
            new &= new - 1
    total = min([0, *last], key=lambda s: (abs(s - target), s))
    chosen: set[int] = set()
    while total:
        chosen.add(last[total])
        total -= sizes[last[total]]
    return chosen
