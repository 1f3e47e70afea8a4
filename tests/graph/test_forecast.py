"""The arithmetic of an estimate: walks of the planner, and what they rest on."""

from dataclasses import replace

import pytest

from graph.forecast import Interval, Job, Known, Life, Used, interval
from graph.typical import ALONE, Sizes, calibrated, typical_lives
from graph.walks import MOST_ROWS, walks
from training.rows import Abstaining

SIZES = Sizes(2500, 4000, 1200, 4500, 6000, 2000, 4.0, with_tools=True)
TYPICAL = typical_lives(SIZES, ALONE)
JOB = Job(
    rows=50,
    windows=[2000] * 200,
    abstaining=5,
    contrasts=0,
    kinds=["unanswerable", "false_premise"],
    candidates=500,
    calls=2000,
)


def life(accepted: bool, calls: int = 7, *, exhausted: bool = False) -> Life:
    return Life("first", accepted, exhausted, {"generator": Used(calls, 700, 70)}, 2000)


def calls(job: Job, known: Known | None = None) -> Interval:
    return interval(walk.total().calls for walk in walks(job, known or Known(), TYPICAL))


def test_equal_values_give_equal_walks() -> None:
    assert walks(JOB, Known(), TYPICAL) == walks(JOB, Known(), TYPICAL)
    assert walks(replace(JOB, seed=1), Known(), TYPICAL) != walks(JOB, Known(), TYPICAL)


def test_seen_lives_narrow_the_interval() -> None:
    seen = {(place, 1): life(place % 3 > 0) for place in range(40)}
    assert calls(JOB, Known(asked=seen)).ratio < calls(JOB).ratio


def test_worse_lives_cost_more() -> None:
    good = Known(asked={(place, 1): life(True) for place in range(12)})
    bad = Known(asked={(place, 1): life(place == 0) for place in range(12)})
    assert calls(JOB, bad).low > calls(JOB, good).high


def test_what_was_spent_is_counted_once() -> None:
    every = {(place, 1): life(True) for place in range(200)}
    spent = {"generator": Used(1400, 140_000, 14_000)}
    job = replace(JOB, abstaining=0)
    for walk in walks(job, Known(asked=every, spent=spent), TYPICAL):
        assert walk.total() == spent["generator"]
        assert walk.rows == job.rows


@pytest.mark.parametrize("limit", [40, 300])
def test_calls_keep_to_the_limit(limit: int) -> None:
    assert calls(replace(JOB, calls=limit)).high <= limit + 3


def test_exhausted_windows_end_a_walk() -> None:
    none = {(place, 1): life(False, 1, exhausted=True) for place in range(10)}
    job = replace(JOB, windows=[2000] * 10)
    for walk in walks(job, Known(asked=none), TYPICAL):
        assert walk.rows == 0
        assert not walk.left or sum(each.calls for each in walk.left) == 0


def test_windows_asked_deep_tell_how_much_is_left() -> None:
    job = replace(JOB, windows=[2000] * 20, rows=200, abstaining=0)
    rich = {(place, n): life(True) for place in range(6) for n in range(1, 7)}
    poor = {(place, n): life(n < 3, exhausted=n == 3) for place in range(6) for n in (1, 2, 3)}
    few, many = (
        interval(walk.rows for walk in walks(job, Known(asked=asked), TYPICAL))
        for asked in (poor, rich)
    )
    assert few.high < many.low


@pytest.mark.parametrize("kind", ["unanswerable", "false_premise"])
def test_rows_that_abstain_keep_to_their_share(kind: Abstaining) -> None:
    asked = {(place, 1): life(True) for place in range(10)}
    asked |= {(place, 2): life(False, 1, exhausted=True) for place in range(10)}
    job = replace(JOB, windows=[2000] * 10, kinds=[kind])
    for walk in walks(job, Known(asked=asked, answered=10), TYPICAL):
        assert walk.rows <= 11


def test_rows_without_a_value_give_no_false_premise() -> None:
    asked = {(place, n): life(True) for place in range(10) for n in (1, 2)}
    job = replace(JOB, windows=[2000] * 10, kinds=["false_premise"])
    few, many = (Known(asked=asked, falsifiable=n, answered=100) for n in (0, 100))
    assert calls(job, few).low < calls(job, many).low


def test_places_of_contrasts_are_kept_for_them() -> None:
    asked = {(place, 1): life(True) for place in range(100)}
    job = replace(JOB, abstaining=0, contrasts=10, windows=[2000] * 100)
    none, every = (Known(asked=asked, contrastable=n, answered=100) for n in (0, 100))
    # More rows were drafted in the first round than are wanted in all.
    assert calls(job, none).middle == 0
    assert calls(job, every).low > 10


def test_larger_windows_cost_more_tokens() -> None:
    small = walks(JOB, Known(), TYPICAL)
    large = walks(replace(JOB, windows=[8000] * 200), Known(), TYPICAL)
    for one, other in zip(small, large, strict=True):
        assert one.total().calls == other.total().calls
        assert one.total().input_tokens < other.total().input_tokens


def test_large_runs_are_walked_in_part() -> None:
    rows = 10 * MOST_ROWS
    job = replace(JOB, rows=rows, windows=[2000] * 4 * rows, candidates=10 * rows, calls=40 * rows)
    job = replace(job, abstaining=rows // 10)
    found = calls(job)
    assert 4 * rows < found.low < found.high < 30 * rows


def test_typical_tokens_follow_the_seen() -> None:
    seen = [Life("first", True, False, {"critic": Used(10, 50_000, 100)})]
    used = [each.used["critic"] for each in calibrated(TYPICAL, seen) if "critic" in each.used]
    total = sum(used, Used())
    assert total.input_tokens / total.calls == pytest.approx(5000, rel=0.01)
    assert total.output_tokens / total.calls == pytest.approx(10, rel=0.1)


def test_interval_holds_most_values() -> None:
    found = interval(range(101))
    assert found == Interval(2, 50, 98)
    assert found.holds(98)
    assert not found.holds(99)
    assert interval([0.0, 0.0]).ratio == 1.0
