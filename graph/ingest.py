"""Ingest: the manuals become documents, passages and an index; what cannot be used is noted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from graph.context import Context, Emit
from graph.ledger import Note
from graph.plan import main_language
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
    found, unreadable = await asyncio.to_thread(read_folder, Path(manuals))
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


async def _notes(
    documents: Sequence[Document], unreadable: Sequence[Unreadable], context: Context
) -> list[Note]:
    least = context.brief.least_pages
    notes = [Note("unreadable", each.path, each.page or 0, each.reason) for each in unreadable]
    notes += [
        Note("skipped", d.path, 0, f"It has {len(d.pages)} pages; `least_pages` is {least}.")
        for d in documents
        if len(d.pages) < least
    ]
    notes += [
        Note("skipped", d.path, 0, f"Its language is none of {', '.join(LANGUAGES)}, or not clear.")
        for d in documents
        if len(d.pages) >= least and d.text and not main_language(d)
    ]
    if context.machines is not None:
        there = [*(d.path for d in documents), *(each.path for each in unreadable)]
        notes += [
            Note("no_file", path, 0, "The machines file names it, and it is not there.")
            for path in await context.machines.missing(there)
        ]
        notes += [
            Note("no_machine", d.path, 0, "The machines file does not name it.")
            for d in documents
            if d.machine is None
        ]
    return notes
