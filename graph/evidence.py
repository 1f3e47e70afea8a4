"""Evidence: from an answer's citations to spans of documents, to a row's context, to the row."""

from __future__ import annotations

from dataclasses import dataclass

from agents.answerer import Answer
from checks.facts import unsupported
from checks.findings import Finding
from checks.form import answer_findings
from checks.leakage import section_key
from checks.names import without_names
from checks.quotes import locate
from graph.context import Context
from graph.quality import judged_hash, oracle_positions
from graph.state import QuestionState, Window
from graph.surroundings import row_prompt
from tools.library import Library
from tools.passages import Passage
from training.rows import RowCitation, Scores, TrainingRow


class UnjudgedRowError(Exception):
    """A row is not what its judge was shown."""


async def locate_citations(
    answer: Answer, window: Window, context: Context
) -> tuple[tuple[RowCitation, ...], list[Finding]]:
    """Return the answer's citations as spans of documents, and what is wrong with the answer."""
    passages = {p.id: p for p in await context.index.get([c.passage_id for c in answer.citations])}
    located: list[RowCitation] = []
    findings = [] if answer.citations else [Finding("no_citation", "The answer cites nothing.")]
    for citation in answer.citations:
        passage = passages.get(citation.passage_id)
        finding = _citation_finding(citation.passage_id, citation.quote, passage, window)
        if finding or passage is None:
            findings += [finding] if finding else []
            continue
        located.append(_located(passage, citation.quote))
    machine = await context.machine(window.machine)
    cited = [passages[citation.passage_id].text for citation in located]
    own = machine.name if machine else None
    # "Ares 250" holds a number, which the passages about it need not repeat.
    said = without_names(answer.text, [own]) if own else answer.text
    findings += unsupported(said, cited, window.language)
    findings += answer_findings(
        answer.text,
        language=window.language,
        machine=own,
        other_machines=await context.other_machines(window.machine),
    )
    return tuple(located), findings


def _located(passage: Passage, quote: str) -> RowCitation:
    start, end = locate(quote, passage.text)[0]
    return RowCitation(
        passage_id=passage.id,
        document=passage.document,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
    )


def _citation_finding(
    passage_id: str, quote: str, passage: Passage | None, window: Window
) -> Finding | None:
    if passage is None:
        return Finding("unknown_passage", f"No passage has the id {passage_id}.", passage_id)
    if passage.machine != window.machine:
        return Finding(
            "other_machine", f"Passage {passage_id} is about another machine.", passage.document
        )
    if not quote.strip() or not locate(quote, passage.text):
        return Finding(
            "quote_not_found", f"The quote does not stand in passage {passage_id}.", quote
        )
    return None


async def make_row(state: QuestionState, context: Context) -> TrainingRow:
    """Return the row of a candidate that was accepted.

    Raises:
        UnjudgedRowError: question, answer, context or citations are not those that were judged.
    """
    question, answer, critique, judgement = (
        state.question,
        state.answer,
        state.critique,
        state.judgement,
    )
    assert question and answer and critique and judgement and state.verdict  # noqa: PT018
    window = state.candidate.window
    prompt = await row_prompt(question.text, state.context, window, context)
    sha256 = judged_hash(question.text, answer.text, state.context, state.citations, prompt)
    if sha256 != state.verdict.sha256:
        raise UnjudgedRowError(f"Row {state.candidate.id} is not what its judge was shown.")
    machine = await context.machine(window.machine)
    cited = [_place(context.library, citation) for citation in state.citations]
    return TrainingRow(
        id=state.candidate.id,
        question=question.text,
        answer=answer.text,
        answerable=True,
        kind=question.kind,
        difficulty=question.difficulty,
        language=window.language,
        document=state.citations[0].document,
        machine_code=machine.code if machine else None,
        machine_name=machine.name if machine else None,
        pages=tuple(sorted({page for place in cited for page in place.pages})),
        section=" > ".join(cited[0].section),
        context=state.context,
        oracle_positions=oracle_positions(state.context),
        citations=state.citations,
        scores=Scores(
            relevance=critique.relevance,
            global_relevance=critique.global_relevance,
            coverage=critique.coverage,
            faithfulness=judgement.faithfulness,
            completeness=judgement.completeness,
        ),
        reasons=judgement.reasons,
        attempts=state.drafts + state.answers,
        models={role: model.name for role, model in sorted(context.models.items())},
        prompt_hashes=context.prompts.hashes,
        sha256=sha256,
        system=prompt[0],
        user=prompt[1],
        sections=tuple(sorted({place.key for place in cited})),
        machine_family=machine.family if machine else None,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    pages: tuple[int, ...]
    section: tuple[str, ...]
    key: str


def _place(library: Library, citation: RowCitation) -> _Place:
    """Return the pages and section of a citation, and what its section is recognised by."""
    document = library.by_path(citation.document)
    section = library.section_at(document, citation.start)
    key = section_key(document.text[section.start : section.end])
    pages = (p for p in document.pages if p.start < citation.end and citation.start < p.end)
    return _Place(tuple(page.number for page in pages), section.path, key)
