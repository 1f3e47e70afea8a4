"""Surroundings: the context that a row carries, oracle passages among distractors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing

from agents.answerer import Answer
from agents.generator import Question
from checks.distractors import Answered, Placed, arrange, choose
from graph.context import Context
from graph.state import Candidate, Window
from tools.mining import mine
from tools.passages import Passage
from training.rows import ContextPassage, RowCitation, cited


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
    refused: Callable[[Passage], object] | None = None,
) -> tuple[ContextPassage, ...]:
    """Return the row's context: oracle passages and safe distractors, in a seeded order.

    `wanted` distractors, or as many as the brief says; none that is `refused`.

    Raises:
        NoContextError: no safe distractor is left, or the row is too long for the recipe.
    """
    window = candidate.window
    wanted = context.brief.distractors if wanted is None else wanted
    oracles = await context.index.get(list(dict.fromkeys(c.passage_id for c in citations)))
    quotes = tuple(citation.quote for citation in citations)
    named = await context.naming(window.machine)
    asked = Answered(question.text, answer.text, quotes, window.language, named.own, named.others)
    seed = f"{context.brief.seed}\0{candidate.id}"
    chosen = await _chosen(asked, oracles, window, wanted, seed, context, refused)
    if wanted and not chosen:
        raise NoContextError(
            "no_context",
            "Every passage that could stand beside holds the answer, "
            "or may be read as another answer to the question.",
        )
    fitting = await _fitting(question.text, answer.text, oracles, chosen, window, context)
    return tuple(map(_shown, arrange(oracles, chosen[:fitting], seed=seed)))


async def _chosen(
    asked: Answered,
    oracles: Sequence[Passage],
    window: Window,
    wanted: int,
    seed: str,
    context: Context,
    refused: Callable[[Passage], object] | None,
) -> list[Placed]:
    """Return the hardest safe distractors, mined ever wider until there are enough."""
    chosen: list[Placed] = []
    if not wanted:
        return chosen
    families = {machine.code: machine.family for machine in await context.known_machines()}
    mined = mine(context.index, asked.question, oracles, wanted=wanted, language=window.language)
    async with aclosing(mined) as batches:
        async for hits in batches:
            left = wanted - len(chosen)
            hits = [hit for hit in hits if not (refused and refused(hit.passage))]
            chosen += choose(asked, oracles, hits, families, k=left, seed=seed, beside=chosen)
            if len(chosen) == wanted:
                break
    return chosen


def _shown(placed: Placed) -> ContextPassage:
    passage = placed.passage
    return ContextPassage(
        passage_id=passage.id,
        document=passage.document,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        role="oracle" if placed.relation == "oracle" else "distractor",
        relation=placed.relation,
    )


async def _fitting(
    question: str,
    answer: str,
    oracles: Sequence[Passage],
    distractors: Sequence[Placed],
    window: Window,
    context: Context,
) -> int:
    """Return how many of the distractors the recipe's length leaves room for."""
    if context.recipe is None:
        return len(distractors)
    from training.tokens import fits

    machine = await context.machine(window.machine)
    for count in range(len(distractors), -1, -1):
        system, user = context.prompts.row(
            question,
            language=window.language,
            machine=machine,
            passages=[*oracles, *(placed.passage for placed in distractors[:count])],
        )
        positions = range(count, count + len(oracles))
        if fits(context.recipe, system, user, cited(answer, positions)):
            return count
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
