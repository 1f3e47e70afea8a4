"""Scope: which machines of a family a row's answer holds for, by what their manuals state.

The question graph's `scope` runs before a row gets its context. Without a directory of machines, or
for a document that it does not list, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.runtime import Runtime

from checks.assertions import Excerpt
from checks.findings import Finding
from checks.names import names_of
from checks.scope import (
    Cited,
    Stance,
    ambiguous,
    known_name,
    quoted,
    scope_of,
    sibling_values,
    stance,
)
from graph.context import Context
from graph.ledger import Note
from graph.quality import verdict_on_scope
from graph.state import QuestionState
from graph.verdicts import Update, decided
from tools.library import heading_of
from tools.machines import Machine
from training.rows import RowCitation

HITS = 4
"""How many passages of a sibling are compared."""
LONG_SECTION = 8000
"""From how many characters on a section is read only around what is compared."""
LONGEST_QUERY = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of a document, and the language it is read in."""

    document_id: str
    start: int
    end: int
    language: str


async def scope(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Compare what the answer cites with the manuals of the machine's siblings."""
    context, window = runtime.context, state.candidate.window
    assert state.question is not None
    assert state.answer is not None
    machine = await context.machine(window.machine)
    if machine is None:
        return {}
    question, answer = state.question.text, state.answer.text
    cited = cited_in(state.citations, machine, context)
    stances, counterpart = await compare_family(cited, question, answer, machine, context)
    named, found = await context.naming(machine.code), scope_of(machine.code, stances)
    limits = context.brief.limits
    verdict = verdict_on_scope(
        [
            *known_name(question, answer, named, window.language),
            *ambiguous(question, named, found),
        ],
        sibling_values(question, answer, named, stances, window.language),
        drafts=state.drafts,
        answers=state.answers,
        limits=limits,
    )
    said = f"{found.kind} {', '.join(found.machines)}"
    return {"scope": found, "contrast": counterpart, **decided("scope", verdict, said)}


def cited_in(citations: Sequence[RowCitation], machine: Machine, context: Context) -> list[Cited]:
    """Return the sections that are cited, as far as they are near, with what is quoted there."""
    found: list[Cited] = []
    for citation in citations:
        document = context.library.by_path(citation.document)
        language = context.library.page_at(document, citation.start).language or "en"
        span = Stretch(document.id, citation.start, citation.end, language)
        excerpt, start = _around(span, machine, context)
        found.append(quoted(excerpt, [(citation.start - start, citation.end - start)]))
    return found


async def compare_family(
    cited: Sequence[Cited], question: str, answer: str, machine: Machine, context: Context
) -> tuple[dict[str, Stance], str]:
    """Return how the manual of each other machine of the family stands to what is cited.

    Beside it the id of the first window that states another value, "" without one.
    """
    stances: dict[str, Stance] = {}
    counterpart = ""
    for other in await context.known_machines():
        if other.code != machine.code and other.family and other.family == machine.family:
            manual: dict[Excerpt, Stretch] = {}
            for each in await stretches_alike(cited, other, context):
                excerpt, _ = _around(each, other, context)
                manual.setdefault(excerpt, each)
            found = stance(cited, question, answer, [*manual])
            stances[other.code] = found
            if found.kind == "differs" and found.values:
                counterpart = counterpart or _window_at([*manual.values()][found.at], context)
    return stances, counterpart


async def stretches_alike(
    cited: Sequence[Cited], machine: Machine, context: Context
) -> list[Stretch]:
    """Return what a machine's manuals have under the headings of what is cited, or most like it."""
    found: dict[Stretch, None] = {}
    for each in cited:
        excerpt = each.excerpt
        words = " ".join((*excerpt.section[1:], *(one.text for one in each.quoted)))
        hits = await context.index.search(
            words[:LONGEST_QUERY], k=HITS, machine=machine.code, language=excerpt.language
        )
        for passage in (hit.passage for hit in hits):
            place = (passage.document_id, passage.start, passage.end)
            found[Stretch(*place, passage.language)] = None
        headed = context.library.by_heading.get((machine.code, heading_of(excerpt.section)), ())
        for document, section in headed if len(headed) <= HITS else ():
            if section.end - section.start <= LONG_SECTION:
                found[Stretch(document.id, section.start, section.end, excerpt.language)] = None
    return list(found)


def note_unknown(findings: Sequence[Finding], state: QuestionState, context: Context) -> None:
    """Write down names of machines that the directory does not have."""
    reason = f"Named in candidate {state.candidate.id}."
    names = [found.evidence for found in findings if found.code == "unknown_machine"]
    context.ledger.note([Note("unknown_machine", name, 0, reason) for name in names])


def _window_at(stretch: Stretch, context: Context) -> str:
    """Return the id of the window that holds a stretch, "" where the brief leaves it out."""
    windows = context.windows_of.get(stretch.document_id, ())
    inside = (w.id for w in windows if w.start <= stretch.start and stretch.end <= w.end)
    return next(inside, "")


def _around(span: Stretch, machine: Machine, context: Context) -> tuple[Excerpt, int]:
    """Return the section of a span, or of a long one what is near, and where in the text it is."""
    document = context.library.document(span.document_id)
    # A passage may begin with the heading of the chapter that its section opens.
    section = context.library.section_at(document, span.end - 1)
    start, end = min(section.start, span.start), section.end
    if end - start > LONG_SECTION:
        start = max(start, span.start - LONG_SECTION // 2)
        end = min(end, span.end + LONG_SECTION // 2)
    text = document.text[start:end]
    return Excerpt(section.path, text, names_of(machine), span.language), start
