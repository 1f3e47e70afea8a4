"""Tracing: what a candidate's trace is called and carries; where it goes is decided at the edge.

`farm` begins a trace for each candidate and tells it how the candidate ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig

from graph.state import Accepted, Candidate, Dropped
from tools.machines import Machine

ENDING_KEYS = ("outcome", "question", "answer", "critique", "judgement", "drafts", "answers")
"""What of a question's state its trace shows as the outcome."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score that the critic gave, and why."""

    name: str
    value: int
    reasons: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a candidate ended: its row, if it became one, and what its trace says about it."""

    row: str | None
    metadata: Mapping[str, object]
    scores: list[Score] = field(default_factory=list[Score])


class Trace(Protocol):
    """One trace, from its first step to its end."""

    def following(self) -> AbstractContextManager[RunnableConfig]:
        """Yield the configuration that a graph is invoked with, and send the trace afterwards."""
        ...

    def ended(self, ending: Ending) -> None:
        """Say how it ended; called inside `following`."""
        ...


class Tracing(Protocol):
    """Where traces go, if anywhere."""

    def dataset(self, name: str, metadata: Mapping[str, object]) -> Trace:
        """Begin the trace of a dataset graph."""
        ...

    def candidate(self, candidate: str, name: str, metadata: Mapping[str, object]) -> Trace:
        """Begin the trace of a candidate."""
        ...


def begin(candidate: Candidate, document: str, machine: Machine | None, tracing: Tracing) -> Trace:
    """Begin the trace of a candidate for a document, under a name that a person can read."""
    window = candidate.window
    first, last = window.pages
    pages = str(first) if first == last else f"{first}–{last}"
    about = f"{document} page{'s' if first != last else ''} {pages}"
    metadata: dict[str, object] = {
        "document": document,
        "pages": pages,
        "cell": window.id,
        "round": candidate.round,
        "language": window.language,
    }
    if machine:
        about = f"{machine.name} · {about}"
        metadata |= {"machine": machine.name, "machine_code": machine.code}
    return tracing.candidate(candidate.id, about, metadata)


def ending(state: Mapping[str, Any]) -> Ending:
    """Return what the trace of a candidate says about its end."""
    outcome: Accepted | Dropped = state["outcome"]
    accepted = isinstance(outcome, Accepted)
    drafts, answers = state.get("drafts", 0), state.get("answers", 0)
    return Ending(
        row=outcome.row_id if accepted else None,
        metadata={
            "verdict": "accept" if accepted else "drop",
            "reason": "accepted" if accepted else outcome.reason,
            "drafts": drafts,
            "answers": answers,
            "attempts": drafts + answers,
        },
        scores=[
            Score(name, value, judged.reasons)
            for judged in (state.get("critique"), state.get("judgement"))
            if judged
            for name, value in judged.model_dump().items()
            if isinstance(value, int)
        ],
    )
