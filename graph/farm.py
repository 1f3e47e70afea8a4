"""Farm: many small question graphs in one node, as many at a time as the gate can use."""

from __future__ import annotations

import asyncio
import contextvars

from agents.faults import BudgetExhaustedError, CallError, ModelUnavailableError
from agents.probe import PROBED
from graph.context import Context
from graph.question import RECURSION_LIMIT, build_question_graph
from graph.state import QuestionInput
from graph.tracing import ENDING_KEYS, begin, ending
from tools.patience import ServiceDownError

POOL_PER_PLACE = 1.5
# None would inherit the outer graph's saver; the journal is what makes a candidate durable.
_GRAPH = build_question_graph().compile(checkpointer=False, name="question")


async def farm_round(context: Context) -> str:
    """Run every open candidate to its outcome; return what ended the round early, if anything did.

    Raises:
        CallError: a model cannot be used at all.
        ServiceDownError: a service is away, and nothing has been made yet.
    """
    asked = context.ledger.asked()
    open_candidates = [entry.candidate for entry in context.ledger.entries("planned")]
    waiting = iter(
        QuestionInput(candidate, tuple(filter(None, asked.get(candidate.window.id, ()))))
        for candidate in open_candidates
    )
    stopped: list[CallError | ServiceDownError] = []

    async def work() -> None:
        for question in waiting:
            if stopped:
                return
            try:
                await run_apart(question, context)
            except (CallError, ServiceDownError) as error:
                stopped.append(error)

    pool = min(len(open_candidates), max(1, int(context.width * POOL_PER_PLACE)))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(pool):
                group.create_task(work())
    except ExceptionGroup as several:
        # One sentence tells a fault better than a pool's worth of the same.
        raise several.exceptions[0] from several
    if not stopped:
        return ""
    ends_short = isinstance(
        stopped[0], BudgetExhaustedError | ModelUnavailableError | ServiceDownError
    )
    if ends_short and context.calls.journal.count(but=PROBED):
        return str(stopped[0])
    raise stopped[0]


async def run_apart(question: QuestionInput, context: Context) -> None:
    """Run one question graph in a fresh context, so that it inherits nothing by accident."""
    window = question.candidate.window
    document = context.library.document(window.document_id).path
    machine = await context.machine(window.machine)
    trace = begin(question.candidate, document, machine, context.tracing)

    async def live() -> None:
        with trace.following() as config:
            state = await _GRAPH.ainvoke(
                question,
                config={**config, "recursion_limit": RECURSION_LIMIT},
                context=context,
                output_keys=ENDING_KEYS,
            )
            trace.ended(ending(state))

    await asyncio.create_task(live(), context=contextvars.Context())
    context.calls.forget(question.candidate.id)
