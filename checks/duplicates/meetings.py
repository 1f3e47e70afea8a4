"""Which earlier rows a row is compared with: those that share a key, a bounded number of them.

`duplicates` says what the keys are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

_LOOK_BACK = 12
_MEETINGS = 12
_BITS = 8
_TABLES = 16
_SEED = 1
_FEW = 50


class Meetings:
    """The rows by key, as sorted arrays: 12 bytes for each key of a row."""

    def __init__(self, keys: Iterable[Set[int]]) -> None:
        """Sort the keys of the rows, given in the order of the rows."""
        counts: list[int] = []

        def each() -> Iterable[int]:
            for of_row in keys:
                counts.append(len(of_row))
                yield from sorted(of_row)

        held = np.fromiter(each(), dtype=np.uint32)
        rows = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
        order = np.argsort(held, kind="stable")
        self._rows = rows[order]
        self._first = np.searchsorted(held[order], held[order], side="left").astype(np.uint32)
        self._place = np.empty(len(order), dtype=np.uint32)
        self._place[order] = np.arange(len(order), dtype=np.uint32)
        self._start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def earlier(self, row: int) -> list[int]:
        """Return the earlier rows that share a key: of many, those that share most of few keys."""
        shared: dict[int, float] = {}
        for place in self._place[self._start[row] : self._start[row + 1]].tolist():
            first = max(int(self._first[place]), place - _LOOK_BACK)
            for other in self._rows[first:place].tolist():
                shared[other] = shared.get(other, 0.0) + 1 / (place - first)
        if len(shared) <= _MEETINGS:
            return list(shared)
        most = nsmallest(_MEETINGS, [(-share, other) for other, share in shared.items()])
        return [other for _, other in most]


def centred(vectors: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Return unit vectors from the mean of all, so that the product of any two is about 0.

    A mean of few says nothing and is left out.
    """
    table = np.asarray(vectors, dtype=np.float32)
    if len(table) >= _FEW:
        table = table - table.mean(axis=0)
    lengths = np.linalg.norm(table, axis=-1, keepdims=True)
    return (table / np.maximum(lengths, 1e-9)).astype(np.float32)


def cells(vectors: NDArray[np.float32]) -> Sequence[Sequence[int]]:
    """Return for each vector the cells of space that it lies in, cut by random planes."""
    if not len(vectors):
        return []
    planes = np.random.default_rng(_SEED).standard_normal((vectors.shape[1], _BITS * _TABLES))
    sides = (vectors @ planes.astype(np.float32) > 0).reshape(len(vectors), _TABLES, _BITS)
    numbers = sides @ (1 << np.arange(_BITS))
    return (numbers + (np.arange(_TABLES) << _BITS)).tolist()
