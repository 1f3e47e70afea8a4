"""State: the ids and small values that travel through the graphs. Texts and rows do not."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from agents.answerer import Answer
from agents.critic import Critique, RowJudgement
from agents.generator import Question
from checks.scope import Scope
from graph.quality import QualityReport, Verdict
from training.rows import ContextPassage, RowCitation, Variant


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one document that questions are written from; spans count in its text."""

    id: str
    document_id: str
    start: int
    end: int
    pages: tuple[int, int]
    language: str
    machine: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question to be written: which window it is for, in which round.

    A derived one is made from the accepted row `origin`, whose window it has unless it is about
    another machine.
    """

    id: str
    round: int
    window: Window
    variant: Variant = "drafted"
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a candidate's life, for `officina why`."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The candidate became a row."""

    row_id: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The candidate did not become a row; `attempts` are its drafts and answers together."""

    reason: str
    attempts: int


Outcome = Accepted | Dropped


@dataclass(slots=True)
class QuestionInput:
    """What the question graph starts from; `asked` is what its window was asked before."""

    candidate: Candidate
    asked: tuple[str, ...] = ()


@dataclass(slots=True)
class QuestionState(QuestionInput):
    """Where a candidate stands."""

    drafts: int = 0
    question: Question | None = None
    premise: str = ""
    """The words of a question that take something wrong for granted."""
    counterpart: str = ""
    """The id of the sibling's passage that a near miss shows."""
    critique: Critique | None = None
    answers: int = 0
    answer: Answer | None = None
    citations: tuple[RowCitation, ...] = ()
    scope: Scope | None = None
    contrast: str = ""
    """The window of a sibling that states another value."""
    context: tuple[ContextPassage, ...] = ()
    judgement: RowJudgement | None = None
    verdict: Verdict | None = None
    life: Annotated[list[Step], operator.add] = field(default_factory=list[Step])
    outcome: Outcome | None = None


@dataclass(slots=True)
class QuestionOutput:
    """How the candidate ended."""

    outcome: Outcome | None = None


@dataclass(slots=True)
class DatasetInput:
    """What the dataset graph starts from: the folder of manuals."""

    manuals: str


Decision = Literal["again", "export", "stop_short"]


@dataclass(slots=True)
class DatasetState(DatasetInput):
    """Where a run stands."""

    round: int = 0
    exhausted: str = ""
    """Why nothing more can be tried, as a sentence; empty while something is left."""
    decision: Decision = "again"
    reason: str = ""
    note: str = ""
    """What is not quite as the brief asks, though the thresholds are met."""
    report: QualityReport | None = None
    dataset: str = ""
    adapter: str = ""
    evaluation: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(slots=True)
class DatasetOutput:
    """How a run ended: where things are, and what was short if anything was."""

    decision: Decision = "again"
    reason: str = ""
    note: str = ""
    report: QualityReport | None = None
    dataset: str = ""
    adapter: str = ""
    evaluation: dict[str, float] = field(default_factory=dict[str, float])
