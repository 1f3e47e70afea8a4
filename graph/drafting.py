"""Drafting: the nodes of the question graph in which the generator writes."""

from __future__ import annotations

from langgraph.runtime import Runtime

from graph.context import Context
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
    question = await context.generator.draft(
        await context.source(candidate.window),
        candidate=candidate.id,
        attempt=state.drafts,
        scenario=context.brief.scenario,
        topics=context.brief.topics,
        asked=state.asked,
        revision=revision,
    )
    return {
        "question": question,
        "drafts": state.drafts + 1,
        "verdict": None,
        "life": [Step("revise" if revision else "draft", question.text)],
    }
