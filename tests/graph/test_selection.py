"""Which rows the dataset has: shares that are met, origins that are kept, nothing derived twice."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from graph.brief import Brief
from graph.contrasts import next_contrasts
from graph.ledger import Made, Tally
from graph.plan import derived, next_derived
from graph.selection import ORIGIN_GONE, acceptance_rate, fallen_rows, select_rows
from graph.state import Window
from training.rows import ABSTAINING, ANSWERABLE

WINDOW = Window("w", "d", 0, 9, (1, 1), "en", "A1")


def drafted(count):
    return [row(f"q{number:03}") for number in range(count)]


def row(id, variant="drafted", origin=None, status="accepted", reason="", **facts):
    values = {"machine": "A1", "has_value": True, **facts}
    return Made(id, variant, origin, WINDOW.id, status, reason, **values)


def twin(origin, variant="unanswerable"):
    candidate = derived(origin.id, variant, 2, WINDOW)
    return row(candidate.id, variant, origin.id)


def selected(made, brief, fallen=None, tried=(), siblings=None, **kwargs):
    return select_rows(
        made,
        fallen or {},
        brief,
        tried={(each.origin, each.variant) for each in (*made, *tried) if each.origin},
        siblings={"A1": ["A2"]} if siblings is None else siblings,
        windows={WINDOW.id},
        **kwargs,
    )


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
    found = selected([*origins, twin(origins[0])], BRIEF, tried=map(twin, origins))
    assert (len(found.answerable), len(found.abstaining)) == (9, 1)


def test_limits_end_the_wait_for_the_share():
    found = selected(drafted(12), BRIEF, nothing_left=True)
    assert len(found.answerable) == 10


def test_twins_fall_with_their_origin():
    origins = drafted(10)
    twins = [twin(origins[0]), twin(origins[5])]
    gone = {origins[0].id: "altered"}
    found = selected([*origins, *twins], BRIEF, gone)
    assert [e.origin for e in found.abstaining] == [origins[5].id]
    reason = f"{ORIGIN_GONE} of {origins[0].id}"
    assert found.set_aside[twins[0].id] == reason


def test_contrast_falls_with_its_origin():
    (origin,) = drafted(1)
    contrast = twin(origin, "contrast")
    found = selected([origin, contrast], BRIEF, {origin.id: "duplicate of x"})
    assert contrast.id in found.set_aside
    assert not found.answerable


def test_few_answerable_rows_bear_few_abstentions():
    origins = drafted(4)
    found = selected([*origins, *map(twin, origins)], BRIEF)
    assert (len(found.answerable), len(found.abstaining)) == (4, 1)


def test_near_miss_wants_a_sibling_and_a_premise_a_value():
    brief = Brief(rows=10, unanswerable=0.2)
    alone = selected([row("q", has_value=False)], brief, siblings={})
    assert [each.variant for each in alone.derivable] == ["unanswerable"]
    found = selected(drafted(1), brief)
    assert {each.variant for each in found.derivable} == set(ABSTAINING)
    shared = [row("q", applies_to=("A1", "A2"))]
    assert "near_miss" not in {each.variant for each in selected(shared, brief).derivable}


def test_rows_of_windows_that_are_gone_lend_themselves_to_nothing():
    gone = [replace(each, window="gone") for each in drafted(3)]
    assert not selected(gone, Brief(rows=10, unanswerable=0.2)).derivable


def test_kinds_and_origins_are_taken_in_turn():
    found = selected(drafted(20), Brief(rows=20, unanswerable=0.5))
    chosen = next_derived(
        found.derivable,
        round_=2,
        missing=5,
        rate=1.0,
        most=99,
        tried={"near_miss": 1},
        windows={WINDOW.id: WINDOW},
    )
    kinds = Counter(candidate.variant for candidate in chosen)
    assert kinds == {"unanswerable": 2, "false_premise": 2, "near_miss": 1}
    assert len({candidate.origin for candidate in chosen}) == 5


def test_ids_of_derived_candidates_are_their_content():
    ids = {derived("q", kind, round_, WINDOW).id for kind in ABSTAINING for round_ in (2, 3)}
    assert len(ids) == len(ABSTAINING)
    other = Window("w2", "e", 0, 9, (1, 1), "en", "A2")
    pair = derived("q", "contrast", 2, other)
    assert (pair.window, pair.origin) == (other, "q")


def test_rates_tell_the_kinds_apart():
    origins = drafted(2)
    made = [*origins, twin(origins[0])]
    tallies = [
        Tally("accepted", "", "drafted", 2, 0, 0),
        Tally("accepted", "", "unanswerable", 1, 0, 0),
        Tally("dropped", "no_context", "unanswerable", 1, 0, 0),
        Tally("planned", "", "drafted", 9, 0, 0),
    ]
    assert acceptance_rate(tallies, made, {}, ANSWERABLE) == 1.0
    assert acceptance_rate(tallies, made, {origins[0].id}, ANSWERABLE) == 0.5
    assert acceptance_rate(tallies, made, {}, ABSTAINING) == 0.5
    assert acceptance_rate([], [], {}, ABSTAINING) is None


def test_want_of_room_is_no_fall():
    made = [
        row("q000", status="set_aside", reason="surplus"),
        row("q001", status="set_aside", reason="duplicate of q000"),
    ]
    assert fallen_rows(made) == {"q001": "duplicate of q000"}


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
    fallen = {origins[at].id: "altered" for at in gone if at < count}
    brief = Brief(rows=rows, unanswerable=share)
    found = selected([*origins, *made], brief, fallen, nothing_left=nothing_left)
    kept = {each.id for each in found.rows}
    assert len(kept) == len(found.rows) <= rows
    assert all(each.origin in kept for each in found.abstaining)
    assert len(found.abstaining) <= found.abstentions == round(rows * share)
    assert kept.isdisjoint(found.set_aside)
    assert kept | set(found.set_aside) == {each.id for each in [*origins, *made]}
    if nothing_left:
        assert len(found.rows) >= min(rows, count - len(fallen))


def test_contrasts_that_repeat_other_rows_are_planned_for():
    origins = [replace(each, counterpart=WINDOW.id) for each in drafted(6)]
    repeats = [twin(origin, "contrast") for origin in origins[:4]]
    tallies = [Tally("set_aside", "duplicate", "contrast", 4, 0, 0)]
    rate = acceptance_rate(tallies, repeats, {each.id for each in repeats[:2]}, ["contrast"])
    planned = next_contrasts(origins, round_=2, missing=2, rate=rate, windows={WINDOW.id: WINDOW})
    assert [each.origin for each in planned] == [each.id for each in origins[:4]]
