"""Abstaining: rows whose passages do not hold the answer, made from an accepted row.

Every passage that supports its answer is kept out of the context, wherever in the index it stands;
where a premise is wrong, the cited passages stay and contradict it. What the row says comes from a
template, and what the passages may not hold is decided without a model.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from functools import partial

from langgraph.runtime import Runtime

from agents.answerer import Answer
from agents.critic import Critique
from agents.generator import Question
from checks.abstentions import (
    abstention_findings,
    holds_premise,
    misses_nearly,
    premise_findings,
    speaks_of,
    supporting,
)
from checks.asking import asked_clause
from checks.distractors import Answered
from checks.findings import Finding
from checks.form import answer_findings
from checks.names import mentioned
from graph.context import Context
from graph.quality import drop
from graph.state import Candidate, QuestionState, Step
from graph.surroundings import NoContextError, surroundings
from graph.verdicts import Update, decided
from prompts.templates import Source
from tools.machines import Machine
from tools.outages import outlast
from tools.passages import Passage
from training.rows import ContextPassage, TrainingRow

NEAR_MISS_HITS = 5


async def origin_of(candidate: Candidate, context: Context) -> TrainingRow:
    """Return the accepted row that the candidate derives from."""
    read = partial(context.ledger.entry, candidate.origin or "")
    entry = await outlast(context.patience, read)
    assert entry is not None
    assert entry.row is not None
    return entry.row


async def answered(origin: TrainingRow, context: Context) -> Answered:
    """Return the question of a row with its answer and quotes, as the checks compare them."""
    quotes = tuple(citation.quote for citation in origin.citations)
    named = await context.naming(origin.machine_code)
    return Answered(origin.question, origin.answer, quotes, origin.language, named.own)


async def abstain(state: QuestionState, runtime: Runtime[Context]) -> Update:
    """Decline to answer the question, naming what the passages do not say."""
    context, candidate = runtime.context, state.candidate
    origin = await origin_of(candidate, context)
    question = state.question or question_of(origin)
    found = await _counterpart(candidate, origin, context)
    if candidate.variant == "near_miss" and found is None:
        sentence = "No manual of a sibling says the same with another value."
        return decided("abstain", drop("no_counterpart", sentence))
    sibling, passage = found or (None, None)
    text = context.prompts.abstention(
        question.text,
        language=candidate.window.language,
        clause=asked_clause(question.text, candidate.window.language),
        sibling=sibling.name if sibling else "",
        premise=state.premise,
        instead=origin.answer,
    )
    return {
        "question": question,
        "critique": state.critique or _critique(origin),
        "answer": Answer(abstained=True, text=text, citations=[], missing=question.text),
        "answers": 1,
        "citations": origin.citations if state.premise else (),
        "counterpart": passage.id if passage else "",
        "verdict": None,
        "life": [Step("abstain", text)],
    }


async def _counterpart(
    candidate: Candidate, origin: TrainingRow, context: Context
) -> tuple[Machine, Passage] | None:
    """Return a sibling and its passage that says what the origin cites, with another value."""
    if candidate.variant != "near_miss":
        return None
    asked = await answered(origin, context)
    oracles = [passage.text for passage in origin.context if passage.role == "oracle"]
    siblings = await context.siblings(origin.machine_code)
    for sibling in (each for each in siblings if each.code not in origin.applies_to):
        for sought in (*asked.quotes, asked.question):
            hits = await context.index.search(
                sought, k=NEAR_MISS_HITS, machine=sibling.code, language=origin.language
            )
            for hit in hits:
                if misses_nearly(hit.passage.text, asked, oracles):
                    return sibling, hit.passage
    return None


async def closed_surroundings(state: QuestionState, context: Context) -> tuple[ContextPassage, ...]:
    """Return passages that do not support the answer to the origin's question.

    As many more of them as the origin has oracles stand in the places of these, one of them the
    sibling's if there is one. A wrong premise is contradicted by the oracles themselves.

    Raises:
        NoContextError: there is no such passage.
    """
    assert state.question is not None
    assert state.answer is not None
    origin = await origin_of(state.candidate, context)
    oracles = 0 if state.premise else len(origin.oracle_positions)
    found = await surroundings(
        state.candidate,
        state.question,
        state.answer.model_copy(update={"text": origin.answer}),
        origin.citations,
        context,
        wanted=context.brief.distractors + oracles,
        refused=None if state.premise else await _speaking(origin, context),
    )
    if state.premise:
        return tuple(
            each
            for each in found
            if each.role == "oracle" or not holds_premise(each.text, state.premise, origin.language)
        )
    rest = [each for each in found if each.role == "distractor"]
    if not rest:
        raise NoContextError("no_context", "Every passage that could be shown holds the answer.")
    if state.counterpart and state.counterpart not in {each.passage_id for each in rest}:
        seed = f"{context.brief.seed}\0{state.candidate.id}"
        place = random.Random(hashlib.sha256(seed.encode()).digest()).randrange(len(rest))
        rest[place] = await _shown(state.counterpart, context)
    return tuple(rest)


async def _shown(passage_id: str, context: Context) -> ContextPassage:
    (passage,) = await context.index.get([passage_id])
    return ContextPassage(
        passage_id=passage.id,
        document=passage.document,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        role="distractor",
        relation="sibling_contrast",
    )


async def misleads(state: QuestionState, source: Source, context: Context) -> list[Finding]:
    """Find that a draft does not take something wrong for granted."""
    assert state.question is not None
    origin = await origin_of(state.candidate, context)
    window = "\n".join(part.text for part in source.parts)
    asked = await answered(origin, context)
    return premise_findings(state.question.text, state.premise, asked, window)


async def holds_no_answer(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find the passages that may support the answer to the origin's question, or answer it else."""
    origin = await origin_of(state.candidate, context)
    shown = await context.index.get([passage.passage_id for passage in passages])
    speaks = await _speaking(origin, context)
    found = supporting([passage.text for passage in passages], await answered(origin, context))
    return [*found, *(finding for passage in shown if (finding := speaks(passage)))]


async def _speaking(origin: TrainingRow, context: Context) -> Callable[[Passage], Finding | None]:
    """Return what finds that a passage may answer the origin's question in other words.

    Where the question names its machine, what another machine's manual says answers nothing.
    """
    asked = await answered(origin, context)
    is_named = bool(mentioned(asked.question, asked.names))

    def found(passage: Passage) -> Finding | None:
        if is_named and passage.machine not in (None, origin.machine_code, *origin.applies_to):
            return None
        return speaks_of(passage.text, passage.section, asked)

    return found


async def holds_no_premise(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find the passages that hold what the question wrongly takes for granted."""
    language = state.candidate.window.language
    return [
        Finding("premise_holds", "A passage holds the premise.", passage.passage_id)
        for passage in passages
        if holds_premise(passage.text, state.premise, language)
    ]


async def shows_counterpart(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find that the sibling's passage, which the answer speaks of, is not shown."""
    if state.counterpart in {passage.passage_id for passage in passages}:
        return []
    return [Finding("no_counterpart", "The sibling's passage is not shown.", state.counterpart)]


async def abstains_well(
    state: QuestionState, passages: Sequence[ContextPassage], context: Context
) -> list[Finding]:
    """Find what is wrong with the words of the abstention."""
    assert state.question is not None
    assert state.answer is not None
    window, said = state.candidate.window, state.answer.text
    named = await context.naming(window.machine)
    counterpart = await context.index.get([state.counterpart])
    sibling = [n for each in counterpart for n in (await context.naming(each.machine)).own]
    asked = await answered(await origin_of(state.candidate, context), context)
    findings = answer_findings(
        said,
        question=state.question.text,
        cited=[asked.answer],
        language=window.language,
        machine=named.machine,
        also_named=(*named.also, *sibling),
        other_machines=[name for name in named.others if name not in sibling],
        abstains=True,
    )
    if state.premise:
        return findings
    return [*findings, *abstention_findings(said, state.question.text, asked)]


def question_of(origin: TrainingRow) -> Question:
    """Return the question of a row as it was drafted."""
    return Question.model_validate(
        {
            "quote": origin.citations[0].quote,
            "text": origin.question,
            "kind": origin.kind,
            "difficulty": origin.difficulty,
        }
    )


def _critique(origin: TrainingRow) -> Critique:
    """Return the scores that the question has from its origin."""
    return Critique(
        reasons="",
        relevance=origin.scores.relevance,
        global_relevance=origin.scores.global_relevance,
        coverage=origin.scores.coverage,
        instructions="",
    )
