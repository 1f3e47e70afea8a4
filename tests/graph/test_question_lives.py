"""Whole lives of a candidate through the compiled question graph, with scripted models."""

import json

import pytest

from agents.answerer import MOST_TURNS
from agents.faults import BudgetExhaustedError
from agents.offline import OfflineModel
from app.opening import open_context
from app.settings import read_settings
from graph.brief import Brief
from graph.question import question_graph
from graph.state import Accepted, Dropped
from tests.graph.conftest import (
    PAGES,
    QUESTION,
    SEARCH,
    critique,
    first_question,
    judgement,
    question,
)
from tests.openai_server import answering_with, refusal, serving
from tools.documents import read_folder
from tools.passages import split


async def outcome_of(context, manuals):
    given = await first_question(context, manuals)
    result = await question_graph.ainvoke(given, context=context)
    entry = context.ledger.entry(given.candidate.id)
    return result["outcome"], entry


async def test_sound_question_is_accepted_at_once(scripted, manuals, answer):
    context = await scripted([question(), critique(), *answer(), judgement()])
    outcome, entry = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)
    assert (entry.drafts, entry.answers) == (1, 1)
    row = entry.row
    assert row.question == QUESTION
    document = context.library.by_path(row.document)
    for citation in row.citations:
        assert document.text[citation.start : citation.end] == citation.quote
    assert [p.role for p in row.context].count("oracle") == 1
    assert row.context[row.oracle_positions[0]].role == "oracle"


async def test_flawed_draft_is_revised_then_accepted(scripted, manuals, answer):
    bad = question("What is it set to?")
    context = await scripted([bad, question(), critique(), *answer(), judgement()])
    outcome, entry = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)
    assert entry.drafts == 2
    assert any(step.name == "inspect" and "revise" in step.said for step in entry.life)


async def test_low_scores_send_the_question_back(scripted, manuals, answer):
    lines = [question(), critique(3, "Name the jaw."), question(), critique(), *answer()]
    outcome, entry = await outcome_of(await scripted([*lines, judgement()]), manuals)
    assert isinstance(outcome, Accepted)
    assert any("Name the jaw." in step.said for step in entry.life)


async def test_question_is_dropped_after_its_drafts(scripted, manuals):
    context = await scripted([question("What is it set to?")] * 3)
    outcome, _ = await outcome_of(context, manuals)
    assert outcome == Dropped("no_subject", 3)


async def test_wrong_number_sends_the_answer_back(scripted, manuals, answer):
    wrong = answer(text="The sealing jaw must be tightened to 42 Nm.")
    context = await scripted([question(), critique(), *wrong, *answer(), judgement()])
    outcome, entry = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)
    assert entry.answers == 2
    assert "42" not in entry.row.answer


async def test_invented_quote_drops_the_answer(scripted, manuals, answer):
    wrong = answer(quote="The sealing jaw must be tightened to 24 Nm by hand")
    context = await scripted([question(), critique(), *wrong, *wrong])
    outcome, _ = await outcome_of(context, manuals)
    assert outcome == Dropped("quote_not_found", 3)


async def test_abstention_drops_as_unanswered(scripted, manuals, answer):
    silent = answer(text="The manuals do not say.", abstained=True, citations=[], missing="torque")
    outcome, _ = await outcome_of(await scripted([question(), critique(), *silent]), manuals)
    assert outcome == Dropped("unanswered", 2)


async def test_low_judgement_asks_for_another_answer(scripted, manuals, answer):
    lines = [question(), critique(), *answer(), judgement(3, "Say it."), *answer(), judgement()]
    outcome, entry = await outcome_of(await scripted(lines), manuals)
    assert isinstance(outcome, Accepted)
    assert entry.answers == 2


async def test_unreadable_critic_never_scores(scripted, manuals):
    junk = {"role": "critic", "reply": "I like it, 9 out of 10."}
    outcome, _ = await outcome_of(await scripted([question(), junk, junk]), manuals)
    assert outcome == Dropped("judge_unreadable", 1)


async def test_unreadable_critic_is_asked_again(scripted, manuals, answer):
    junk = {"role": "critic", "reply": "I like it, 9 out of 10."}
    context = await scripted([question(), junk, critique(), *answer(), judgement()])
    outcome, _ = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)


async def test_score_out_of_range_is_unreadable(scripted, manuals):
    outcome, _ = await outcome_of(await scripted([question(), critique(11), critique(0)]), manuals)
    assert outcome == Dropped("judge_unreadable", 1)


async def test_lonely_passage_has_no_context(scripted, manuals, answer, passage_id):
    more = " The jaw is made of steel, stands on the right side, and is guarded by a door."
    lone = {"page_1": PAGES["page_1"] + more}
    (manuals / "press.json").write_text(json.dumps(lone), encoding="utf-8")
    (document,), _ = read_folder(manuals)
    (passage,) = split(document)
    turns = json.loads(json.dumps(answer()).replace(passage_id, passage.id))
    outcome, _ = await outcome_of(await scripted([question(), critique(), *turns]), manuals)
    assert outcome == Dropped("no_context", 2)


async def test_finished_calls_are_replayed(scripted, manuals, answer):
    lines = [question(), critique(), *answer(), judgement()]
    first = await scripted(lines)
    given = await first_question(first, manuals)
    await question_graph.ainvoke(given, context=first)
    again = await scripted(lines)
    await question_graph.ainvoke(given, context=again)
    assert again.calls.replayed == first.calls.journal.count() == 6


async def test_budget_ends_the_question_unfinished(scripted, manuals, answer):
    lines = [question(), critique(), *answer(), judgement()]
    context = await scripted(lines, limits={"calls": 2})
    given = await first_question(context, manuals)
    with pytest.raises(BudgetExhaustedError, match=r"limits\.calls"):
        await question_graph.ainvoke(given, context=context)
    assert context.ledger.entry(given.candidate.id).status == "planned"


async def test_critic_can_reason_before_it_scores(scripted, manuals, answer):
    analysis = {"role": "critic", "reply": "It names the jaw, and the window says the torque."}
    lines = [question(), analysis, critique(), *answer(), judgement()]
    context = await scripted(lines, critic_analyses=True)
    outcome, _ = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)
    assert context.calls.journal.count() == 7


async def test_thresholds_of_the_brief_decide(scripted, manuals, answer):
    lines = [question(), critique(6), *answer(), judgement()]
    outcome, _ = await outcome_of(await scripted(lines, thresholds={"coverage": 6}), manuals)
    assert isinstance(outcome, Accepted)
    strict = await scripted(lines, "strict", thresholds={"coverage": 7}, limits={"drafts": 1})
    outcome, _ = await outcome_of(strict, manuals)
    assert outcome == Dropped("low_coverage", 1)


async def test_minutes_of_the_brief_end_the_question(scripted, manuals):
    context = await scripted([question()], limits={"minutes": 1e-9})
    given = await first_question(context, manuals)
    with pytest.raises(BudgetExhaustedError, match=r"limits\.minutes"):
        await question_graph.ainvoke(given, context=context)


async def test_distractors_yield_to_the_recipes_length(scripted, manuals, answer, recipe):
    lines = [question(), critique(), *answer(), judgement()]
    roomy = await scripted(lines, "roomy", distractors=3, train=recipe(max_length=6000))
    _, entry = await outcome_of(roomy, manuals)
    assert len(entry.row.context) == 4
    tight = await scripted(lines, "tight", distractors=3, train=recipe(max_length=900))
    _, entry = await outcome_of(tight, manuals)
    assert 1 <= len(entry.row.context) < 4


async def test_row_beyond_the_recipes_length_is_dropped(scripted, manuals, answer, recipe):
    lines = [question(), critique(), *answer()]
    outcome, _ = await outcome_of(await scripted(lines, train=recipe(max_length=200)), manuals)
    assert outcome == Dropped("too_long", 2)


async def test_agent_is_stopped_after_its_turns(scripted, manuals, answer):
    endless = [{**SEARCH}] * MOST_TURNS
    lines = [question(), critique(), *endless, answer()[-1], judgement()]
    context = await scripted(lines)
    outcome, _ = await outcome_of(context, manuals)
    assert isinstance(outcome, Accepted)
    assert context.calls.journal.count() == 2 + MOST_TURNS + 2


async def test_prompt_beyond_the_servers_context_is_dropped(tmp_path, manuals):
    words = "This model's maximum context length is 4096 tokens."
    run = tmp_path / "run"
    run.mkdir()
    answered, probes = answering_with(OfflineModel()), [1, 2]

    def refuses_after_the_probe(request):
        return answered(request) if probes and probes.pop() else refusal(400, words)

    with serving(refuses_after_the_probe) as url:
        settings = read_settings(model=f"openai:m@{url}", by_role={}, concurrency=1)
        async with open_context(run, Brief(), settings, None) as context:
            outcome, _ = await outcome_of(context, manuals)
    assert outcome == Dropped("too_long", 0)
