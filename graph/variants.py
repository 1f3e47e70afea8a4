"""Variants: what each kind of candidate goes through, and which checks its row must pass.

A row's checks decide without a model; those of a drafted row are what `inspect`, `verify` and
`surround` do for every candidate that is answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from checks.findings import Finding
from graph import abstaining
from graph.context import Context
from graph.state import QuestionState
from training.rows import ContextPassage, Variant

RowCheck = Callable[[QuestionState, Sequence[ContextPassage], Context], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Where a candidate enters the question graph, what answers it, and what its row must pass."""

    enters: Literal["draft", "abstain"]
    answered_by: Literal["answer", "abstain"]
    checks: tuple[RowCheck, ...] = ()


RULES: Mapping[Variant, Rules] = {
    "drafted": Rules("draft", "answer"),
    "contrast": Rules("draft", "answer"),
    "unanswerable": Rules("abstain", "abstain", (abstaining.gives_nothing_away,)),
    "near_miss": Rules("abstain", "abstain", (abstaining.gives_nothing_away,)),
    "false_premise": Rules("draft", "abstain", (abstaining.gives_nothing_away,)),
}
