"""Ingest: the manuals become documents, passages and an index; what cannot be used is noted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from checks.names import unknown_names
from graph.brief import Brief
from graph.context import Context, Emit
from graph.ledger import Note
from graph.plan import main_language, windows
from tools.documents import Document, DocumentError, Unreadable, read_folder
from tools.language import LANGUAGES
from tools.library import DOCUMENTS, LIST, Library
from tools.machine_names import Parts, name_parts
from tools.machines import MachineDirectory
from tools.passages import Passage, split

BATCH = 2000


async def ingest_folder(manuals: str, context: Context, emit: Emit) -> None:
    """Fill the run folder's documents and the index from the folder, unless that was done before.

    Raises:
        DocumentError: the folder does not exist, or nothing in it can be used.
    """
    if not (context.run / DOCUMENTS / LIST).exists():
        await _read(manuals, context, emit)
    documents = context.library.documents
    cut = Cutting()
    await context.index.fill(content_hash(documents, cut), batches(documents, cut, emit))


@dataclass(frozen=True, slots=True)
class Cutting:
    """How documents are cut into passages, in characters."""

    size: int = 900
    overlap: int = 0


def content_hash(documents: Sequence[Document], cut: Cutting) -> str:
    """Return what an index of these documents, cut this way, is recognised by."""
    parts = [[document.id, document.machine] for document in documents]
    return sha256(json.dumps([parts, cut.size, cut.overlap]).encode()).hexdigest()


def batches(documents: Sequence[Document], cut: Cutting, emit: Emit) -> Iterator[list[Passage]]:
    """Yield the documents' passages, many at a time, and tell how far it is."""
    batch: list[Passage] = []
    for number, document in enumerate(documents, start=1):
        batch += split(document, size=cut.size, overlap=cut.overlap)
        if len(batch) >= BATCH or number == len(documents):
            yield batch
            batch = []
            emit(
                {
                    "event": "indexed",
                    "document": document.path,
                    "done": number,
                    "of": len(documents),
                }
            )


async def _read(manuals: str, context: Context, emit: Emit) -> None:
    """Write the documents, once: what candidates were planned from must not change under them."""
    documents, unreadable = await read_documents(manuals, context.machines, emit)
    kept = [d for d in documents if len(d.pages) >= context.brief.least_pages]
    notes = await _notes(documents, unreadable, context)
    if not kept:
        listed = "".join(f"\n  {note.path}: {note.reason}" for note in notes[:10])
        raise DocumentError(f"No manual in {manuals} can be used.{listed}")
    context.ledger.note(notes)
    Library.write(context.run / DOCUMENTS, kept)


async def read_documents(
    manuals: str, machines: MachineDirectory | None, emit: Emit
) -> tuple[list[Document], list[Unreadable]]:
    """Return the folder's documents, each with its machine, and what could not be read."""
    emit({"event": "reading", "manuals": manuals})
    loop = asyncio.get_running_loop()

    def on_file(path: str, done: int, of: int) -> None:
        event: dict[str, object] = {"event": "reading", "manuals": f"{path} ({done + 1} of {of})"}
        loop.call_soon_threadsafe(emit, event)

    found, unreadable = await asyncio.to_thread(read_folder, Path(manuals), on_file)
    return [await _with_machine(document, machines) for document in found], unreadable


async def _with_machine(document: Document, machines: MachineDirectory | None) -> Document:
    if machines is None:
        return document
    machine = await machines.machine_of(document.path)
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


def _repeated(documents: Sequence[Document]) -> dict[str, str]:
    """Return by path which documents repeat an earlier one of their machine, and which one."""
    first: dict[tuple[str, str | None], str] = {}
    for document in documents:
        first.setdefault((document.sha256, document.machine), document.path)
    return {
        document.path: f"It holds the same as {kept}, about which the questions are."
        for document in documents
        if (kept := first[document.sha256, document.machine]) != document.path
    }


async def _notes(
    documents: Sequence[Document], unreadable: Sequence[Unreadable], context: Context
) -> list[Note]:
    notes = [Note("unreadable", each.path, each.page or 0, each.reason) for each in unreadable]
    reasons = {document.path: _why_skipped(document, context.brief) for document in documents}
    reasons = _repeated(documents) | {path: reason for path, reason in reasons.items() if reason}
    notes += [Note("skipped", path, 0, reason) for path, reason in reasons.items()]
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
        notes += await _unknown_machines(documents, context)
    return notes


async def _unknown_machines(documents: Sequence[Document], context: Context) -> list[Note]:
    """Return a note for each name in the manuals that reads like a machine and is none."""
    known = (await context.naming(None)).others
    places: dict[Parts, tuple[str, dict[str, None]]] = {}
    for document in documents:
        for match in unknown_names(document.text, known):
            _, paths = places.setdefault(name_parts(match.group()), (match.group(), {}))
            paths[document.path] = None
    return [
        Note("unknown_machine", name, 0, f"Named in {', '.join(paths)}; the machine names lack it.")
        for name, paths in places.values()
    ]
