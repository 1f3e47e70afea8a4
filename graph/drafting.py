"""Drafting: the nodes of the question graph in which the generator writes."""

from __future__ import annotations

from langgraph.runtime import Runtime

from graph.abstaining import origin_of, question_of
from graph.context import Context
from graph.contrasts import question_again
from graph.state import QuestionState, Step
from graph.verdicts import Update, drops_unreadable
from prompts.templates import Revision


@drops_unreadable("draft_unreadable")
async def draft(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Ask the generator for a question about the window."""
    return await _drafted(state, runtime.context, None)


@drops_unreadable("draft_unreadable")
async def revise(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Ask the generator for a better question, showing what was wrong with the last."""
    assert state.question is not None
    assert state.verdict is not None
    revision = Revision(state.question.text, state.question.quote, state.verdict.objections)
    return await _drafted(state, runtime.context, revision)


async def _drafted(state: QuestionState, context: Context, revision: Revision | None) -> Update:
    candidate = state.candidate
    if candidate.variant == "false_premise":
        return await _misled(state, context, revision)
    question = await context.generator.draft(
        await context.source(candidate.window),
        candidate=candidate.id,
        attempt=state.drafts,
        scenario=context.brief.scenario,
        topics=context.brief.topics,
        asked=state.asked,
        again=await question_again(candidate, context),
        revision=revision,
    )
    return {
        "question": question,
        "drafts": state.drafts + 1,
        "verdict": None,
        "life": [Step("revise" if revision else "draft", question.text)],
    }


async def _misled(state: QuestionState, context: Context, revision: Revision | None) -> Update:
    candidate = state.candidate
    origin = await origin_of(candidate, context)
    written = await context.generator.mislead(
        await context.source(candidate.window),
        candidate=candidate.id,
        attempt=state.drafts,
        scenario=context.brief.scenario,
        question=origin.question,
        answer=origin.answer,
        revision=revision,
    )
    return {
        "question": question_of(origin).model_copy(update={"text": written.text}),
        "premise": written.premise,
        "drafts": state.drafts + 1,
        "verdict": None,
        "life": [Step("revise" if revision else "draft", written.text)],
    }
