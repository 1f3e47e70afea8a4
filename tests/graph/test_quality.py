"""Verdicts and reports: pure arithmetic."""

import pytest

from agents.answerer import Answer
from agents.budget import Limits
from agents.critic import Critique, RowJudgement
from checks.findings import Finding
from graph.brief import Thresholds
from graph.quality import (
    judged_hash,
    quality_report,
    verdict_on_answer,
    verdict_on_draft,
    verdict_on_question,
    verdict_on_row,
)
from training.rows import ContextPassage

LIMITS = Limits(drafts=3, answers=2)
FINDING = Finding("no_subject", "The question names no subject.")


def critique(relevance: int = 8, global_relevance: int = 8, coverage: int = 8) -> Critique:
    return Critique(
        reasons="So it is.",
        relevance=relevance,
        global_relevance=global_relevance,
        coverage=coverage,
        instructions="Do better.",
    )


@pytest.mark.parametrize(
    ("findings", "drafts", "expected"),
    [
        ([], 1, ("accept", "")),
        ([], 3, ("accept", "")),
        ([FINDING], 1, ("revise", "no_subject")),
        ([FINDING], 2, ("revise", "no_subject")),
        ([FINDING], 3, ("drop", "no_subject")),
        ([Finding("empty", "Nothing.")], 1, ("drop", "nothing_to_ask")),
    ],
)
def test_draft_verdict_follows_findings(findings, drafts, expected):
    verdict = verdict_on_draft(findings, drafts, LIMITS)
    assert (verdict.decision, verdict.reason) == expected


@pytest.mark.parametrize(
    ("scores", "drafts", "expected"),
    [
        ((6, 6, 6), 1, ("accept", "")),
        ((5, 6, 6), 1, ("revise", "low_relevance")),
        ((6, 5, 6), 1, ("revise", "low_global_relevance")),
        ((6, 6, 5), 3, ("drop", "low_coverage")),
        ((10, 10, 10), 3, ("accept", "")),
    ],
)
def test_question_verdict_follows_scores(scores, drafts, expected):
    verdict = verdict_on_question(critique(*scores), Thresholds(), drafts, LIMITS)
    assert (verdict.decision, verdict.reason) == expected


def test_low_scores_carry_the_instructions():
    verdict = verdict_on_question(critique(1), Thresholds(), 1, LIMITS)
    assert verdict.objections == ("Do better.",)


def test_abstention_ends_whatever_was_found():
    silent = Answer(abstained=True, text="Not said.", citations=[], missing="the torque")
    verdict = verdict_on_answer(silent, [], 1, LIMITS)
    assert (verdict.decision, verdict.reason) == ("drop", "unanswered")
    assert verdict.objections == ("the torque",)


def test_row_verdict_is_bound_to_its_hash():
    judged = RowJudgement(reasons="Good.", faithfulness=9, completeness=9, instructions="")
    verdict = verdict_on_row(judged, Thresholds(), 1, LIMITS, "abc")
    assert (verdict.decision, verdict.sha256) == ("accept", "abc")


@pytest.mark.parametrize("changed", ["question", "answer", "context", "prompt"])
def test_judged_hash_sees_every_change(changed):
    passage = ContextPassage(
        passage_id="p", document="d", start=0, end=4, text="text", role="oracle"
    )
    given = {"question": "q", "answer": "a", "context": [passage], "citations": []}
    given["prompt"] = ("system", "user")
    others = {"context": [], "prompt": ("system", "other")}
    other = {**given, changed: others.get(changed, "other")}
    assert judged_hash(**given) != judged_hash(**other)
    assert judged_hash(**given) == judged_hash(**given)


def test_report_counts_what_was_decided():
    report = quality_report(
        wanted=4,
        scores=[{"relevance": 8}, {"relevance": 9}],
        dropped=["unanswered", "unanswered", "no_context"],
        sections=10,
        sections_covered=2,
    )
    assert (report.accepted, report.decided, report.missing) == (2, 5, 2)
    assert report.acceptance_rate == 0.4
    assert report.dropped == {"no_context": 1, "unanswered": 2}
    assert report.mean_scores == {"relevance": 8.5}


def test_empty_report_has_no_rate():
    report = quality_report(wanted=1, scores=[], dropped=[], sections=0, sections_covered=0)
    assert (report.acceptance_rate, report.missing, report.mean_scores) == (0.0, 1, {})
