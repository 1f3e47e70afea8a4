"""How fast an index is filled: passages a second, without vectors.

    python -m bench.filling MANUALS [--passages 50000] [--elasticsearch http://127.0.0.1:9200]

The passages are the manuals', over and over under new ids, so that their texts are real ones.
"""

from __future__ import annotations

import argparse
import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from tools.documents import read_folder
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Access, Cluster
from tools.elastic_schema import Making
from tools.passages import Passage, split
from tools.patience import Patience

BATCH = 2000


def endless(passages: list[Passage]) -> Iterator[Passage]:
    """Yield the passages again and again, each time as of another document."""
    for time_ in count():
        for passage in passages:
            document = f"{time_:06}{passage.document_id[6:]}"
            name = f"{document}:{passage.start}-{passage.end}"
            yield replace(passage, id=name, document_id=document)


async def fill(passages: list[Passage], wanted: int, url: str) -> float:
    """Return how many passages a second were stored and made searchable."""
    source = endless(passages)
    batches = [list(islice(source, BATCH)) for _ in range(wanted // BATCH)]
    cluster = Cluster(Access((url,)), Patience(10))
    index = ElasticIndex(cluster, "officina-bench-filling", Making())
    try:
        began = time.perf_counter()
        await index.fill(uuid.uuid4().hex, batches)
        took = time.perf_counter() - began
        return await index.count() / took
    finally:
        made = await cluster.client.indices.get(index="officina-bench-filling-*")
        await cluster.client.indices.delete(index=list(made))
        await cluster.close()


def main() -> None:
    """Print the speed of a few rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("manuals", type=Path, metavar="MANUALS")
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--elasticsearch", default="http://127.0.0.1:9200", metavar="URL")
    options = parser.parse_args()
    documents, _ = read_folder(options.manuals)
    passages = [passage for document in documents for passage in split(document)]
    for _ in range(options.rounds):
        speed = asyncio.run(fill(passages, options.passages, options.elasticsearch))
        print(f"{options.passages:,} passages: {speed:,.0f} a second")


if __name__ == "__main__":
    main()
