"""The pace of a run, and what its outcomes make it say."""

import pytest

from graph.advice import advice
from graph.ledger import Progress
from graph.pace import Pace
from graph.progress import NOTHING_AFTER, Watch

NOTHING = Progress(planned=0, accepted=0, drafts=0, revisions=0, dropped={})


def paced(seconds: int, per_second: float, pace: Pace | None = None, start: int = 0) -> Pace:
    pace = pace or Pace()
    for at in range(0, seconds, 2):
        rows = int(at * per_second)
        pace.note(start + at, rows, sent=7 * (start + at), replayed=0)
    return pace


def dropped(watch: Watch, count: int) -> list[str]:
    events = (watch.hear({"event": "dropped", "reason": "unanswered"}) for _ in range(count))
    return [event["sentence"] for event in events if event]


def test_time_left_follows_the_recent_pace() -> None:
    pace = paced(600, 0.1)
    for at in range(600, 800, 2):
        pace.note(at, 60 + int((at - 600) * 1.0), sent=7 * at, replayed=0)
    left = pace.left(800, 100)
    assert left is not None
    low, high = left
    assert low < 100 < high < 300


def test_time_left_is_unknown_at_first() -> None:
    assert Pace().left(0.0, 10) is None
    assert paced(10, 0.1).left(10, 10) is None
    assert paced(10, 0.1).left(10, 0) == (0.0, 0.0)


def test_collapsed_pace_is_told() -> None:
    pace = paced(100, 1.0)
    assert pace.stalled(100) is None
    for at in range(100, 300, 2):
        pace.note(at, 98, sent=7 * at, replayed=0)
    assert pace.left(300, 50) is None
    assert pace.stalled(300) == pytest.approx(202, abs=3)


def test_replayed_rows_are_no_pace() -> None:
    pace = Pace()
    for at in range(0, 20, 2):
        pace.note(at, 100 * at, sent=0, replayed=700 * at)
    assert pace.left(20, 1000) is None


def test_nothing_accepted_is_told_twice() -> None:
    said = dropped(Watch(NOTHING), 400)
    assert len(said) == len(NOTHING_AFTER) == 2
    assert NOTHING_AFTER[0] <= 50
    assert said[0].startswith("None of the first 30 candidates became a row.")
    assert "unanswered 30" in said[0]
    assert advice("unanswered") in said[0]


def test_one_row_is_not_nothing() -> None:
    watch = Watch(NOTHING)
    watch.hear({"event": "accepted"})
    assert dropped(watch, 400) == []


@pytest.mark.parametrize("before", [{"duplicate": 1}, {"surplus": 3, "unanswered": 90}])
def test_resumed_run_had_rows(before: dict[str, int]) -> None:
    assert dropped(Watch(Progress(100, 0, 0, 0, before)), 400) == []


def test_resumed_run_goes_on_counting() -> None:
    said = dropped(Watch(Progress(100, 0, 0, 0, {"unanswered": 29})), 1)
    assert len(said) == 1


@pytest.mark.parametrize("reason", ["low_coverage", "draft_unreadable", "made_up"])
def test_advice_names_what_to_change(reason: str) -> None:
    assert any(word in advice(reason) for word in ("brief.yaml", "officina.yaml", "--model"))
