"""Ingest: the manuals become documents, passages and an index; what cannot be used is noted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from graph.brief import Brief
from graph.context import Context, Emit
from graph.ledger import Note
from graph.plan import main_language, windows
from tools.documents import Document, DocumentError, Unreadable, read_folder
from tools.language import LANGUAGES
from tools.library import LIST, Library
from tools.passages import Passage, split

BATCH = 2000


async def ingest_folder(manuals: str, context: Context, emit: Emit) -> None:
    """Fill the run folder's documents and index from the folder, unless that was done before.

    Raises:
        DocumentError: the folder does not exist, or nothing in it can be used.
    """
    folder = context.run / "documents"
    done = context.run / "index" / "complete"
    if done.exists():
        return
    if not (folder / LIST).exists():
        await _read(manuals, context, emit)
    kept = context.library.documents
    batch: list[Passage] = []
    for number, document in enumerate(kept, start=1):
        batch += split(document)
        if len(batch) >= BATCH or number == len(kept):
            await context.index.add(batch)
            batch = []
            emit({"event": "indexed", "document": document.path, "done": number, "of": len(kept)})
    done.touch()


async def _read(manuals: str, context: Context, emit: Emit) -> None:
    """Write the documents, once: what candidates were planned from must not change under them."""
    emit({"event": "reading", "manuals": manuals})
    loop = asyncio.get_running_loop()

    def on_file(path: str, done: int, of: int) -> None:
        event: dict[str, object] = {"event": "reading", "manuals": f"{path} ({done + 1} of {of})"}
        loop.call_soon_threadsafe(emit, event)

    found, unreadable = await asyncio.to_thread(read_folder, Path(manuals), on_file)
    await context.known_machines()
    documents = [await _with_machine(document, context) for document in found]
    kept = [d for d in documents if len(d.pages) >= context.brief.least_pages]
    notes = await _notes(documents, unreadable, context)
    if not kept:
        listed = "".join(f"\n  {note.path}: {note.reason}" for note in notes[:10])
        raise DocumentError(f"No manual in {manuals} can be used.{listed}")
    context.ledger.note(notes)
    Library.write(context.run / "documents", kept)


async def _with_machine(document: Document, context: Context) -> Document:
    if context.machines is None:
        return document
    machine = await context.machines.machine_of(document.path)
    return replace(document, machine=machine.code) if machine else document


def _why_skipped(document: Document, brief: Brief) -> str:
    """Return why nothing is asked about a document, "" where something can be."""
    if len(document.pages) < brief.least_pages:
        return f"It has {len(document.pages)} pages; `least_pages` is {brief.least_pages}."
    if document.text and not main_language(document):
        return f"Its language is none of {', '.join(LANGUAGES)}, or not clear."
    if not windows([document], brief):
        return "No page of it has text enough to ask about, can be read, and is in `languages`."
    return ""


async def _notes(
    documents: Sequence[Document], unreadable: Sequence[Unreadable], context: Context
) -> list[Note]:
    notes = [Note("unreadable", each.path, each.page or 0, each.reason) for each in unreadable]
    reasons = {document.path: _why_skipped(document, context.brief) for document in documents}
    notes += [Note("skipped", path, 0, reason) for path, reason in reasons.items() if reason]
    if context.machines is not None:
        there = [*(d.path for d in documents), *(each.path for each in unreadable)]
        notes += [
            Note("no_file", path, 0, "The machine names list it, and it is not there.")
            for path in await context.machines.missing(there)
        ]
        notes += [
            Note("no_machine", d.path, 0, "The machine names do not list it.")
            for d in documents
            if d.machine is None
        ]
    return notes
