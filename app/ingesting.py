"""Ingesting: `officina ingest` fills the cluster's index from a folder of manuals."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.directory import MachineSource, machine_source, open_directory
from app.opening_index import check_index, for_manuals, open_index
from app.settings import Settings, SettingsError, read_settings
from graph.ingest import Cutting, batches, content_hash, read_documents
from tools.documents import DocumentError, Unreadable
from tools.elastic import ElasticIndex
from tools.index import IndexUnavailableError
from tools.patience import Patience, ServiceDownError


def ingest(
    manuals: Path, machines: Path | None, *, recreate: bool, size: int, overlap: int
) -> None:
    """Fill the index of the manuals' alias, and say what is in it."""
    found = read_settings(model=None, by_role={}, concurrency=None)
    settings = for_manuals(replace(found, ingest=True), manuals)
    if settings.index == "embedded":
        raise SettingsError(
            "`ingest` fills an index that runs share. Set ELASTICSEARCH_URL; without it every run "
            "fills one of its own."
        )
    if overlap >= size:
        raise SettingsError(f"--overlap {overlap} is not smaller than --chunk-size {size}.")
    source = machine_source(manuals, machines, settings)
    cut = Cutting(size, overlap)
    try:
        asyncio.run(_ingest(manuals, source, settings, cut, recreate=recreate))
    except ServiceDownError as error:
        raise IndexUnavailableError(
            f"{error} Then run `officina ingest` again; until it ends, readers see what was there."
        ) from error


async def _ingest(
    manuals: Path, machines: MachineSource, settings: Settings, cut: Cutting, *, recreate: bool
) -> None:
    await check_index(settings)
    with _View() as view:
        patience = Patience(settings.services.patience, view.on_wait)
        async with (
            open_directory(machines, settings, patience) as directory,
            open_index(Path(), settings, patience, recreate=recreate) as index,
        ):
            assert isinstance(index, ElasticIndex)
            documents, unreadable = await read_documents(str(manuals), directory, view.on_event)
            content = content_hash(documents, cut)
            await index.fill(content, batches(documents, cut, view.on_event))
            if not (stored := await index.count()):
                raise DocumentError(_nothing_in(manuals, unreadable))
            await index.publish()
    _tell(unreadable)
    print(f"{stored:,} passages of {len(documents):,} documents in {index.alias}")


def _nothing_in(manuals: Path, unreadable: list[Unreadable]) -> str:
    listed = "".join(f"\n  {each.path}: {each.reason}" for each in unreadable[:10])
    return f"No manual in {manuals} can be used; the index is left as it was.{listed}"


def _tell(unreadable: list[Unreadable]) -> None:
    for each in unreadable:
        page = f", page {each.page}" if each.page else ""
        print(f"{each.path}{page}: {each.reason}", file=sys.stderr)


class _View:
    """A bar over the documents, on the terminal only."""

    def __init__(self) -> None:
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task: TaskID = self._progress.add_task("reading", total=None)

    def __enter__(self) -> _View:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def on_event(self, event: Mapping[str, object]) -> None:
        match event:
            case {"event": "reading", "manuals": manuals}:
                self._progress.update(self._task, description=f"reading {manuals}")
            case {"event": "indexed", "done": int(done), "of": int(of), "document": document}:
                said = f"indexing {document}"
                self._progress.update(self._task, description=said, completed=done, total=of)
            case _:
                pass

    def on_wait(self, service: str, seconds: float) -> None:
        said = f"waiting for {service}; again in {seconds:.1f} s"
        self._progress.update(self._task, description=said)
        print(said, file=sys.stderr)
