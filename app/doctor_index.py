"""The doctor's look at Elasticsearch and at the embeddings, when they are set up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from app.doctor_line import Line
from app.opening_index import check_cluster, check_embeddings, look
from app.settings import Settings, SettingsError
from tools.index import IndexUnavailableError


def index_lines(settings: Settings) -> Iterator[Line]:
    """Yield what there is to say about the index, nothing where it is embedded and of words."""
    if settings.index == "elasticsearch":
        yield from _cluster_lines(settings)
    if named := settings.services.retrieval.embeddings:
        try:
            asyncio.run(check_embeddings(settings))
            yield Line("embeddings", named)
        except (IndexUnavailableError, SettingsError) as error:
            yield Line("embeddings", "cannot be used", str(error))


def _cluster_lines(settings: Settings) -> Iterator[Line]:
    try:
        where, version, found = asyncio.run(look(settings))
        yield Line("Elasticsearch", f"{version} at {where}")
        for each in found:
            counts = f"{each.passages:,} passages, {each.documents:,} documents"
            yield Line(f"index {each.alias}", f"{counts}, {each.machines:,} machines")
        if not found:
            mend = "`officina ingest MANUALS` fills one; so does a run."
            yield Line("index", "none is filled yet", mend, needed=False)
        asyncio.run(check_cluster(settings))
    except (IndexUnavailableError, SettingsError) as error:
        yield Line("Elasticsearch", "cannot be used", str(error))
