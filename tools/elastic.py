"""ElasticIndex: the Index on an Elasticsearch cluster, one index per content behind an alias.

    officina-manuals                         the alias, what other clients read
    └── officina-manuals-3f2a…-9c41d0        built whole, then the alias moves to it in one step

A run reads the index of its own content by name, so an alias that moves on does not change it. The
index before is kept for runs that still read it; those before it are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tools import elastic_schema as schema
from tools.elastic_build import IndexBuilder
from tools.elastic_cluster import Cluster
from tools.elastic_faults import reply_fault
from tools.embeddings import Embedder
from tools.index import FUSED, Hit, SearchKind, fuse
from tools.passages import Passage

_MOST = 10_000
_FAR = 2**31 - 1
_LONGEST_ID = 512


class ElasticIndex:
    """Passages in Elasticsearch; `find` says how they are searched."""

    def __init__(
        self,
        cluster: Cluster,
        alias: str,
        making: schema.Making,
        *,
        find: SearchKind = "bm25",
        embeddings: Embedder | None = None,
        recreate: bool = False,
    ) -> None:
        """Prepare the index; nothing is sent before it is filled or searched."""
        self.alias = alias
        self._builder = IndexBuilder(cluster, alias, making, embeddings)
        self._cluster = cluster
        self._kind: SearchKind = find
        self._embeddings = embeddings
        self._recreate = recreate
        self._index = alias
        self._languages: list[str] | None = None

    async def fill(self, content: str, batches: Iterable[Sequence[Passage]]) -> None:
        """Make these passages the index's, unless it was filled with this content before."""
        found = None if self._recreate else await self._builder.find(content)
        self._index = found or await self._builder.build(content, batches)
        self._languages = None
        # Readers are better served by what was there than by nothing.
        if not found and await self.count():
            await self.publish()

    async def publish(self) -> None:
        """Let the alias name this index, and remove the ones before the last."""
        await self._builder.publish(self._index)

    async def search(
        self,
        query: str,
        *,
        k: int,
        machine: str | None = None,
        document: str | None = None,
        language: str | None = None,
    ) -> list[Hit]:
        """Return at most `k` hits, best first, equal ones by id."""
        if k < 1 or not schema.words(query):
            return []
        filters = schema.terms(machine=machine, source=document, language=language)
        if self._kind == "bm25":
            return await self._by_words(query, k, language, filters)
        if self._kind == "knn":
            return await self._by_meaning(query, k, filters)
        wider = max(k, FUSED)
        rankings = [
            await self._by_words(query, wider, language, filters),
            await self._by_meaning(query, wider, filters),
        ]
        return fuse(rankings, k)

    async def get(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with these ids, in the order asked, leaving out unknown ones."""
        asked = [id for id in map(schema.valid, ids) if 0 < len(id.encode()) <= _LONGEST_ID]
        if not asked:
            return []
        client, where = self._cluster.client, self._cluster.where

        async def fetch() -> Sequence[dict[str, Any]]:
            reply = await client.mget(index=self._index, ids=asked, source_excludes=[schema.VECTOR])
            for each in reply["docs"]:
                if error := each.get("error"):
                    # A node that has just come back answers well, without the passages.
                    raise reply_fault(503, str(error["type"]), str(error["reason"]), where)
            return reply["docs"]

        return [_whole(each) for each in await self._cluster.ask(fetch) if each.get("found")]

    async def neighbours(
        self, passage_id: str, *, before: int = 1, after: int = 1
    ) -> list[Passage]:
        """Return the passages around this one in its document, itself included, in text order."""
        middle = await self.get([passage_id])
        if not middle:
            return []
        same, start = schema.terms(document_id=middle[0].document_id), middle[0].start
        above = [*same, _within("start", 0, start - 1)]
        below = [*same, _within("start", start + 1, _FAR)]
        earlier = await self._in_order(above, before, last=True) if start else []
        return [*reversed(earlier), *middle, *await self._in_order(below, after)]

    async def pages(self, document: str, first: int, last: int) -> list[Passage]:
        """Return the passages of the document that touch these pages, in text order."""
        if first > last:
            return []
        touching = [_within("first_page", 0, last), _within("last_page", first, _FAR)]
        return await self._in_order([*schema.terms(source=document), *touching], _MOST)

    async def count(self) -> int:
        """Return how many passages are stored."""
        client = self._cluster.client
        reply = await self._cluster.ask(lambda: client.count(index=self._index))
        return int(reply["count"])

    async def check(self) -> None:
        """See that the cluster answers and that the alias can be ours.

        Raises:
            ServiceDownError, IndexUnavailableError: it cannot be used; the message says why.
        """
        await self._cluster.ask(lambda: self._cluster.client.info())
        await self._builder.behind_alias()

    async def check_filled(self) -> None:
        """See that the alias names an index that Officina has filled; raises as `check` does."""
        await self._builder.made_with(self.alias)

    async def _by_words(
        self, query: str, k: int, language: str | None, filters: Sequence[schema.Body]
    ) -> list[Hit]:
        languages = [language] if language else await self._stored_languages()
        return await self._hits(query, schema.by_words(query, languages, filters), k, "bm25")

    async def _by_meaning(self, query: str, k: int, filters: Sequence[schema.Body]) -> list[Hit]:
        assert self._embeddings, "an index that is searched by meaning has embeddings"
        vector = await self._embeddings.query(query)
        found = await self._hits(query, schema.by_vector(vector, k, filters), k, "knn")
        # The server's last bits put equally near ones in another order than their ids.
        best = sorted(found, key=lambda hit: (-hit.score, hit.passage.id))[:k]
        return [replace(hit, rank=rank) for rank, hit in enumerate(best, start=1)]

    async def _hits(self, query: str, body: schema.Body, k: int, source: str) -> list[Hit]:
        found = await self._cluster.search(self._index, query, {"size": min(k, _MOST), **body})
        return [
            Hit(schema.passage_of(each.text, each.record), round(each.score, 4), rank, source)
            for rank, each in enumerate(found, start=1)
        ]

    async def _in_order(
        self, filters: Sequence[schema.Body], limit: int, *, last: bool = False
    ) -> list[Passage]:
        if limit < 1:
            return []
        client = self._cluster.client
        reply = await self._cluster.ask(
            lambda: client.search(
                index=self._index,
                query={"bool": {"filter": [*filters]}},
                sort=[{"metadata.start": "desc" if last else "asc"}],
                size=min(limit, _MOST),
                source_excludes=[schema.VECTOR],
            )
        )
        return [_whole(hit) for hit in reply["hits"]["hits"]]

    async def _stored_languages(self) -> list[str]:
        if self._languages is None:
            client = self._cluster.client
            asked = {"names": {"terms": {"field": "metadata.language", "size": 1000}}}
            reply = await self._cluster.ask(
                lambda: client.search(index=self._index, size=0, aggs=asked)
            )
            buckets = reply["aggregations"]["names"]["buckets"]
            self._languages = sorted(bucket["key"] for bucket in buckets)
        return self._languages


def alias_for(manuals: str) -> str:
    """Return the alias for the manuals in a folder of this name."""
    plain = re.sub(r"[^\w.-]+", "-", manuals.casefold(), flags=re.ASCII).strip("-._")
    return f"officina-{plain}" if plain else "officina"


def _whole(hit: Mapping[str, Any]) -> Passage:
    return schema.passage_of(hit["_source"]["text"], hit["_source"])


def _within(field: str, low: int, high: int) -> schema.Body:
    low, high = (min(max(bound, 0), _FAR) for bound in (low, high))
    return {"range": {f"metadata.{field}": {"gte": low, "lte": high}}}
