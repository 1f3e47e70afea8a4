"""Verdicts on their way into the state: how a node of the question graph says what was decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Protocol

from langgraph.runtime import Runtime

from agents.faults import PromptTooLongError, UnreadableReplyError
from graph.context import Context
from graph.quality import Verdict, drop
from graph.state import QuestionState, Step

Update = dict[str, Any]


class Node(Protocol):
    """A step of the graph: the state in, what changes of it out."""

    __name__: str

    def __call__(self, state: QuestionState, runtime: Runtime[Context]) -> Awaitable[Update]:
        """Run the step."""
        ...


def decided(node: str, verdict: Verdict, reasons: str = "") -> Update:
    """Return the verdict, and the line it adds to the candidate's life."""
    said = "; ".join(part for part in (verdict.reason, *verdict.objections, reasons) if part)
    line = f"{verdict.decision}: {said}" if said else verdict.decision
    return {"verdict": verdict, "life": [Step(node, line)]}


def drops_unreadable(reason: str) -> Callable[[Node], Node]:
    """Turn a reply that cannot be had into the end of the candidate, never of the run."""

    def decorate(node: Node) -> Node:
        @wraps(node)
        async def guarded(state: QuestionState, runtime: Runtime[Context]) -> Update:
            try:
                return await node(state, runtime)
            except PromptTooLongError as error:
                return decided(node.__name__, drop("too_long", str(error)))
            except UnreadableReplyError as error:
                return decided(node.__name__, drop(reason, str(error)))

        return guarded

    return decorate
