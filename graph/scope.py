"""Scope: which machines of a family a row's answer holds for, by what their manuals state.

The question graph's `scope` runs before a row gets its context. Without a directory of machines, or
for a document that it does not list, nothing is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from checks.assertions import Excerpt
from checks.findings import Finding
from checks.names import names_of
from checks.scope import Cited, Stance, ambiguous, quoted, scope_of, sibling_values, stance
from graph.context import Context
from graph.ledger import Note
from graph.quality import verdict_on_scope
from graph.state import QuestionState
from graph.verdicts import Update, decided
from tools.documents import Document
from tools.machines import Machine
from tools.passages import Passage
from training.rows import RowCitation

HITS = 4
"""How many passages of a sibling are compared."""
LONG_SECTION = 8000
"""From how many characters on a section is read only around what is compared."""
LONGEST_QUERY = 400


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
        ambiguous(question, named, found),
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
        excerpt, start = _around(document, citation, machine, language, context)
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
            manual: dict[Excerpt, Passage] = {}
            for passage in await passages_alike(cited, other, context):
                manual.setdefault(_excerpt(passage, other, context), passage)
            found = stance(cited, question, answer, [*manual])
            stances[other.code] = found
            if found.values:
                counterpart = counterpart or _window_at([*manual.values()][found.at], context)
    return stances, counterpart


async def passages_alike(
    cited: Sequence[Cited], machine: Machine, context: Context
) -> list[Passage]:
    """Return the passages of a machine's manuals that are most like what is cited."""
    found: dict[str, Passage] = {}
    for each in cited:
        words = " ".join((*each.excerpt.section[1:], *(one.text for one in each.quoted)))
        hits = await context.index.search(
            words[:LONGEST_QUERY], k=HITS, machine=machine.code, language=each.excerpt.language
        )
        found |= {hit.passage.id: hit.passage for hit in hits}
    return list(found.values())


def note_unknown(findings: Sequence[Finding], state: QuestionState, context: Context) -> None:
    """Write down names of machines that the directory does not have."""
    reason = f"Named in candidate {state.candidate.id}."
    names = [found.evidence for found in findings if found.code == "unknown_machine"]
    context.ledger.note([Note("unknown_machine", name, 0, reason) for name in names])


def _window_at(passage: Passage, context: Context) -> str:
    """Return the id of the window that holds a passage, "" where the brief leaves it out."""
    windows = context.windows_of.get(passage.document_id, ())
    inside = (w.id for w in windows if w.start <= passage.start and passage.end <= w.end)
    return next(inside, "")


def _excerpt(passage: Passage, machine: Machine, context: Context) -> Excerpt:
    document = context.library.document(passage.document_id)
    return _around(document, passage, machine, passage.language, context)[0]


def _around(
    document: Document,
    span: Passage | RowCitation,
    machine: Machine,
    language: str,
    context: Context,
) -> tuple[Excerpt, int]:
    """Return the section of a span, or of a long one what is near, and where in the text it is."""
    # A passage may begin with the heading of the chapter that its section opens.
    section = context.library.section_at(document, span.end - 1)
    start, end = min(section.start, span.start), section.end
    if end - start > LONG_SECTION:
        start = max(start, span.start - LONG_SECTION // 2)
        end = min(end, span.end + LONG_SECTION // 2)
    text = document.text[start:end]
    return Excerpt(section.path, text, names_of(machine), language), start
