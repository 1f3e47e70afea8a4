"""What a server takes in a minute: as was said, and as its headers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pace import BURST_SECONDS, Pace, Quota, seconds_of


@pytest.mark.parametrize(
    ("length", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("120ms", 0.12),
        ("1m30.951s", 90.951),
        ("1h2m", 3720),
        ("2", 2),
        ("0.5", 0.5),
        ("", None),
        ("soon", None),
        ("-1s", None),
        ("1s later", None),
    ],
)
def test_lengths_are_read(length, seconds):
    assert seconds_of(length) == (None if seconds is None else pytest.approx(seconds))


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 5)), min_size=1, max_size=60))
def test_pace_is_never_passed(calls):
    pace, now, taken = Pace(requests=60, tokens=6000), 0.0, list[int]()
    for tokens, idle in calls:
        now += idle
        now += max(0.0, pace.wait(now))
        pace.take(tokens, now)
        taken.append(tokens)
        assert sum(taken[:-1]) <= 100 * (now + BURST_SECONDS) + 1e-6
        assert len(taken) - 1 <= now + BURST_SECONDS + 1e-6


def test_giant_call_goes_alone():
    pace = Pace(tokens=1000)
    assert pace.wait(0) <= 0
    pace.take(5000, 0)
    assert pace.wait(0) == 300 - BURST_SECONDS


def test_without_limits_nothing_waits():
    pace = Pace()
    pace.take(10**9, 0)
    assert pace.wait(0) <= 0


def test_older_reply_does_not_overrule():
    quota = Quota("requests")
    headers = {"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "10s"}
    quota.heard(headers, 20, 0.0)
    quota.heard(headers | {"x-ratelimit-remaining-requests": "90"}, 3, 1.0)
    assert quota.wait(25, 2) <= 0
    assert quota.wait(26, 2) == 8


@pytest.mark.parametrize("left", ["", "many", "-1", "1.5"])
def test_odd_headers_mean_nothing(left):
    quota = Quota("requests")
    quota.heard(
        {"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": "1s"}, 1, 0.0
    )
    assert quota.wait(99, 0) <= 0
