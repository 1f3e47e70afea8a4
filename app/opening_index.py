"""The index that a run searches: embedded, filled on a cluster, or found there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings, SettingsError
from app.starting import START_SECONDS, at_the_start
from graph.brief import Brief
from tools.elastic_schema import Making
from tools.embedded import EmbeddedIndex
from tools.embeddings import Embedder, open_embedder
from tools.index import Index
from tools.kept_vectors import KeptVectors
from tools.library import Library
from tools.patience import Patience

if TYPE_CHECKING:
    from tools.elastic import ElasticIndex
    from tools.elastic_cluster import Cluster
    from tools.elastic_contents import Contents
    from tools.located import LocatedIndex

ALIAS = "officina"
QUESTION_VECTORS = "questions.npz"


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


async def check_index(settings: Settings) -> None:
    """See that the embeddings and a cluster can be used, where they are wanted.

    Raises:
        SettingsError: one does not answer, or the settings contradict each other.
        IndexUnavailableError: it answers, and something must be mended first.
    """
    await check_cluster(settings)
    await check_embeddings(settings)


async def check_embeddings(settings: Settings) -> None:
    """See that the embeddings give a vector, where they are wanted; raises as `check_index`."""
    if embedder := _embedder(settings, Patience(0)):
        await at_the_start("the embeddings", lambda: embedder.query("officina"))


async def check_cluster(settings: Settings) -> None:
    """See that the index can be filled or read, whichever is wanted; raises as `check_index`."""
    if settings.index == "elasticsearch":
        async with _cluster(settings, Patience(0)) as cluster:
            index = _on_cluster(cluster, settings, None)
            await at_the_start("Elasticsearch", index.check)


async def look(settings: Settings) -> tuple[str, str, list[Contents]]:
    """Return the cluster's address and version, and what Officina has filled there."""
    from tools.elastic_contents import contents, version

    async with _cluster(settings, Patience(0)) as cluster:
        running = await at_the_start("Elasticsearch", lambda: version(cluster))
        held = await at_the_start("Elasticsearch", lambda: contents(cluster))
        return cluster.where, running, held


async def check_questions(brief: Brief, settings: Settings) -> None:
    """See that questions can be compared by meaning, where the brief says so.

    Raises:
        SettingsError: no embeddings are set, or they do not answer.
        IndexUnavailableError: they refuse.
    """
    if brief.duplicates.embeddings:
        embedder = _question_embedder(settings, Patience(0))
        await at_the_start("the embeddings", lambda: embedder.query("officina"))


def open_question_vectors(
    run: Path, brief: Brief, settings: Settings, patience: Patience
) -> KeptVectors | None:
    """Return the vectors that questions are compared by, where the brief says so."""
    if not brief.duplicates.embeddings:
        return None
    return KeptVectors(run / QUESTION_VECTORS, _question_embedder(settings, patience))


def _question_embedder(settings: Settings, patience: Patience) -> Embedder:
    spec = settings.services.retrieval.embeddings
    if spec is None:
        raise SettingsError(
            "duplicates.embeddings in brief.yaml compares questions by meaning: set "
            "retrieval.embeddings in officina.yaml, as provider:name, or leave it out."
        )
    return open_embedder(spec, settings.variables, patience, settings.redact)


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
    embedder = _embedder(settings, patience)
    if settings.index == "embedded":
        find = settings.services.retrieval.search
        yield EmbeddedIndex(folder, find=find, embeddings=embedder)
        return
    async with _cluster(settings, patience) as cluster:
        yield _on_cluster(cluster, settings, embedder, library, on_lost, recreate=recreate)


def _embedder(settings: Settings, patience: Patience) -> Embedder | None:
    """Return the embedder where the index is searched or filled with it."""
    wanted = settings.services.retrieval
    filled_for_others = settings.index == "elasticsearch" and settings.ingest
    if not wanted.embeddings or not (wanted.search != "bm25" or filled_for_others):
        return None
    return open_embedder(wanted.embeddings, settings.variables, patience, settings.redact)


@asynccontextmanager
async def _cluster(settings: Settings, patience: Patience) -> AsyncGenerator[Cluster]:
    """Yield the connection; without patience, for a look, a request may not take long either."""
    from tools.elastic_cluster import REQUEST_SECONDS, Cluster, access

    let_in = access(settings.variables, settings.services.elasticsearch.ca_file)
    seconds = REQUEST_SECONDS if patience.seconds else START_SECONDS
    cluster = Cluster(let_in, patience, settings.redact, seconds)
    try:
        yield cluster
    finally:
        await cluster.close()


def _on_cluster(
    cluster: Cluster,
    settings: Settings,
    embedder: Embedder | None,
    library: Callable[[], Library] = lambda: Library(()),
    on_lost: Callable[[str, str], None] = _forget,
    *,
    recreate: bool = False,
) -> ElasticIndex | LocatedIndex:
    from tools.elastic import ElasticIndex
    from tools.foreign import ForeignLeads, OwnLeads
    from tools.located import LocatedIndex

    wanted = settings.services.elasticsearch
    alias = wanted.index or ALIAS
    _check_foreign(settings)
    if wanted.fields:
        return LocatedIndex(ForeignLeads(cluster, alias, wanted.fields), library, on_lost)
    own = ElasticIndex(
        cluster,
        alias,
        Making(wanted.k1, wanted.b, embedder.name if embedder else None),
        find=settings.services.retrieval.search,
        embeddings=embedder,
        recreate=recreate,
    )
    return own if settings.ingest else LocatedIndex(OwnLeads(own), library, on_lost)


def _check_foreign(settings: Settings) -> None:
    if not settings.services.elasticsearch.fields:
        return
    if settings.ingest:
        raise SettingsError(
            "elasticsearch.fields in officina.yaml describes an index made by somebody else: "
            "run with --no-ingest to read it, or remove the fields to fill one of Officina's own."
        )
    if settings.services.retrieval.search != "bm25":
        raise SettingsError(
            "elasticsearch.fields in officina.yaml describes an index made by somebody else, which "
            "is searched by its words: set retrieval.search to bm25, or leave it out."
        )
