"""How alike the two indices find: recall at 5 of a run's rows, and the overlap of the top 10.

    python -m bench.retrieval RUN [--elasticsearch http://127.0.0.1:9200]

A row's question is asked again of both, restricted to its language and machine as an agent's search
is; it is found where a passage that the row cites is among the first five hits.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, cast

import pyarrow.parquet as pq

from tools.elastic import ElasticIndex
from tools.elastic_cluster import Access, Cluster
from tools.elastic_schema import Making
from tools.embedded import EmbeddedIndex
from tools.index import Index
from tools.library import DOCUMENTS, Library
from tools.passages import split
from tools.patience import Patience


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what it is restricted to, and the passages that its row cites."""

    question: str
    language: str
    machine: str | None
    cited: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Shares from 0 to 1: recall at 5 of each index, and the mean overlap of their top 10."""

    embedded: float
    elastic: float
    overlap: float


def asked_in(run: Path) -> list[Asked]:
    """Return the questions of a run's rows."""
    table = cast("Any", pq).read_table(run / "dataset" / "rows.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    return [
        Asked(
            row["question"],
            row["language"],
            row["machine_code"],
            frozenset(citation["passage_id"] for citation in row["citations"]),
        )
        for row in rows
    ]


async def compare(run: Path, url: str) -> Likeness:
    """Fill both indices with a run's documents and ask both the run's questions."""
    documents = Library.open(run / DOCUMENTS).documents
    batches = [split(document) for document in documents]
    questions = asked_in(run)
    cluster = Cluster(Access((url,)), Patience(10))
    elastic = ElasticIndex(cluster, "officina-bench-retrieval", Making())
    try:
        with tempfile.TemporaryDirectory() as folder:
            embedded = EmbeddedIndex(Path(folder))
            for index in (embedded, elastic):
                await index.fill(str(run), batches)
            ours = [await _top(embedded, each) for each in questions]
            theirs = [await _top(elastic, each) for each in questions]
    finally:
        made = await cluster.client.indices.get(index="officina-bench-retrieval-*")
        await cluster.client.indices.delete(index=list(made))
        await cluster.close()
    return Likeness(
        _recall(questions, ours),
        _recall(questions, theirs),
        mean(_overlap(a, b) for a, b in zip(ours, theirs, strict=True)),
    )


async def _top(index: Index, asked: Asked) -> list[str]:
    hits = await index.search(asked.question, k=10, language=asked.language, machine=asked.machine)
    return [hit.passage.id for hit in hits]


def _recall(questions: Sequence[Asked], tops: Sequence[Sequence[str]]) -> float:
    return mean(bool(q.cited & set(top[:5])) for q, top in zip(questions, tops, strict=True))


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    longest = max(len(one), len(other))
    return len(set(one) & set(other)) / longest if longest else 1.0


def main() -> None:
    """Print the figures of the runs named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--elasticsearch", default="http://127.0.0.1:9200", metavar="URL")
    options = parser.parse_args()
    for run in options.runs:
        found = asyncio.run(compare(run, options.elasticsearch))
        print(
            f"{run}: recall at 5 embedded {found.embedded:.3f}, Elasticsearch {found.elastic:.3f}; "
            f"mean overlap of the top 10 {found.overlap:.3f}"
        )


if __name__ == "__main__":
    main()
