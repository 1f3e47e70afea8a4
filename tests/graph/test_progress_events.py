"""The pace of a run, and what its outcomes make it say."""

from collections import Counter
from dataclasses import replace

import pytest

from graph.advice import advice
from graph.ledger import Progress
from graph.pace import Ahead, Pace
from graph.progress import NOTHING_AFTER, Watch

NOTHING = Progress(planned=0, accepted=0, drafts=0, revisions=0, dropped={})


def paced(seconds: int, per_second: float) -> Pace:
    """Return the pace of a run of which half the candidates become rows."""
    pace = Pace()
    for at in range(0, seconds, 2):
        ended = int(at * per_second)
        pace.note(at, ended, ended // 2, sent=7 * at, replayed=0)
    return pace


def left(pace: Pace, at: float, ahead: Ahead) -> tuple[float, float]:
    told = pace.left(at, ahead)
    assert told
    return told


def ahead(missing: int, open: int = 0, under_way: int = 0) -> Ahead:
    return Ahead(missing, open, under_way, share=1 / 2)


class Outcomes:
    """Outcomes of a run that goes on from `before`, and what its watch says of them."""

    def __init__(self, before: Progress = NOTHING) -> None:
        self.now = before
        self.watch = Watch(lambda: self.now)

    def drop(self, count: int) -> list[str]:
        """Drop so many candidates; return what is said."""
        return [said for said in map(self._drop_one, range(count)) if said]

    def _drop_one(self, _: int) -> str:
        self.now = replace(self.now, dropped=Counter(self.now.dropped) + Counter(["unanswered"]))
        event = self.watch.hear({"event": "dropped", "reason": "unanswered"})
        return event["sentence"] if event else ""


def test_time_left_follows_the_recent_pace() -> None:
    pace = paced(600, 0.1)
    for at in range(600, 800, 2):
        ended = 60 + (at - 600) * 2
        pace.note(at, ended, ended // 2, sent=7 * at, replayed=0)
    low, high = left(pace, 800, ahead(100))
    assert low < 100 < high < 200


def test_all_open_candidates_take_time() -> None:
    low, high = left(paced(100, 1.0), 100, ahead(0, open=60, under_way=8))
    assert low < 60 < high < 120


def test_last_lives_of_a_round_take_time() -> None:
    pace = paced(100, 1.0)
    # A life takes 20 s, where twenty at a time end one a second.
    assert left(pace, 100, ahead(0, open=50, under_way=20))[1] > 50 + 20
    low, high = left(pace, 100, ahead(0, open=2, under_way=2))
    assert low < 2 < 20 < high < 40
    assert left(pace, 100, ahead(4, open=2, under_way=2))[1] > 60


def test_first_lives_are_no_pace() -> None:
    pace = Pace()
    for at in range(0, 60, 2):
        ended = max(0, at - 40)
        pace.note(at, ended, ended, sent=7 * at, replayed=0)
    low, high = left(pace, 60, ahead(50, open=100))
    assert low < 100 < high < 200


def test_time_left_is_unknown_at_first() -> None:
    assert Pace().left(0.0, ahead(10)) is None
    assert paced(10, 0.1).left(10, ahead(10)) is None
    assert paced(10, 0.1).left(10, ahead(0)) == (0.0, 0.0)


def test_collapsed_pace_is_told() -> None:
    pace = paced(100, 1.0)
    assert pace.stalled(100) is None
    for at in range(100, 300, 2):
        pace.note(at, 98, 49, sent=7 * at, replayed=0)
    assert pace.left(300, ahead(50)) is None
    assert pace.stalled(300) == pytest.approx(202, abs=4)


def test_replayed_rows_are_no_pace() -> None:
    pace = Pace()
    for at in range(0, 20, 2):
        pace.note(at, 200 * at, 100 * at, sent=0, replayed=700 * at)
    assert pace.left(20, ahead(1000)) is None


def test_nothing_accepted_is_told_twice() -> None:
    said = Outcomes().drop(400)
    assert len(said) == len(NOTHING_AFTER) == 2
    assert NOTHING_AFTER[0] <= 50
    assert said[0].startswith("None of the first 30 candidates became a row.")
    assert "unanswered 30" in said[0]
    assert advice("unanswered") in said[0]


def test_one_row_is_not_nothing() -> None:
    outcomes = Outcomes()
    outcomes.watch.hear({"event": "accepted"})
    assert outcomes.drop(400) == []


def test_row_of_another_process_is_not_nothing() -> None:
    outcomes = Outcomes()
    outcomes.now = replace(NOTHING, accepted=1)
    assert outcomes.drop(400) == []


def test_outcomes_of_other_processes_are_counted() -> None:
    outcomes = Outcomes()
    outcomes.now = replace(NOTHING, dropped={"unanswered": 12})
    assert outcomes.drop(30)[0].startswith("None of the first 42 candidates became a row.")


@pytest.mark.parametrize("before", [{"duplicate": 1}, {"surplus": 3, "unanswered": 90}])
def test_resumed_run_had_rows(before: dict[str, int]) -> None:
    assert Outcomes(Progress(100, 0, 0, 0, before)).drop(400) == []


def test_resumed_run_goes_on_counting() -> None:
    assert len(Outcomes(Progress(100, 0, 0, 0, {"unanswered": 29})).drop(1)) == 1


@pytest.mark.parametrize("reason", ["low_coverage", "draft_unreadable", "made_up"])
def test_advice_names_what_to_change(reason: str) -> None:
    assert any(word in advice(reason) for word in ("brief.yaml", "officina.yaml", "--model"))
