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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean
from typing import Any, cast

import pyarrow.parquet as pq

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
    """How many pairs a split parts, by kind, and how many held-out rows are in one with training."""

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
        documents[document["path"]] = [s for s, _ in spans], [text[s:e] for s, e in spans]
    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    rows: list[Row] = table.to_pylist()
    sections = [
        [texts[bisect_right(starts, citation["start"]) - 1]]
        for row in rows
        for citation in row["citations"]
        for starts, texts in [documents[citation["document"]]]
    ]
    return rows, sections
