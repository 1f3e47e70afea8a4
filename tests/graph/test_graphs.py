"""The shape of the graphs, and their routers."""

from dataclasses import replace

import pytest

from graph.dataset import (
    dataset_graph,
    route_after_assess,
    route_after_audit,
)
from graph.quality import ACCEPT, Verdict, drop
from graph.question import (
    question_graph,
    route_after_critique,
    route_after_inspect,
    route_after_judge,
    route_after_scope,
    route_after_verify,
    route_start,
)
from graph.state import Candidate, DatasetState, QuestionState, Window

CANDIDATE = Candidate("c", 1, Window("w", "d", 0, 1, (1, 1), "en", None))
REVISE = Verdict("revise", "no_subject")


@pytest.mark.parametrize("graph", [question_graph, dataset_graph], ids=["question", "dataset"])
def test_drawing_has_not_changed(graph, snapshot):
    assert graph.get_graph().draw_mermaid() == snapshot


@pytest.mark.parametrize(
    ("router", "accept", "revise"),
    [
        (route_after_inspect, "critique", "revise"),
        (route_after_critique, "answer", "revise"),
        (route_after_verify, "scope", "answer"),
        (route_after_scope, "surround", "answer"),
        (route_after_judge, "row", "answer"),
    ],
)
async def test_routers_only_read_the_verdict(router, accept, revise):
    decisions = {ACCEPT: accept, REVISE: revise, drop("too_long"): "drop"}
    for verdict, expected in decisions.items():
        assert await router(QuestionState(CANDIDATE, verdict=verdict)) == expected


@pytest.mark.parametrize(
    ("variant", "enters", "answered_by"),
    [
        ("drafted", "draft", "answer"),
        ("contrast", "draft", "answer"),
        ("unanswerable", "abstain", "abstain"),
        ("near_miss", "abstain", "abstain"),
        ("false_premise", "draft", "abstain"),
    ],
)
async def test_variants_enter_at_their_missing_part(variant, enters, answered_by):
    state = QuestionState(replace(CANDIDATE, variant=variant, origin="o"), verdict=ACCEPT)
    assert await route_start(state) == enters
    assert await route_after_critique(state) == answered_by


async def test_ambiguous_question_is_asked_again():
    unclear = Verdict("revise", "ambiguous_machine")
    assert await route_after_scope(QuestionState(CANDIDATE, verdict=unclear)) == "revise"


@pytest.mark.parametrize("decision", ["again", "export", "stop_short"])
async def test_dataset_goes_where_it_was_decided(decision):
    assert await route_after_assess(DatasetState("m", decision=decision)) == decision


async def test_nothing_is_trained_past_an_audit_error():
    assert await route_after_audit(DatasetState("m", reason="An answer is cut off.")) == "done"
    assert await route_after_audit(DatasetState("m")) == "train"
