"""The index that a run searches: embedded, filled on a cluster, or found there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.services import Elasticsearch
from app.settings import Settings, SettingsError
from tools.elastic_schema import Making
from tools.embedded import EmbeddedIndex
from tools.index import Index
from tools.library import Library
from tools.patience import Patience

ALIAS = "officina"


def for_manuals(settings: Settings, manuals: Path) -> Settings:
    """Return the settings with the alias that these manuals' index has, unless one is named."""
    from tools.elastic import alias_for

    services = settings.services
    if settings.index == "embedded" or services.elasticsearch.index:
        return settings
    named = services.elasticsearch.model_copy(update={"index": alias_for(manuals.resolve().name)})
    return replace(settings, services=services.model_copy(update={"elasticsearch": named}))


def _forget(lead: str, file: str) -> None:
    """Let a lead go that is found in no document."""


@asynccontextmanager
async def open_index(
    folder: Path,
    settings: Settings,
    patience: Patience,
    *,
    library: Callable[[], Library] = lambda: Library(()),
    on_lost: Callable[[str, str], None] = _forget,
    recreate: bool = False,
) -> AsyncGenerator[Index]:
    """Yield the index; `library` and `on_lost` are for one that was there before."""
    if settings.index == "embedded":
        yield EmbeddedIndex(folder)
        return
    from tools.elastic import ElasticIndex
    from tools.elastic_cluster import Cluster, access
    from tools.embeddings import open_embeddings
    from tools.foreign import ForeignLeads, OwnLeads
    from tools.located import LocatedIndex

    wanted = settings.services.elasticsearch
    alias = wanted.index or ALIAS
    _refuse_to_fill_a_foreign_one(wanted, settings)
    embeddings = (
        open_embeddings(wanted.embeddings, settings.variables) if wanted.embeddings else None
    )
    cluster = Cluster(access(settings.variables, wanted.ca_file), patience, settings.redact)
    own = ElasticIndex(
        cluster,
        alias,
        Making(wanted.k1, wanted.b, wanted.embeddings),
        find=wanted.search,
        embeddings=embeddings,
        recreate=recreate,
    )
    try:
        if settings.ingest:
            await own.check()
            yield own
        else:
            fields = wanted.fields
            leads = ForeignLeads(cluster, alias, fields) if fields else OwnLeads(own)
            await leads.check()
            yield LocatedIndex(leads, library, on_lost)
    finally:
        await cluster.close()


def _refuse_to_fill_a_foreign_one(wanted: Elasticsearch, settings: Settings) -> None:
    if wanted.fields and settings.ingest:
        raise SettingsError(
            "elasticsearch.fields in officina.yaml describes an index made by somebody else: "
            "run with --no-ingest to read it, or remove the fields to fill one of Officina's own."
        )
