"""What is in a cluster: its version, and the indices that Officina has filled there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from tools.elastic_build import note_of
from tools.elastic_cluster import Cluster


@dataclass(frozen=True, slots=True)
class Contents:
    """How much is in one index, by its alias."""

    alias: str
    passages: int
    documents: int
    machines: int


async def version(cluster: Cluster) -> str:
    """Return the cluster's version."""
    reply = await cluster.ask(lambda: cluster.client.info())
    return str(reply["version"]["number"])


async def contents(cluster: Cluster) -> list[Contents]:
    """Return what is behind each alias of Officina's, by alias."""
    client = cluster.client
    reply = await cluster.ask(lambda: client.indices.get(index="*", features=_FEATURES))
    held = cast("dict[str, Any]", reply.body)
    aliases = {alias for each in held.values() if note_of(each) for alias in each["aliases"]}
    return [await _contents(cluster, alias) for alias in sorted(aliases)]


async def _contents(cluster: Cluster, alias: str) -> Contents:
    distinct = {
        name: {"cardinality": {"field": f"metadata.{field}"}}
        for name, field in (("documents", "document_id"), ("machines", "machine"))
    }
    reply = await cluster.ask(
        lambda: cluster.client.search(
            index=alias, size=0, track_total_hits=True, aggregations=distinct
        )
    )
    found = reply["aggregations"]
    return Contents(
        alias,
        passages=reply["hits"]["total"]["value"],
        documents=found["documents"]["value"],
        machines=found["machines"]["value"],
    )


_FEATURES = ["aliases", "mappings"]
