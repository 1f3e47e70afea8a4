"""Texts that hold most of another text: an index of word runs, asked for the rare ones.

Likeness over both texts misses those of which one is much the longer. `checks/leakage/keys.py` and
`checks/leakage/evaluation.py` call this.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from checks.duplicates.similar import word_runs
from checks.leakage.groups import Groups

# Runs that more texts hold than this say little, and would make the work grow as a square.
_MOST_HOLDERS = 2000
_LEAST_RUNS = 6


def joining_pairs(
    texts: Sequence[str], least: float = 0.8, width: int = 3
) -> Iterator[tuple[int, int]]:
    """Yield those of the contained pairs that join all texts which pairs connect."""
    groups = Groups(range(len(texts)))
    for pair in contained_pairs(texts, least, width, joined=groups):
        groups.join(pair)
        yield pair


def contained_pairs(
    texts: Sequence[str],
    least: float = 0.8,
    width: int = 3,
    *,
    joined: Groups[int] | None = None,
) -> Iterator[tuple[int, int]]:
    """Yield pairs (holder, held): `least` or more of the held text's word runs are the holder's.

    A text of fewer than six runs says too little to be recognised in a long one: of it, and a text
    like it, `least` of the runs of both must be shared. Texts that are `joined` are not compared.
    """
    runs = [word_runs(text, width) for text in texts]
    found_in = Counter(run for of_text in runs for run in of_text)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place in sorted(range(len(texts)), key=lambda place: (-len(runs[place]), place)):
        own = runs[place]
        for holder in _candidates(own, holders, found_in, least):
            if joined and joined.first(holder) == joined.first(place):
                continue
            whole = own if len(own) >= _LEAST_RUNS else own | runs[holder]
            if len(own & runs[holder]) >= least * len(whole):
                yield holder, place
        for run in own:
            # A run of one text alone can be no one's clue.
            if found_in[run] > 1 and len(holders[run]) < _MOST_HOLDERS:
                holders[run].append(place)


def _candidates(
    own: frozenset[str], holders: dict[str, list[int]], found_in: Counter[str], least: float
) -> list[int]:
    """Return what holds one of the text's rarest runs: of so many, a true holder has at least one.

    A holder of `least` of n runs misses at most n - ⌈least·n⌉ of them.
    """
    clues = len(own) - math.ceil(least * len(own)) + 1
    rarest = sorted(own, key=lambda run: (found_in[run], run))[:clues]
    return sorted({place for run in rarest for place in holders.get(run, ())})
