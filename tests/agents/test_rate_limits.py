"""What a server takes in a minute: as was said, and as its headers say."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.gate import Gate
from agents.rate_limits import BURST_SECONDS, Quota, RateLimits, seconds_of
from tests.simulation import now, simulate


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
def test_rate_limits_are_never_passed(calls):
    limits, now, taken = RateLimits(requests=60, tokens=6000), 0.0, list[int]()
    for tokens, idle in calls:
        now += idle
        now += max(0.0, limits.wait(now))
        limits.take(tokens, now)
        taken.append(tokens)
        assert sum(taken[:-1]) <= 100 * (now + BURST_SECONDS) + 1e-6
        assert len(taken) - 1 <= now + BURST_SECONDS + 1e-6


def test_giant_call_goes_alone():
    limits = RateLimits(tokens=1000)
    assert limits.wait(0) <= 0
    limits.take(5000, 0)
    assert limits.wait(0) == 300 - BURST_SECONDS


def test_without_limits_nothing_waits():
    limits = RateLimits()
    limits.take(10**9, 0)
    assert limits.wait(0) <= 0


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


@dataclass
class Metered:
    """A server that takes so many tokens in any minute, by what calls take or may take."""

    a_minute: int
    counts_bounds: bool
    refusals: int = 0
    counted: deque[tuple[float, int]] = field(default_factory=deque)

    async def ask(self, guard: Gate, took: int, most: int) -> None:
        while True:
            async with guard.place(most) as place:
                while self.counted and self.counted[0][0] <= now() - 60:
                    self.counted.popleft()
                counts = most if self.counts_bounds else took
                if sum(tokens for _, tokens in self.counted) + counts > self.a_minute:
                    self.refusals += 1
                    place.spent(0)
                    place.busy()
                else:
                    self.counted.append((now(), counts))
                    await asyncio.sleep(1.0)
                    place.spent(took)
                    return
            await asyncio.sleep(1.0)


def metered(calls: int, *, counts_bounds: bool) -> tuple[float, int]:
    async def life() -> tuple[float, int]:
        limits = RateLimits(tokens=60_000 / 1.05)
        guard = Gate(16, most=64, limits=limits, clock=asyncio.get_running_loop().time)
        server = Metered(60_000, counts_bounds)
        await asyncio.gather(*(server.ask(guard, 150, 4096) for _ in range(calls)))
        return now(), server.refusals

    return simulate(life())


def test_rate_limits_go_by_what_calls_take():
    took, refusals = metered(1200, counts_bounds=False)
    assert took <= 1.15 * 1200 * 150 * 60 / 60_000
    assert refusals == 0


def test_server_that_counts_what_calls_may_take_is_not_stormed(monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.5)
    took, refusals = metered(120, counts_bounds=True)
    assert took <= 1.5 * 120 * 4096 * 60 / 60_000
    assert refusals <= 120
