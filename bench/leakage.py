"""What a run's split parts, beside random splits of the same sizes.

    python -m bench.leakage RUN [--seeds N] [--json]

Reads `dataset/rows.parquet` and `documents/` alone and judges by its own rules: two rows share a
question, the answer with its evidence, a passage that holds the answer, or a cited section; exactly
(the same words), or nearly (every pair is compared: 80 % of the words of either question, 80 % of
the runs of five words of either text, or 90 % of the shorter one's).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from statistics import mean
from typing import Any, cast

import pyarrow.parquet as pq

from bench.intervals import wilson

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_RUN, _LEAST_RUNS = 5, 8
_ALIKE, _HELD = 0.8, 0.9
KINDS = ("question", "answer and evidence", "passage", "section")
Row = dict[str, Any]
Pair = tuple[int, int]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shared:
    """The pairs of rows, by place, that share one kind of thing."""

    kind: str
    exact: frozenset[Pair]
    near: frozenset[Pair]


@dataclass(frozen=True, slots=True)
class Parted:
    """How many pairs a split parts, by kind; `touched` of the held-out rows share with training."""

    exact: Mapping[str, int]
    near: Mapping[str, int]
    touched: int
    held_out: int


def read_run(run: Path) -> tuple[list[Row], list[list[str]]]:
    """Return a run's rows, and for each the texts of the sections that it cites."""
    documents: dict[str, tuple[list[int], list[str]]] = {}
    for line in (run / "documents" / "documents.jsonl").read_text("utf-8").splitlines():
        document = json.loads(line)
        with (run / "documents" / f"{document['id']}.txt").open(encoding="utf-8", newline="") as f:
            text = f.read()
        spans = [(section["start"], section["end"]) for section in document["sections"]]
        documents[document["path"]] = [start for start, _ in spans], [text[s:e] for s, e in spans]

    def cited(citation: Row) -> str:
        starts, texts = documents[citation["document"]]
        return texts[bisect_right(starts, citation["start"]) - 1]

    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    rows: list[Row] = table.to_pylist()
    return rows, [[cited(citation) for citation in row["citations"]] for row in rows]


def shared_by(rows: Sequence[Row], sections: Sequence[Sequence[str]], say: Say) -> list[Shared]:
    """Return the pairs of rows that share something, of each kind."""
    texts: dict[str, list[list[str]]] = {
        "question": [[row["question"]] for row in rows],
        "answer and evidence": [_answered(row) for row in rows],
        "passage": [[p["text"] for p in row["context"] if p["role"] == "oracle"] for row in rows],
        "section": [list(of_row) for of_row in sections],
    }
    found: list[Shared] = []
    for kind in KINDS:
        say(f"comparing the rows by {kind}")
        found.append(_shared(kind, texts[kind], say))
    return found


def _answered(row: Row) -> list[str]:
    quotes = sorted(citation["quote"] for citation in row["citations"])
    return ["\n".join([row["answer"], *quotes])] if quotes else []


def _shared(kind: str, texts: Sequence[Sequence[str]], say: Say) -> Shared:
    holders: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, of_row in enumerate(texts):
        for text in of_row:
            holders[tuple(_WORD.findall(text.casefold()))].add(row)
    holders.pop((), None)
    words, held = list(holders), list(holders.values())
    exact = {pair for rows in held for pair in combinations(sorted(rows), 2)}
    near: set[Pair] = set()
    for one, other in _near(kind, words, say):
        near |= {(min(p), max(p)) for p in product(held[one], held[other]) if p[0] != p[1]}
    return Shared(kind, frozenset(exact), frozenset(near - exact))


def _near(kind: str, texts: Sequence[tuple[str, ...]], say: Say) -> Iterator[Pair]:
    """Yield every pair of texts that are nearly the same, found by counting what they share."""
    width = 1 if kind == "question" else _RUN
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    sizes: list[int] = []
    for place, text in enumerate(texts):
        if place and place % 1000 == 0:
            say(f"  {place:,} of {len(texts):,} texts")
        runs = {text[at : at + width] for at in range(max(1, len(text) - width + 1))}
        common = Counter(other for run in runs for other in holders[run])
        for other, count in common.items():
            least = min(len(runs), sizes[other])
            held = width > 1 and least >= _LEAST_RUNS and count >= _HELD * least
            if held or count >= _ALIKE * (len(runs) + sizes[other] - count):
                yield other, place
        sizes.append(len(runs))
        for run in runs:
            holders[run].append(place)


def parted(shared: Sequence[Shared], splits: Sequence[str]) -> Parted:
    """Count what a split parts."""

    def across(pairs: Iterable[Pair]) -> list[Pair]:
        return [(a, b) for a, b in pairs if splits[a] != splits[b]]

    exact = {each.kind: across(each.exact) for each in shared}
    near = {each.kind: across(each.near) for each in shared}
    touched = {
        row
        for pairs in [*exact.values(), *near.values()]
        for pair in pairs
        for row in pair
        if splits[row] != "train" and "train" in (splits[pair[0]], splits[pair[1]])
    }
    return Parted(
        {kind: len(pairs) for kind, pairs in exact.items()},
        {kind: len(pairs) for kind, pairs in near.items()},
        len(touched),
        sum(split != "train" for split in splits),
    )


def at_random(splits: Sequence[str], seed: int) -> list[str]:
    """Return the same splits in a random order."""
    dealt = list(splits)
    random.Random(seed).shuffle(dealt)
    return dealt


def measure(run: Path, seeds: int, say: Say) -> dict[str, object]:
    """Return the counts of the run's own split and of random ones."""
    rows, sections = read_run(run)
    splits = [row["split"] for row in rows]
    shared = shared_by(rows, sections, say)
    ours = parted(shared, splits)
    drawn = [parted(shared, at_random(splits, seed)) for seed in range(seeds)]
    low, high = wilson(ours.touched, ours.held_out)
    rates = [100 * each.touched / max(1, each.held_out) for each in drawn]
    return {
        "run": str(run),
        "rows": {split: splits.count(split) for split in ("train", "validation", "test")},
        "pairs": {
            kind: {
                "exact": ours.exact[kind],
                "near": ours.near[kind],
                "random_exact": _spread([each.exact[kind] for each in drawn]),
                "random_near": _spread([each.near[kind] for each in drawn]),
            }
            for kind in KINDS
        },
        "held_out_in_training": {
            "rows": ours.touched,
            "of": ours.held_out,
            "percent": round(100 * ours.touched / max(1, ours.held_out), 1),
            "wilson": [round(100 * low, 1), round(100 * high, 1)],
            "random_percent": _spread(rates),
        },
    }


def _spread(values: Sequence[float]) -> list[float]:
    """Return the mean, the least and the most."""
    return [round(mean(values), 1), round(min(values), 1), round(max(values), 1)]


def table(found: Mapping[str, Any], seeds: int) -> str:
    """Return the figures as lines for people."""
    rows = ", ".join(f"{split} {count}" for split, count in found["rows"].items())
    lines = [f"{found['run']}: {rows}", "", f"pairs in different splits, {seeds} random splits"]
    lines.append(f"{'':<20}{'exact':>7}{'near':>7}{'random exact':>22}{'random near':>22}")
    for kind, each in found["pairs"].items():
        drawn = "".join(f"{_told(each[name]):>22}" for name in ("random_exact", "random_near"))
        lines.append(f"{kind:<20}{each['exact']:>7}{each['near']:>7}{drawn}")
    held, (low, high) = found["held_out_in_training"], found["held_out_in_training"]["wilson"]
    lines.append(
        f"held-out rows that share something with a training row: {held['rows']} of {held['of']}, "
        f"{held['percent']} % ({low} to {high}); at random {_told(held['random_percent'])} %"
    )
    return "\n".join(lines)


def _told(spread: Sequence[float]) -> str:
    return f"{spread[0]:g} ({spread[1]:g} to {spread[2]:g})"


def main() -> None:
    """Print the figures of the run named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--seeds", type=int, default=20, help="how many random splits")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    if not (options.run / "dataset" / "rows.parquet").is_file():
        sys.exit(f"There is no dataset in {options.run}. Name the folder of a finished run.")
    if options.seeds < 1:
        sys.exit("Give one random split or more: --seeds 1.")
    found = measure(options.run, options.seeds, lambda line: print(line, file=sys.stderr))
    print(json.dumps(found) if options.json else table(found, options.seeds))


if __name__ == "__main__":
    main()
