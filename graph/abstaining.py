"""Abstaining: rows whose passages do not hold the answer, made from an accepted row.

Every passage that supports its answer is kept out of the context, wherever in the index it stands,
and what the row says instead comes from a template, not from a model.
"""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from agents.answerer import Answer
from agents.critic import Critique
from agents.generator import Question
from checks.distractors import holds_answer
from checks.findings import Finding
from graph.context import Context
from graph.state import Candidate, QuestionState, Step
from graph.surroundings import surroundings
from graph.verdicts import Update
from training.rows import ContextPassage, TrainingRow


def origin_of(candidate: Candidate, context: Context) -> TrainingRow:
    """Return the accepted row that the candidate derives from."""
    entry = context.ledger.entry(candidate.origin or "")
    assert entry is not None
    assert entry.row is not None
    return entry.row


async def abstain(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Decline to answer the question, naming what the passages do not say."""
    context, candidate = runtime.context, state.candidate
    origin = origin_of(candidate, context)
    question = state.question or _question(origin)
    text = context.prompts.abstention(question.text, language=candidate.window.language)
    return {
        "question": question,
        "critique": state.critique or _critique(origin),
        "answer": Answer(abstained=True, text=text, citations=[], missing=question.text),
        "answers": 1,
        "life": [Step("abstain", text)],
    }


async def closed_surroundings(state: QuestionState, context: Context) -> tuple[ContextPassage, ...]:
    """Return passages that do not support the answer to the origin's question.

    As many more of them as the origin has oracles stand in the places of these.

    Raises:
        NoContextError: there is no such passage.
    """
    assert state.question is not None
    origin = origin_of(state.candidate, context)
    answer = Answer(abstained=False, text=origin.answer, citations=[], missing="")
    found = await surroundings(
        state.candidate,
        state.question,
        answer,
        origin.citations,
        context,
        wanted=context.brief.distractors + len(origin.oracle_positions),
    )
    return tuple(passage for passage in found if passage.role == "distractor")


async def gives_nothing_away(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find the passages that may support the answer to the origin's question."""
    origin = origin_of(state.candidate, context)
    quotes = [citation.quote for citation in origin.citations]
    found = (
        holds_answer(
            passage.text,
            question=origin.question,
            answer=origin.answer,
            quotes=quotes,
            language=origin.language,
        )
        for passage in passages
    )
    return [finding for finding in found if finding]


def _question(origin: TrainingRow) -> Question:
    return Question.model_validate(
        {
            "quote": origin.citations[0].quote,
            "text": origin.question,
            "kind": origin.kind,
            "difficulty": origin.difficulty,
        }
    )


def _critique(origin: TrainingRow) -> Critique:
    """Return the scores that the question has from its origin."""
    return Critique(
        reasons="",
        relevance=origin.scores.relevance,
        global_relevance=origin.scores.global_relevance,
        coverage=origin.scores.coverage,
        instructions="",
    )
