"""Typical lives: how candidates go on the whole, for a forecast that has seen few or none.

The shares are rounded from runs with several models; a sample soon outweighs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.forecast import Kind, Life, Used

SURE = 2.0
"""How many candidates' word the typical lives have beside a sample."""
ALONE = 6.0
"""How many they have where nothing was sampled."""
_OUTPUT = {"draft": 90, "mislead": 60, "critique": 170, "search": 30, "answer": 170, "judge": 130}
_ROLES = {
    "draft": "generator",
    "mislead": "generator",
    "critique": "critic",
    "search": "answerer",
    "answer": "answerer",
    "judge": "critic",
}
_SHOWING = ("draft", "mislead", "critique")
_DRAFT, _ANSWER = ("draft", "critique"), ("search", "search", "search", "answer")
# Of each kind: the share, whether it is accepted, whether it exhausts its window, and its calls.
_LIVES: Sequence[tuple[Kind, float, bool, bool, Sequence[str]]] = (
    ("first", 0.42, True, False, (*_DRAFT, *_ANSWER, "judge")),
    ("first", 0.12, True, False, (*_DRAFT, *_DRAFT, *_ANSWER, "judge")),
    ("first", 0.06, True, False, (*_DRAFT, *_ANSWER, "judge", *_ANSWER, "judge")),
    ("first", 0.13, False, True, ("draft",)),
    ("first", 0.11, False, False, (*_DRAFT, *_ANSWER)),
    ("first", 0.09, False, False, (*_DRAFT, *_DRAFT, *_DRAFT)),
    ("first", 0.07, False, False, (*_DRAFT, *_ANSWER, "judge", *_ANSWER, "judge")),
    ("again", 0.45, True, False, (*_DRAFT, *_ANSWER, "judge")),
    ("again", 0.30, False, True, ("draft",)),
    ("again", 0.25, False, False, (*_DRAFT, *_ANSWER)),
    ("contrast", 0.35, True, False, (*_DRAFT, *_ANSWER, "judge")),
    ("contrast", 0.45, False, False, (*_DRAFT, *_ANSWER, "judge")),
    ("contrast", 0.20, False, False, (*_DRAFT, *_DRAFT, *_DRAFT)),
    ("unanswerable", 0.85, True, False, ("judge",)),
    ("unanswerable", 0.15, False, False, ("judge",)),
    ("near_miss", 0.5, True, False, ("judge",)),
    ("near_miss", 0.5, False, False, ()),
    ("false_premise", 0.4, True, False, ("mislead", "critique", "judge")),
    ("false_premise", 0.3, False, False, ("mislead",)),
    ("false_premise", 0.3, False, False, ("mislead", "critique", "mislead", "mislead")),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Letters of prompts without the window: a draft's, a critique's, and so on, and a window's.

    `found` is what one search adds to the conversation; without tools no turn searches.
    """

    draft: int
    critique: int
    opening: int
    found: int
    judge: int
    window: int
    letters_per_token: float
    with_tools: bool


def typical_lives(sizes: Sizes, weight: float) -> list[Life]:
    """Return typical lives, those of each kind with so much weight together."""
    return [
        Life(
            kind=kind,
            accepted=accepted,
            exhausted=exhausted,
            used=_used(steps, sizes),
            size=sizes.window,
            showing={
                role: sum(step in _SHOWING and _ROLES[step] == role for step in steps)
                for role in ("generator", "critic")
            },
            weight=share * weight,
        )
        for kind, share, accepted, exhausted, steps in _LIVES
    ]


def calibrated(typical: Sequence[Life], seen: Sequence[Life]) -> list[Life]:
    """Return the typical lives with as many tokens a call, by role, as those that were seen."""
    factors: dict[str, tuple[float, float]] = {}
    for role in {role for life in seen for role in life.used}:
        ours, theirs = _sum(role, typical), _sum(role, seen)
        if ours.calls and theirs.calls:
            calls = ours.calls / theirs.calls
            factors[role] = (
                theirs.input_tokens * calls / max(1, ours.input_tokens),
                theirs.output_tokens * calls / max(1, ours.output_tokens),
            )
    return [
        replace(
            life,
            used={
                role: _scaled(each, *factors.get(role, (1, 1))) for role, each in life.used.items()
            },
        )
        for life in typical
    ]


def _sum(role: str, lives: Sequence[Life]) -> Used:
    return sum((life.used[role] for life in lives if role in life.used), Used())


def _scaled(used: Used, received: float, sent: float) -> Used:
    return Used(used.calls, round(used.input_tokens * received), round(used.output_tokens * sent))


def _used(steps: Sequence[str], sizes: Sizes) -> dict[str, Used]:
    sums: dict[str, Used] = {}
    turn = 0
    for step in steps:
        if step == "search" and not sizes.with_tools:
            continue
        letters = _letters(step, turn, sizes)
        turn = turn + 1 if step == "search" else 0
        used = Used(1, round(letters / sizes.letters_per_token), _OUTPUT[step])
        sums[_ROLES[step]] = sums.get(_ROLES[step], Used()) + used
    return sums


def _letters(step: str, turn: int, sizes: Sizes) -> float:
    match step:
        case "search":
            return sizes.opening + turn * sizes.found
        case "answer":
            return sizes.opening + max(1, turn - 1) * sizes.found
        case "judge":
            return sizes.judge
        case "critique":
            return sizes.critique + sizes.window
        case _:
            return sizes.draft + sizes.window
