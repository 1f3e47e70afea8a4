"""Evidence: from a judged state to the row, and whether a row's spans still hold its words."""

from __future__ import annotations

from dataclasses import dataclass

from agents.critic import Critique, RowJudgement
from checks.leakage import section_key
from graph.abstaining import origin_of
from graph.context import Context
from graph.quality import judged_hash, oracle_positions
from graph.state import QuestionState
from graph.surroundings import row_prompt
from tools.library import Library
from training.rows import RowCitation, Scores, TrainingRow


class UnjudgedRowError(Exception):
    """A row is not what its judge was shown."""


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
    origin = await origin_of(state.candidate, context) if state.candidate.origin else None
    # A row that cites nothing is about what its origin cites.
    evidence = origin.citations if origin and not state.citations else state.citations
    cited = [_place(context.library, citation) for citation in evidence]
    scope, applies_to = (origin.scope, origin.applies_to) if origin else (None, ())
    if state.scope:
        scope, applies_to = state.scope.kind, state.scope.machines
    kept_together = {place.key for place in cited}.union(origin.sections if origin else ())
    return TrainingRow(
        id=state.candidate.id,
        question=question.text,
        answer=answer.text,
        answerable=not answer.abstained,
        kind=question.kind,
        difficulty=question.difficulty,
        language=window.language,
        document=evidence[0].document,
        machine_code=machine.code if machine else None,
        machine_name=machine.name if machine else None,
        pages=tuple(sorted({page for place in cited for page in place.pages})),
        section=" > ".join(cited[0].section),
        context=state.context,
        oracle_positions=oracle_positions(state.context),
        citations=state.citations,
        scores=_scores(critique, judgement),
        reasons=judgement.reasons,
        attempts=state.drafts + state.answers,
        models={role: model.name for role, model in sorted(context.models.items())},
        prompt_hashes=context.prompts.hashes,
        sha256=sha256,
        system=prompt[0],
        user=prompt[1],
        sections=tuple(sorted(kept_together)),
        variant=state.candidate.variant,
        derived_from=state.candidate.origin,
        scope=scope,
        applies_to=applies_to,
        counterpart=state.contrast,
        machine_family=machine.family if machine else None,
    )


def _scores(critique: Critique, judgement: RowJudgement) -> Scores:
    return Scores(
        relevance=critique.relevance,
        global_relevance=critique.global_relevance,
        coverage=critique.coverage,
        faithfulness=judgement.faithfulness,
        completeness=judgement.completeness,
    )


def spans_hold(row: TrainingRow, library: Library) -> bool:
    """Say whether every passage and quote of a row is, to the letter, its span of its document."""
    spans = [(p.document, p.start, p.end, p.text) for p in row.context]
    spans += [(c.document, c.start, c.end, c.quote) for c in row.citations]
    return all(library.by_path(path).text[start:end] == text for path, start, end, text in spans)


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
