"""Contrasts: a question that was answered for one machine, asked again about a sibling.

They are derived from accepted rows for which `scope` found a sibling with another value. The
generator asks from the sibling's own window; what it writes must ask the same, and be answered
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.findings import Finding
from checks.names import renamed
from checks.scope import asks_the_same, says_the_same
from graph.abstaining import origin_of
from graph.context import Context
from graph.ledger import Made
from graph.plan import HOPED_DERIVED, derived, likely_needed
from graph.state import Candidate, QuestionState, Window
from prompts.templates import Source
from training.rows import ContextPassage


def next_contrasts(
    origins: Sequence[Made],
    *,
    round_: int,
    missing: int,
    rate: float | None,
    windows: Mapping[str, Window],
) -> list[Candidate]:
    """Return as many contrasts of the origins as are likely needed for so many rows."""
    return [
        derived(origin.id, "contrast", round_, windows[origin.counterpart])
        for origin in origins[: likely_needed(missing, rate, HOPED_DERIVED)]
    ]


async def question_again(candidate: Candidate, context: Context) -> str:
    """Return the question of a contrast's origin, about the contrast's machine; "" for others."""
    if candidate.variant != "contrast":
        return ""
    origin = await origin_of(candidate, context)
    named = await context.naming(origin.machine_code)
    ours = await context.naming(candidate.window.machine)
    return renamed(origin.question, named.own, ours.machine or "")


async def asks_again(state: QuestionState, source: Source, context: Context) -> list[Finding]:
    """Find that a draft does not ask what its origin asks."""
    assert state.question is not None
    window, wanted = state.candidate.window, await question_again(state.candidate, context)
    named = await context.naming(window.machine)
    if asks_the_same(state.question.text, wanted, named.every, window.language):
        return []
    return [Finding("other_question", f"Ask the same as “{wanted}”.", state.question.text)]


async def answers_otherwise(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find that the sibling's answer is the origin's."""
    assert state.answer is not None
    origin, window = await origin_of(state.candidate, context), state.candidate.window
    named = await context.naming(window.machine)
    if says_the_same(state.answer.text, origin.answer, named.every, window.language):
        return [Finding("no_contrast", "The sibling's answer is the same.", origin.answer)]
    return []
