"""Farm: many small question graphs in one node, as many at a time as the gate can use."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from agents.faults import (
    BudgetExhaustedError,
    CallError,
    ModelUnavailableError,
    NotJournaledError,
)
from agents.probe import PROBED
from graph.context import Context
from graph.question import RECURSION_LIMIT, build_question_graph
from graph.state import QuestionInput
from graph.tracing import ENDING_KEYS, begin, ending
from tools.patience import ServiceDownError
from tools.tasks import tasks

POOL_PER_PLACE = 1.5
CLAIMED_AT_A_TIME = 8
"""Few, so that no worker holds what another could begin."""
IDLE_SECONDS = 0.2
_GAPS = (
    "The journal ends before {} of the candidates do: the run was cut off there, or its prompts, "
    "its models or its brief are others now."
)
_GO_ON = "Go on with `officina resume` and the run folder once it answers."
_KEPT = (
    "What was finished is kept: mend that, then go on with `officina resume` and the run folder."
)
# None would inherit the outer graph's saver; the journal is what makes a candidate durable.
_GRAPH = build_question_graph().compile(checkpointer=False, name="question")


async def farm_round(context: Context) -> str:
    """Run the open candidates to their outcomes, beside the helpers where there are some.

    Returns what ended it early, if anything did.

    Raises:
        CallError: a model cannot be used at all.
        ServiceDownError: a service is away, and nothing has been made yet.
    """
    helpers, never = context.helpers, asyncio.Event()
    if helpers and context.ledger.open_candidates():
        await helpers.begin()
    while not (ended := await _farm(context, never)) and context.ledger.open_candidates():
        # Others are at the rest; what one leaves behind is claimed again.
        await asyncio.sleep(IDLE_SECONDS)
    if ended and helpers:
        await helpers.end()
    # They may have finished what this process could not.
    return ended if context.ledger.open_candidates() else ""


async def farm_beside(context: Context, over: asyncio.Event) -> str:
    """Run open candidates as they come until it is over, or something ends it early."""
    # What an outage kept it from giving back.
    context.ledger.release(context.session)
    while not over.is_set():
        if ended := await _farm(context, over):
            return ended
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await over.wait()
    return ""


async def _farm(context: Context, over: asyncio.Event) -> str:
    """Run candidates that no other process has until there are no more of them.

    What was claimed and not finished is given back.
    """
    claims, faults = _Claims(context, over), _Faults()
    running = 0

    async def work() -> None:
        nonlocal running
        try:
            while running <= _pool(context) and not faults.first:
                if (question := await claims.next()) is None:
                    break
                try:
                    await run_apart(question, context)
                except (CallError, ServiceDownError) as error:
                    faults.note(error)
                begin()
        finally:
            running -= 1

    def begin() -> None:
        nonlocal running
        while running < _pool(context) and not faults.first and not claims.ended:
            running += 1
            group.create_task(work())

    try:
        async with tasks() as group:
            begin()
    finally:
        context.ledger.release(context.session)
    return faults.ended(context)


@dataclass
class _Faults:
    """What kept candidates from their outcomes: `first` ends the farm; gaps of a replay do not."""

    first: CallError | ServiceDownError | None = None
    gaps: int = 0

    def note(self, fault: CallError | ServiceDownError) -> None:
        """Take note of what a candidate met."""
        if isinstance(fault, NotJournaledError):
            self.gaps += 1
        else:
            self.first = self.first or fault

    def ended(self, context: Context) -> str:
        """Return what ended the farm early, as a sentence, or raise it; "" if nothing did."""
        if self.first is None:
            return _GAPS.format(self.gaps) if self.gaps else ""
        if isinstance(self.first, BudgetExhaustedError):
            return str(self.first)
        is_away = isinstance(self.first, ModelUnavailableError | ServiceDownError)
        has_begun = context.calls.journal.count(but=PROBED) > 0
        if is_away and has_begun:
            return f"{self.first} {_GO_ON}"
        if has_begun:
            self.first.args = (f"{self.first} {_KEPT}",)
        raise self.first


class _Claims:
    """Open candidates, claimed a few at a time and handed out one by one."""

    def __init__(self, context: Context, over: asyncio.Event) -> None:
        self._ledger = context.ledger
        self._worker = context.session
        self._over = over
        self._claimed: deque[QuestionInput] = deque()
        self._lock = asyncio.Lock()
        self.ended = False

    async def next(self) -> QuestionInput | None:
        """Return a candidate that nobody else has, None when there is no more."""
        async with self._lock:
            if not self._claimed and not self.ended and not self._over.is_set():
                self._claimed.extend(await self._ledger.claim(self._worker, CLAIMED_AT_A_TIME))
                self.ended = not self._claimed
            return self._claimed.popleft() if self._claimed else None


def _pool(context: Context) -> int:
    """Return how many candidates may be under way, so that the gate always has a next call.

    One whose call sleeps keeps nobody from beginning.
    """
    return max(1, int(context.calls.width * POOL_PER_PLACE)) + context.calls.asleep


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
