"""Surroundings: the context that a row carries, oracle passages among distractors."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agents.answerer import Answer
from agents.generator import Question
from checks.distractors import holds_answer, near_identical
from graph.context import Context
from graph.state import Candidate, Window
from tools.passages import Passage
from training.rows import ContextPassage, Role, RowCitation, cited

HITS_PER_DISTRACTOR = 5
HITS_FOR_NOISE = 20


class NoContextError(Exception):
    """No context can be built for a row; `reason` is what the candidate is dropped for."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


async def surroundings(
    candidate: Candidate,
    question: Question,
    answer: Answer,
    citations: Sequence[RowCitation],
    context: Context,
    wanted: int | None = None,
) -> tuple[ContextPassage, ...]:
    """Return the row's context: oracle passages and safe distractors, in a seeded order.

    `wanted` distractors, or as many as the brief says.

    Raises:
        NoContextError: no safe distractor is left, or the row is too long for the recipe.
    """
    wanted = context.brief.distractors if wanted is None else wanted
    oracles = await context.index.get(list(dict.fromkeys(c.passage_id for c in citations)))
    quotes = [citation.quote for citation in citations]
    chosen: list[Passage] = []
    async with aclosing(_mine(question.text, oracles, candidate.window, wanted, context)) as mined:
        async for passage in mined:
            if _is_safe(passage, [*oracles, *chosen], question.text, answer.text, quotes):
                chosen.append(passage)
            if len(chosen) == wanted:
                break
    if wanted and not chosen:
        raise NoContextError(
            "no_context", "Every passage that could stand beside holds the answer."
        )
    chosen = await _fitted(question.text, answer.text, oracles, chosen, candidate.window, context)
    roles: dict[Passage, Role] = dict.fromkeys(chosen, "distractor")
    roles |= dict.fromkeys(oracles, "oracle")
    passages = [*oracles, *chosen]
    seed = hashlib.sha256(f"{context.brief.seed}\0{candidate.id}".encode()).digest()
    random.Random(seed).shuffle(passages)
    return tuple(
        ContextPassage(
            passage_id=p.id,
            document=p.document,
            start=p.start,
            end=p.end,
            text=p.text,
            role=roles[p],
        )
        for p in passages
    )


async def _mine(
    question: str, oracles: Sequence[Passage], window: Window, wanted: int, context: Context
) -> AsyncGenerator[Passage]:
    """Yield would-be distractors, hardest first, each source asked only when it is needed.

    Hits of the machine and of others come in turn, then noisy passages, the last hits of a wider
    search, then the passages around the oracles, for corpora too small for a search to find enough.
    """
    if not wanted:
        return
    search, k, language = context.index.search, wanted * HITS_PER_DISTRACTOR, window.language
    anywhere = await search(question, k=k, language=language)
    own = await search(question, k=k, machine=window.machine, language=language)
    others = [hit for hit in anywhere if hit.passage.machine != window.machine]
    for place in range(max(len(own), len(others))):
        for hit in own[place : place + 1] + others[place : place + 1]:
            yield hit.passage
    wider = await search(question, k=wanted * HITS_FOR_NOISE, language=language)
    for hit in reversed(wider[k:]):
        yield hit.passage
    for oracle in oracles:
        for passage in await context.index.neighbours(oracle.id, before=wanted, after=wanted):
            if passage.language == language:
                yield passage


def _is_safe(
    passage: Passage, beside: Sequence[Passage], question: str, answer: str, quotes: Sequence[str]
) -> bool:
    if any(passage.id == other.id or near_identical(passage.text, other.text) for other in beside):
        return False
    return not holds_answer(
        passage.text, question=question, answer=answer, quotes=quotes, language=passage.language
    )


async def _fitted(
    question: str,
    answer: str,
    oracles: Sequence[Passage],
    distractors: list[Passage],
    window: Window,
    context: Context,
) -> list[Passage]:
    """Return as many of the distractors as the recipe's length leaves room for."""
    if context.recipe is None:
        return distractors
    from training.tokens import fits

    machine = await context.machine(window.machine)
    for count in range(len(distractors), -1, -1):
        system, user = context.prompts.row(
            question,
            language=window.language,
            machine=machine,
            passages=[*oracles, *distractors[:count]],
        )
        positions = range(count, count + len(oracles))
        if fits(context.recipe, system, user, cited(answer, positions)):
            return distractors[:count]
    raise NoContextError(
        "too_long",
        f"The cited passages are longer than the recipe's {context.recipe.max_length} tokens.",
    )


async def row_prompt(
    question: str, passages: Sequence[ContextPassage], window: Window, context: Context
) -> tuple[str, str]:
    """Return the system and the user message of the row that holds these passages."""
    shown = await context.index.get([passage.passage_id for passage in passages])
    machine = await context.machine(window.machine)
    return context.prompts.row(question, language=window.language, machine=machine, passages=shown)
