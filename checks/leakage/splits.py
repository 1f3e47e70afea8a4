"""Splits: rows dealt to train, validation and test so that rows that share a key stay together.

Rows that share a key, directly or through other rows, form a group, and a group is dealt whole.
Which rows share what is for `checks/leakage/keys.py` to say; `training/formats.py` calls both.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from checks.leakage.groups import Groups

Split = Literal["train", "validation", "test"]


def assign_splits(
    keys: Mapping[str, Sequence[str]],
    *,
    test_share: float,
    validation_share: float = 0.1,
    seed: int = 0,
) -> dict[str, Split]:
    """Deal rows, given by id with their keys, so that rows that share a key stay together.

    Test is dealt first, to its share of all rows; validation is a share of the rest. Shares are met
    as closely as whole groups allow, and train is never empty. The order of rows changes nothing.
    """
    groups = sorted(groups_of(keys), key=lambda group: _digest(str(seed), group[0]))
    rest, test = _taken(groups, _target(len(keys), test_share))
    _, validation = _taken(rest, _target(len(keys) - len(test), validation_share))
    splits: dict[str, Split] = dict.fromkeys(keys, "train")
    splits |= dict.fromkeys(test, "test")
    splits |= dict.fromkeys(validation, "validation")
    return splits


def wanted_rows(count: int, test_share: float, validation_share: float = 0.1) -> dict[Split, int]:
    """Return how many of so many rows each split would have if no rows had to stay together."""
    test = _target(count, test_share)
    validation = _target(count - test, validation_share)
    return {"train": count - test - validation, "validation": validation, "test": test}


def groups_of(keys: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the ids of rows connected by keys, sorted, so that the order of rows is forgotten."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for id in sorted(keys):
        for key in keys[id]:
            holders[key].append(id)
    groups = Groups(sorted(keys))
    for ids in holders.values():
        groups.join(ids)
    return groups.all()


def _target(rows: int, share: float) -> int:
    return max(0, min(round(rows * share), rows - 1))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()


def _taken(groups: list[list[str]], target: int) -> tuple[list[list[str]], list[str]]:
    """Return the groups that stay, and the rows of those taken: as near to the target as can be."""
    sizes = [len(group) for group in groups]
    chosen = _nearest_sum(sizes, target, limit=sum(sizes) - 1)
    taken = [row for index in sorted(chosen) for row in groups[index]]
    return [group for index, group in enumerate(groups) if index not in chosen], taken


def _nearest_sum(sizes: Sequence[int], target: int, *, limit: int) -> set[int]:
    """Return the indices whose sizes add up nearest to `target`, at most `limit`.

    Bit s of `reached` says that some sizes so far add up to s. `last[s]` is the size that reached s
    first, so walking back from a sum meets ever earlier indices.
    """
    mask = (1 << (max(0, min(limit, 2 * target)) + 1)) - 1
    reached, last = 1, dict[int, int]()
    for index, size in enumerate(sizes):
        if reached >> target & 1:
            break
        new = (reached << size) & mask & ~reached
        reached |= new
        for total in _bits(new):
            last[total] = index
    total = min([0, *last], key=lambda s: (abs(s - target), s))
    chosen: set[int] = set()
    while total:
        chosen.add(last[total])
        total -= sizes[last[total]]
    return chosen


def _bits(number: int) -> Iterator[int]:
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1
