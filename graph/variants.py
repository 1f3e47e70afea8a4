"""Variants: what each kind of candidate goes through, and which checks its row must pass.

The checks named here decide without a model; those that every candidate passes are in the nodes
of the question graph.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from checks.findings import Finding
from graph.abstaining import (
    abstains_well,
    holds_no_answer,
    holds_no_premise,
    misleads,
    shows_counterpart,
)
from graph.context import Context
from graph.contrasts import answers_otherwise, asks_again
from graph.state import QuestionState
from prompts.templates import Source
from training.rows import ContextPassage, Variant

DraftCheck = Callable[[QuestionState, Source, Context], Awaitable[list[Finding]]]
RowCheck = Callable[[QuestionState, Sequence[ContextPassage], Context], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Where a candidate enters the question graph, what answers it, and what it must pass.

    `draft_checks` come beside the form of a draft, of which the codes in `spared` do not count.
    """

    enters: Literal["draft", "abstain"]
    answered_by: Literal["answer", "abstain"]
    row_checks: tuple[RowCheck, ...] = ()
    draft_checks: tuple[DraftCheck, ...] = ()
    spared: tuple[str, ...] = ()


RULES: Mapping[Variant, Rules] = {
    "drafted": Rules("draft", "answer"),
    "contrast": Rules("draft", "answer", (answers_otherwise,), (asks_again,)),
    "unanswerable": Rules("abstain", "abstain", (holds_no_answer, abstains_well)),
    "near_miss": Rules("abstain", "abstain", (holds_no_answer, shows_counterpart, abstains_well)),
    "false_premise": Rules(
        "draft",
        "abstain",
        (holds_no_premise, abstains_well),
        (misleads,),
        # Its quote is its origin's, which was cited, and may stand outside the window.
        spared=("quote_not_found", "bare_heading"),
    ),
}
