"""Leads into an Elasticsearch index that was there before the run, ours or somebody else's."""

from __future__ import annotations

from tools import elastic_schema as schema
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Cluster
from tools.index import IndexUnavailableError
from tools.located import Lead


class OwnLeads:
    """An index that `officina ingest` or an earlier run has filled."""

    def __init__(self, index: ElasticIndex) -> None:
        self._index = index

    async def check(self) -> None:
        """See that there is such an index, and that Officina made it."""
        await self._index.check_filled()

    async def find(
        self, query: str, k: int, *, machine: str | None, language: str | None
    ) -> list[Lead]:
        """Return at most `k` leads, best first."""
        hits = await self._index.search(query, k=k, machine=machine, language=language)
        return [Lead(h.passage.id, h.score, h.passage.text, h.passage.document) for h in hits]

    async def count(self) -> int:
        """Return how many passages are stored."""
        return await self._index.count()


class ForeignLeads:
    """An index made by somebody else, by its name or alias."""

    def __init__(self, cluster: Cluster, name: str, fields: schema.Fields) -> None:
        self._cluster = cluster
        self._name = name
        self._fields = fields

    async def check(self) -> None:
        """See that there is such an index, and that it holds text where the fields say."""
        held = {"exists": {"field": self._fields.text}}
        reply = await self._cluster.ask(
            lambda: self._cluster.client.count(index=self._name, query=held)
        )
        if not reply["count"]:
            raise IndexUnavailableError(
                f"Nothing in {self._name} at {self._cluster.where} has a field "
                f"'{self._fields.text}'. Check elasticsearch.fields in officina.yaml."
            )

    async def find(
        self, query: str, k: int, *, machine: str | None, language: str | None
    ) -> list[Lead]:
        """Return at most `k` leads, best first; such an index knows no language."""
        asked, fields = schema.words(query), self._fields
        if k < 1 or not asked:
            return []
        wanted = [{"term": {fields.machine: machine}}] if machine and fields.machine else []
        body: schema.Body = {
            "query": {"bool": {"must": [{"match": {fields.text: asked}}], "filter": wanted}},
            "size": k,
        }
        found = await self._cluster.search(self._name, query, body, fields.text)
        return [Lead(each.id, each.score, each.text, each.field(fields.document)) for each in found]

    async def count(self) -> int:
        """Return how many passages are stored."""
        reply = await self._cluster.ask(lambda: self._cluster.client.count(index=self._name))
        return int(reply["count"])
