"""The question graph: one candidate's life, from a window to a row or to a reason.

draft → inspect ─┬─ critique ─┬─ answer → verify → scope ─┬─ surround → judge ─┬─ row
                 ├─ revise ↺  ├─ abstain ─────────────────┘                    ├─ answer ↺
                 └─ drop      └─ revise ↺, drop                                └─ drop

`verify` and `scope` may ask for another answer or drop, `scope` for another question. A candidate
enters at its first missing part: a question that was accepted before, at `abstain`. Models are
asked and checks run in the nodes; `quality.py` decides; the routers only read the verdict.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from checks.findings import Finding
from checks.form import question_findings
from graph.abstaining import abstain, closed_surroundings
from graph.citations import locate_citations
from graph.context import Context
from graph.drafting import draft, revise
from graph.evidence import UnjudgedRowError, make_row
from graph.quality import (
    ASK_AGAIN,
    drop,
    judged_hash,
    verdict_on_answer,
    verdict_on_draft,
    verdict_on_question,
    verdict_on_row,
)
from graph.scope import note_unknown, scope
from graph.state import Accepted, Dropped, QuestionInput, QuestionOutput, QuestionState, Step
from graph.surroundings import NoContextError, row_prompt, surroundings
from graph.variants import RULES
from graph.verdicts import Update, decided, drops_unreadable

RECURSION_LIMIT = 100
CRITIC_HITS = 3
Route = TypeVar("Route")


async def inspect(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Check the draft without a model."""
    if state.verdict or state.question is None:
        return {}
    context, window = runtime.context, state.candidate.window
    source, named = await context.source(window), await context.naming(window.machine)
    findings = question_findings(
        state.question.text,
        language=window.language,
        quote=state.question.quote,
        window="\n".join(part.text for part in source.parts),
        machine=named.machine,
        also_named=named.also,
        other_machines=named.others,
    )
    rules = RULES[state.candidate.variant]
    findings = [finding for finding in findings if finding.code not in rules.spared]
    for check in rules.draft_checks:
        findings += await check(state, source, context)
    note_unknown(findings, state, context)
    verdict = verdict_on_draft(findings, state.drafts, context.brief.limits)
    return decided("inspect", verdict)


@drops_unreadable("judge_unreadable")
async def critique(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Ask the critic to score the question against its window and a search for it."""
    context, candidate, question = runtime.context, state.candidate, state.question
    assert question is not None
    hits = await context.index.search(
        question.text, k=CRITIC_HITS, language=candidate.window.language
    )
    judged = await context.critic.judge_question(
        await context.source(candidate.window),
        candidate=candidate.id,
        attempt=state.drafts,
        scenario=context.brief.scenario,
        question=question.text,
        quote=question.quote,
        hits=[hit.passage for hit in hits],
        premise=state.premise,
    )
    brief = context.brief
    verdict = verdict_on_question(judged, brief.thresholds, state.drafts, brief.limits)
    return {"critique": judged, **decided("critique", verdict, judged.reasons)}


@drops_unreadable("answer_unreadable")
async def answer(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Ask the answerer, who sees the question and the tools, not the window."""
    context, window = runtime.context, state.candidate.window
    assert state.question is not None
    objections = state.verdict.objections if state.verdict and state.answers else ()
    given = await context.answerer.answer(
        state.question.text,
        candidate=state.candidate.id,
        attempt=state.answers,
        language=window.language,
        machine=await context.machine(window.machine),
        objections=objections,
    )
    return {
        "answer": given,
        "answers": state.answers + 1,
        "verdict": None,
        "life": [Step("answer", given.text)],
    }


async def verify(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Check the answer without a model: quotes, numbers, language, machine."""
    if state.verdict or state.question is None or state.answer is None:
        return {}
    assert state.question is not None
    citations, findings = (), list[Finding]()
    if not state.answer.abstained:
        citations, findings = await locate_citations(
            state.answer, state.question.text, state.candidate.window, runtime.context
        )
    note_unknown(findings, state, runtime.context)
    limits = runtime.context.brief.limits
    verdict = verdict_on_answer(state.answer, findings, state.answers, limits)
    return {"citations": citations, **decided("verify", verdict)}


async def surround(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Set the cited passages among distractors that do not hold the answer."""
    if state.verdict and state.verdict.decision == "drop":
        return {}
    assert state.question is not None
    assert state.answer is not None
    context = runtime.context
    try:
        if state.answer.abstained:
            passages = await closed_surroundings(state, context)
        else:
            passages = await surroundings(
                state.candidate, state.question, state.answer, state.citations, context
            )
    except NoContextError as error:
        return decided("surround", drop(error.reason, str(error)))
    for check in RULES[state.candidate.variant].row_checks:
        if findings := await check(state, passages, context):
            return decided("surround", drop(findings[0].code, findings[0].sentence))
    found = sum(passage.role == "oracle" for passage in passages)
    said = f"{found} oracle passages among {len(passages)}"
    return {"context": passages, "life": [Step("surround", said)]}


@drops_unreadable("judge_unreadable")
async def judge(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Ask the critic to score exactly the question, answer and context that the row will hold."""
    if state.verdict and state.verdict.decision == "drop":
        return {}
    context, window = runtime.context, state.candidate.window
    assert state.question is not None
    assert state.answer is not None
    shown = await context.index.get([passage.passage_id for passage in state.context])
    judged = await context.critic.judge_answer(
        state.question.text,
        state.answer.text,
        candidate=state.candidate.id,
        attempt=state.answers,
        scenario=context.brief.scenario,
        language=window.language,
        machine=await context.machine(window.machine),
        passages=shown,
        citations=[(citation.passage_id, citation.quote) for citation in state.citations],
    )
    prompt = await row_prompt(state.question.text, state.context, window, context)
    sha256 = judged_hash(
        state.question.text, state.answer.text, state.context, state.citations, prompt
    )
    brief = context.brief
    spent = brief.limits.answers if state.answer.abstained else state.answers
    verdict = verdict_on_row(judged, brief.thresholds, spent, brief.limits, sha256)
    if verdict.decision == "accept":
        await context.ledger.judge(state.candidate.id, sha256)
    return {"judgement": judged, **decided("judge", verdict, judged.reasons)}


async def row(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Write the row into the ledger, unless it is not what its judge was shown."""
    context = runtime.context
    try:
        made = await make_row(state, context)
    except UnjudgedRowError as error:
        return await drop_candidate(replace(state, verdict=drop("unjudged", str(error))), runtime)
    await context.ledger.accept(
        state.candidate.id, made, drafts=state.drafts, answers=state.answers, life=state.life
    )
    _emit(
        runtime, {"event": "accepted", "candidate": state.candidate.id, "question": made.question}
    )
    return {"outcome": Accepted(made.id)}


async def drop_candidate(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Write the reason into the ledger."""
    assert state.verdict is not None
    question = state.question.text if state.question else ""
    reason = state.verdict.reason
    await runtime.context.ledger.drop(
        state.candidate.id,
        reason,
        question=question,
        drafts=state.drafts,
        answers=state.answers,
        life=state.life,
    )
    _emit(runtime, {"event": "dropped", "candidate": state.candidate.id, "reason": reason})
    return {"outcome": Dropped(reason, state.drafts + state.answers)}


async def route_start(state: QuestionState) -> Literal["draft", "abstain"]:
    """Enter where the candidate has its first missing part."""
    return RULES[state.candidate.variant].enters


async def route_after_inspect(state: QuestionState) -> Literal["critique", "revise", "drop"]:
    """Go on with a sound draft."""
    return _route(state, "critique", "revise", "drop")


async def route_after_critique(
    state: QuestionState,
) -> Literal["answer", "abstain", "revise", "drop"]:
    """Go on with a question that the scores allow."""
    return _route(state, RULES[state.candidate.variant].answered_by, "revise", "drop")


async def route_after_verify(state: QuestionState) -> Literal["scope", "answer", "drop"]:
    """Go on with an answer whose citations hold."""
    return _route(state, "scope", "answer", "drop")


async def route_after_scope(
    state: QuestionState,
) -> Literal["surround", "revise", "answer", "drop"]:
    """Go on where question and answer fit the machines that the answer holds for."""
    unclear = state.verdict is not None and state.verdict.reason in ASK_AGAIN
    return _route(state, "surround", "revise" if unclear else "answer", "drop")


async def route_after_judge(state: QuestionState) -> Literal["row", "answer", "drop"]:
    """Keep a row that the scores allow."""
    return _route(state, "row", "answer", "drop")


def _route(state: QuestionState, onward: Route, again: Route, dropped: Route) -> Route:
    assert state.verdict is not None
    if state.verdict.decision == "accept":
        return onward
    return again if state.verdict.decision == "revise" else dropped


def _emit(runtime: Runtime[Context], event: dict[str, object]) -> None:
    (runtime.context.emit or runtime.stream_writer)(event)


def build_question_graph() -> StateGraph[QuestionState, Context, QuestionInput, QuestionOutput]:
    """Return the graph uncompiled, for whoever brings a saver of their own."""
    builder = StateGraph(
        QuestionState,
        context_schema=Context,
        input_schema=QuestionInput,
        output_schema=QuestionOutput,
    )
    nodes = (draft, inspect, critique, revise, answer, abstain, verify, scope, surround, judge, row)
    for node in nodes:
        builder.add_node(node.__name__, node)
    builder.add_node("drop", drop_candidate)
    builder.add_conditional_edges(START, route_start)
    builder.add_edge("draft", "inspect")
    builder.add_edge("revise", "inspect")
    builder.add_edge("answer", "verify")
    builder.add_edge("abstain", "surround")
    builder.add_edge("surround", "judge")
    builder.add_conditional_edges("inspect", route_after_inspect)
    builder.add_conditional_edges("critique", route_after_critique)
    builder.add_conditional_edges("verify", route_after_verify)
    builder.add_conditional_edges("scope", route_after_scope)
    builder.add_conditional_edges("judge", route_after_judge)
    builder.add_edge("row", END)
    builder.add_edge("drop", END)
    return builder


question_graph = (
    build_question_graph().compile(name="question").with_config(recursion_limit=RECURSION_LIMIT)
)
