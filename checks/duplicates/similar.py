"""Near-identical texts, found in time that grows with their number: MinHash and banded LSH.

    near_pairs(texts: Sequence[str], least: float = 0.8, width: int = 3) -> Iterator[(int, int)]
    near_any(texts: Sequence[str], others: Sequence[str], least: float = 0.8, width: int = 3)
        -> dict[int, int]

Likeness is the Jaccard index of the runs of `width` words, from 0 to 1. Splits are made safe with
`near_pairs`, and rows near held-out questions found with `near_any`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HASHES = 128
_SEED = 1
_BATCH = 2000
_FOUND = 0.999
_LOOK_BACK = 8
_DOUBT = 0.15
# Scripts without spaces are read letter by letter.
_LETTER = "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
_WORD = re.compile(rf"{_LETTER}|(?:(?!{_LETTER})\w)+")
_Table = NDArray[np.uint32]


def near_pairs(
    texts: Sequence[str], least: float = 0.8, width: int = 3
) -> Iterator[tuple[int, int]]:
    """Yield pairs (earlier, later) of texts alike by `least` or more: those that join each cluster.

    A cluster of n texts gives n - 1 pairs and not n². Texts without a word are like nothing.
    """
    parent = list(range(len(texts)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    unlike: set[tuple[int, int]] = set()
    for pair in _candidates(_digests(texts, width), least):
        roots = root(pair[0]), root(pair[1])
        if roots[0] == roots[1] or pair in unlike:
            continue
        if jaccard(texts[pair[0]], texts[pair[1]], width) >= least:
            parent[max(roots)] = min(roots)
            yield min(pair), max(pair)
        else:
            unlike.add(pair)


def near_any(
    texts: Sequence[str], others: Sequence[str], least: float = 0.8, width: int = 3
) -> dict[int, int]:
    """Return, for each text that is alike one of the others by `least`, the first such other."""
    rows = _rows_of_band(least)
    index = _rensa().RMinHashLSH(least, _HASHES, _HASHES // rows)
    for place, sketch in enumerate(_sketches(others, width)):
        index.insert(place, sketch)
    found: dict[int, int] = {}
    for place, sketch in enumerate(_sketches(texts, width)):
        met: list[int] = index.query(sketch)
        for other in sorted(met):
            if jaccard(texts[place], others[other], width) >= least:
                found[place] = other
                break
    return found


def jaccard(one: str, other: str, width: int = 3) -> float:
    """Return the share of the runs of `width` words that both texts hold, of those of either."""
    first, second = word_runs(one, width), word_runs(other, width)
    either = len(first | second)
    return len(first & second) / either if either else 0.0


def word_runs(text: str, width: int) -> frozenset[str]:
    """Return the runs of `width` words of a text, the whole text where it is shorter."""
    words = split_words(text.encode(errors="replace").decode())
    if not words:
        return frozenset()
    return frozenset(
        " ".join(words[at : at + width]) for at in range(max(1, len(words) - width + 1))
    )


def split_words(text: str) -> list[str]:
    """Return the words of a text in small letters, and the letters of scripts without spaces."""
    return _WORD.findall(text.casefold())


def _rensa() -> ModuleType:
    return import_module("rensa")  # Compiled, and without types.


def _sketches(texts: Sequence[str], width: int) -> Iterator[Any]:
    """Yield the MinHash of each text, made in batches; of its own for a text without a word."""
    made = _rensa().RMinHash.from_token_sets
    runs = (list(word_runs(text, width)) or [f"\0{place}"] for place, text in enumerate(texts))
    while batch := list(islice(runs, _BATCH)):
        yield from made(batch, num_perm=_HASHES, seed=_SEED)


def _digests(texts: Sequence[str], width: int) -> _Table:
    table = np.empty((len(texts), _HASHES), dtype=np.uint32)
    for place, sketch in enumerate(_sketches(texts, width)):
        table[place] = sketch.digest()
    return table


def _rows_of_band(least: float) -> int:
    """Return how many hashes make a band, as many as still find nearly every pair."""
    return max(
        (r for r in (1, 2, 4, 8) if 1 - (1 - least**r) ** (_HASHES // r) >= _FOUND), default=1
    )


def _candidates(digests: _Table, least: float) -> Iterator[tuple[int, int]]:
    """Yield pairs that share a band and whose digests say that they may be alike."""
    rows = _rows_of_band(least)
    for start in range(0, _HASHES, rows):
        band = np.ascontiguousarray(digests[:, start : start + rows])
        keys = band.view(np.dtype((np.void, band.itemsize * rows))).ravel()
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        for back in range(1, min(_LOOK_BACK, len(order) - 1) + 1):
            met = np.flatnonzero(ranked[back:] == ranked[:-back])
            if not met.size:
                break
            yield from _alike(digests, order[met], order[met + back], least - _DOUBT)


def _alike(
    digests: _Table, one: NDArray[np.int64], other: NDArray[np.int64], least: float
) -> Iterator[tuple[int, int]]:
    for at in range(0, len(one), _BATCH):
        a, b = one[at : at + _BATCH], other[at : at + _BATCH]
        near = np.mean(digests[a] == digests[b], axis=1) >= least
        yield from zip(a[near].tolist(), b[near].tolist(), strict=True)
