"""Which rows the dataset has: shares that are met, origins that are kept, nothing derived twice."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.brief import Brief
from graph.ledger import Entry
from graph.plan import derived, next_derived
from graph.selection import ORIGIN_GONE, acceptance_rate, fallen_rows, select_rows
from graph.state import Candidate, Window
from training.rows import ABSTAINING, Scores, TrainingRow

WINDOW = Window("w", "d", 0, 9, (1, 1), "en", "A1")
SCORES = Scores(relevance=9, global_relevance=9, coverage=9, faithfulness=9, completeness=9)


def entry(candidate, status="accepted", reason=""):
    row = TrainingRow(
        id=candidate.id,
        question="To what torque must the jaw be tightened?",
        answer="The jaw must be tightened to 24 Nm.",
        answerable=candidate.variant not in ABSTAINING,
        kind="value",
        difficulty="easy",
        language="en",
        document="a.md",
        machine_code="A1",
        machine_name="Alpha 1",
        pages=(1,),
        section="Jaw",
        context=(),
        oracle_positions=(),
        citations=(),
        scores=SCORES,
        reasons="",
        attempts=1,
        models={},
        prompt_hashes={},
        sha256="",
        system="",
        user="",
        sections=(),
        variant=candidate.variant,
        derived_from=candidate.origin,
    )
    sound = status in ("accepted", "set_aside")
    return Entry(candidate, status, reason, "", 1, 1, (), row if sound else None)


def drafted(count, start=0):
    return [entry(Candidate(f"q{n:03}", 1, WINDOW)) for n in range(start, start + count)]


def twin(origin, variant="unanswerable", status="accepted"):
    return entry(derived(origin, variant, 2), status)


def selected(entries, brief, fallen=None, **kwargs):
    siblings = {"A1": ["A2"]}
    return select_rows(entries, fallen or {}, brief, siblings=siblings, windows=(), **kwargs)


BRIEF = Brief(rows=10, unanswerable=0.2, abstentions=["unanswerable"])


def test_answerable_rows_leave_room_for_the_share():
    found = selected(drafted(12), BRIEF)
    assert (len(found.answerable), len(found.abstaining)) == (8, 0)
    assert found.missing_answerable(10) == 0
    assert len(found.derivable) == 8


def test_share_is_taken_and_the_rest_is_surplus():
    origins = drafted(9)
    twins = [twin(origin) for origin in origins[:3]]
    found = selected([*origins, *twins], BRIEF)
    assert (len(found.answerable), len(found.abstaining), found.derivable) == (8, 2, [])
    assert set(found.set_aside.values()) == {"surplus"}


def test_nothing_more_to_derive_is_filled_up():
    origins = drafted(12)
    tried = [twin(origin, status="dropped") for origin in origins]
    found = selected([*origins, twin(origins[0]), *tried[1:]], BRIEF)
    assert (len(found.answerable), len(found.abstaining)) == (9, 1)


def test_limits_end_the_wait_for_the_share():
    found = selected(drafted(12), BRIEF, nothing_left=True)
    assert len(found.answerable) == 10


def test_twins_fall_with_their_origin():
    origins = drafted(10)
    twins = [twin(origins[0]), twin(origins[5])]
    gone = {origins[0].candidate.id: "altered"}
    found = selected([*origins, *twins], BRIEF, gone)
    assert [e.candidate.origin for e in found.abstaining] == [origins[5].candidate.id]
    reason = f"{ORIGIN_GONE} of {origins[0].candidate.id}"
    assert found.set_aside[twins[0].candidate.id] == reason


def test_contrast_falls_with_its_origin():
    (origin,) = drafted(1)
    contrast = twin(origin, "contrast")
    found = selected([origin, contrast], BRIEF, {origin.candidate.id: "duplicate of x"})
    assert contrast.candidate.id in found.set_aside
    assert not found.answerable


def test_few_answerable_rows_bear_few_abstentions():
    origins = drafted(4)
    found = selected([*origins, *map(twin, origins)], BRIEF)
    assert (len(found.answerable), len(found.abstaining)) == (4, 1)


def test_near_miss_wants_a_sibling_and_a_premise_a_value():
    brief = Brief(rows=10, unanswerable=0.2)
    (plain,) = drafted(1)
    wordy = plain.row.model_copy(update={"answer": "The jaw is closed by hand."})
    entries = [Entry(plain.candidate, "accepted", "", "", 1, 1, (), wordy)]
    alone = select_rows(entries, {}, brief, siblings={}, windows=())
    assert [each.variant for each in alone.derivable] == ["unanswerable"]
    found = selected(drafted(1), brief)
    assert {each.variant for each in found.derivable} == set(ABSTAINING)
    shared = plain.row.model_copy(update={"applies_to": ("A1", "A2")})
    entries = [Entry(plain.candidate, "accepted", "", "", 1, 1, (), shared)]
    assert "near_miss" not in {each.variant for each in selected(entries, brief).derivable}


def test_kinds_and_origins_are_taken_in_turn():
    found = selected(drafted(20), Brief(rows=20, unanswerable=0.5))
    chosen = next_derived(
        found.derivable, round_=2, missing=5, rate=1.0, most=99, tried={"near_miss": 1}
    )
    kinds = Counter(candidate.variant for candidate in chosen)
    assert kinds == {"unanswerable": 2, "false_premise": 2, "near_miss": 1}
    assert len({candidate.origin for candidate in chosen}) == 5


def test_ids_of_derived_candidates_are_their_content():
    (origin,) = drafted(1)
    ids = {derived(origin, kind, round_).id for kind in ABSTAINING for round_ in (2, 3)}
    assert len(ids) == len(ABSTAINING)
    other = Window("w2", "e", 0, 9, (1, 1), "en", "A2")
    pair = derived(origin, "contrast", 2, other)
    assert (pair.window, pair.origin) == (other, origin.candidate.id)


@pytest.mark.parametrize("abstaining", [True, False])
def test_rates_tell_the_kinds_apart(abstaining):
    origins = drafted(2)
    entries = [*origins, twin(origins[0]), twin(origins[1], status="dropped")]
    assert acceptance_rate(entries, {}, abstaining=abstaining) == (0.5 if abstaining else 1.0)
    assert acceptance_rate([], {}, abstaining=abstaining) is None


def test_want_of_room_is_no_fall():
    kept, double = drafted(2)
    entries = [
        entry(kept.candidate, "set_aside", "surplus"),
        entry(double.candidate, "set_aside", "duplicate of q000"),
    ]
    assert fallen_rows(entries) == {"q001": "duplicate of q000"}


@given(
    rows=st.integers(1, 30),
    share=st.floats(0, 0.5),
    count=st.integers(0, 40),
    twins=st.sets(st.tuples(st.integers(0, 39), st.sampled_from(ABSTAINING))),
    gone=st.sets(st.integers(0, 39)),
    nothing_left=st.booleans(),
)
def test_selection_keeps_its_promises(rows, share, count, twins, gone, nothing_left):
    origins = drafted(count)
    made = [twin(origins[at], kind) for at, kind in sorted(twins) if at < count]
    fallen = {origins[at].candidate.id: "altered" for at in gone if at < count}
    brief = Brief(rows=rows, unanswerable=share)
    found = selected([*origins, *made], brief, fallen, nothing_left=nothing_left)
    kept = {each.candidate.id for each in found.rows}
    assert len(kept) == len(found.rows) <= rows
    assert all(each.candidate.origin in kept for each in found.abstaining)
    assert len(found.abstaining) <= found.abstentions == round(rows * share)
    assert kept.isdisjoint(found.set_aside)
    assert kept | set(found.set_aside) == {each.candidate.id for each in [*origins, *made]}
    if nothing_left:
        assert len(found.rows) >= min(rows, count - len(fallen))
