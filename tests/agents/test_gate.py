"""The gate, driven through whole storms, outages and days in simulated time."""

import asyncio
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.gate import Gate, jittered
from agents.rate_limits import RateLimits
from tests.simulation import Client, Server, gate, now, simulate

SEEDS = range(3)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    monkeypatch.setattr("agents.gate.PAUSE", 0.5)


def asked(calls: int, start: int, most: int | None = None, *, seed=0, lengths=(1.0,), **server):
    """Return the client, once it has asked for everything, and the seconds it took."""
    random.seed(seed)

    async def life() -> tuple[Client, float]:
        client = Client(gate(start, most), Server(seed=seed, **server), lengths)
        return client, await client.ask_all(calls, 3 * (most or start))

    client, took = simulate(life())
    assert (client.server.served, client.gate.in_flight, client.gate.waiting) == (calls, 0, 0)
    return client, took


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("calls", "width", "admits", "refusals", "ratio"),
    [(1000, 64, 16, 60, 1.5), (1000, 32, 5, 40, 1.3), (3000, 256, 40, 230, 1.4)],
)
def test_storm_is_weathered(seed, calls, width, admits, refusals, ratio):
    client, took = asked(calls, width, seed=seed, admits=lambda _: admits)
    assert client.server.refusals <= refusals
    assert took <= ratio * calls / admits * 0.05
    assert max(client.tries) <= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_width_lands_where_the_server_holds(seed):
    random.seed(seed)

    async def life() -> list[int]:
        client = Client(gate(64), Server(seed=seed, admits=lambda _: 16))
        asking = asyncio.create_task(client.ask_all(500, 96))
        await asyncio.sleep(0.02)
        widths = [client.gate.width, client.server.refusals]
        await asking
        return widths

    assert simulate(life()) == [16, 48]


@pytest.mark.parametrize("seed", SEEDS)
def test_single_refusal_is_soon_forgotten(seed):
    random.seed(seed)

    async def life() -> tuple[int, int]:
        server = Server(seed=seed)
        client = Client(gate(64, 64), server)
        asking = asyncio.create_task(client.ask_all(5000, 96))
        await asyncio.sleep(1.01)
        server.admits = lambda _: server.in_flight
        while not server.refusals:
            await asyncio.sleep(0.0001)
        server.admits = lambda _: 1000
        await asyncio.sleep(0.2)
        widths = client.gate.width, server.refusals
        await asking
        return widths

    width, refusals = simulate(life())
    assert refusals <= 2
    assert width >= 62


@pytest.mark.parametrize("seed", SEEDS)
def test_capacity_that_changes_is_followed(seed):
    """16 places, 48 from the 20th to the 100th second, then 16 again."""
    client, took = asked(
        9000, 64, seed=seed, latency=0.5, admits=lambda t: 48 if 20 < t < 100 else 16
    )
    between = sum(20 < time < 100 for time in client.server.times)
    assert between >= 0.75 * 80 * 48 / 0.5
    left = 9000 - between - 20 * 16 / 0.5
    assert took <= 1.15 * (100 + left / (16 / 0.5))
    assert client.server.refusals <= 150


@pytest.mark.parametrize("seed", SEEDS)
def test_requests_a_minute_are_lived_with(seed):
    client, took = asked(600, 64, seed=seed, a_minute=600, after=6.0)
    assert took <= 1.35 * 54
    assert client.server.refusals <= 0.3 * 600


@pytest.mark.parametrize("lengths", [(1.0,), (0.2, 1.0, 2.0), (0.1, 3.0)])
@pytest.mark.parametrize("seed", SEEDS)
def test_width_grows_while_it_pays(seed, lengths):
    client, took = asked(8000, 8, 64, seed=seed, lengths=lengths)
    assert client.server.most == 64
    assert took <= 1.6 * 8000 / 64 * 0.05 * sum(lengths) / len(lengths)


@pytest.mark.parametrize("lengths", [(1.0,), (0.2, 1.0, 2.0)])
@pytest.mark.parametrize("seed", SEEDS)
def test_width_stays_where_more_only_waits(seed, lengths):
    client, took = asked(8000, 8, 64, seed=seed, lengths=lengths, knee=16)
    assert took <= 1.15 * 8000 / 16 * 0.05 * sum(lengths) / len(lengths)
    assert client.gate.width <= 27


@pytest.mark.parametrize("seed", SEEDS)
def test_long_tail_fools_no_trial(seed):
    client, _ = asked(8000, 8, 64, seed=seed, slow_share=0.02)
    assert client.server.most == 64
    client, _ = asked(6000, 8, 64, seed=seed, slow_share=0.02, knee=8)
    assert client.gate.width <= 12


def test_idle_gate_does_not_grow():
    async def life() -> int:
        client = Client(gate(8, 64), Server())
        await client.ask_all(5000, 7)
        return client.gate.width

    assert simulate(life()) == 8


@pytest.mark.parametrize(
    ("width", "share", "ratio"),
    [
        (32, 0.01, 1.1),
        (32, 0.05, 1.4),
        (32, 0.1, 1.2),
        (32, 0.2, 1.2),
        (32, 0.3, 2),
        (64, 0.2, 2.2),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_faults_do_not_close_it(seed, width, share, ratio):
    _, took = asked(5000, width, seed=seed, fault_share=share)
    assert took <= ratio * 5000 / (1 - share) / width * 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_server_holds_is_told_from_faults(seed):
    """16 places of 64, beside a tenth of the calls that is refused whatever the width."""
    client, took = asked(1000, 64, seed=seed, admits=lambda _: 16, fault_share=0.1)
    assert took <= 3 * 1000 / 16 * 0.05
    assert client.server.refusals <= 300


@pytest.mark.parametrize("seed", SEEDS)
def test_dead_server_is_probed_by_one(seed):
    client, took = asked(4000, 64, seed=seed, admits=lambda t: 0 if 1 < t < 31 else 999, after=0)
    during = [time for time in client.server.times if 2 < time < 31]
    assert 3 <= len(during) <= 40
    assert all(later - earlier > 0.3 for earlier, later in pairwise(during))
    assert took <= 31 + 20 + 4000 / 64 * 0.05


def test_retry_after_of_all_is_waited_for():
    async def life() -> list[float]:
        client = Client(gate(8), Server(admits=lambda t: 0 if t < 5 else 99, after=6.0))
        await client.ask_all(100, 20)
        return client.server.times

    times = simulate(life())
    assert sum(time < 6 for time in times) == 8
    assert 6 <= min(time for time in times if time > 1) <= 6 * 1.26


def test_lost_calls_leave_the_others_alone():
    client, took = asked(2000, 32, fault_share=0.02, loses=True)
    assert client.gate.width >= 2
    assert took <= 30


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), admits=st.integers(1, 40), width=st.integers(1, 40))
def test_cancelled_calls_lose_no_place(seed, admits, width):
    chance = random.Random(seed)

    async def life() -> tuple[int, int, float]:
        client = Client(gate(width, width), Server(seed=seed, admits=lambda _: admits))
        tasks = [asyncio.create_task(client.ask(number)) for number in range(200)]
        for task in chance.sample(tasks, 120):
            await asyncio.sleep(chance.choice([0.0, 0.0, 0.004, 0.0512]))
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = client.gate.in_flight, client.gate.waiting
        return *left, await client.ask_all(50, 50)

    in_flight, waiting, took = simulate(life())
    assert (in_flight, waiting) == (0, 0)
    assert took < 60


def test_first_come_is_first_served():
    async def life() -> list[int]:
        order: list[int] = []
        guard = gate(2, 2)

        async def call(number: int, again: bool) -> None:
            async with guard.place(again=again):
                order.append(number)
                await asyncio.sleep(1)

        await asyncio.gather(*(call(number, again=number == 7) for number in range(8)))
        return order

    assert simulate(life()) == [0, 1, 7, 2, 3, 4, 5, 6]


def test_nobody_starves():
    client, _ = asked(3000, 32, admits=lambda _: 5, noise=0.5)
    assert max(client.waits) <= 20


def test_abandoned_calls_are_told():
    async def life() -> list[str]:
        guard = gate(1, 1)

        async def call() -> str:
            try:
                async with guard.place():
                    await asyncio.sleep(1)
                    return "served"
            except ConnectionError as error:
                return str(error)

        tasks = [asyncio.create_task(call()) for _ in range(3)]
        await asyncio.sleep(0.5)
        guard.abandon(ConnectionError("gone"))
        return [await task for task in tasks]

    assert simulate(life()) == ["served", "gone", "gone"]


def test_share_of_the_width_may_change():
    client, _ = asked(1000, 64, admits=lambda _: 16)
    client.gate.resize(32, 32)
    assert client.gate.width == 8
    client.gate.resize(64, 64)
    assert client.gate.width == 16


@pytest.mark.parametrize("unit", ["requests", "tokens"])
def test_reset_is_waited_for(unit):
    headers = {f"x-ratelimit-remaining-{unit}": "0", f"x-ratelimit-reset-{unit}": "1m2s"}

    async def life() -> list[float]:
        guard, entered = gate(4), list[float]()
        for _ in range(3):
            async with guard.place(100) as place:
                entered.append(now())
                place.heard(headers if len(entered) == 1 else {})
        return entered

    first, second, third = simulate(life())
    assert second - first == pytest.approx(60, abs=0.01)
    assert third == second


@pytest.mark.parametrize("before", [1, 20])
@pytest.mark.parametrize(("unit", "left"), [("requests", 3), ("tokens", 300)])
def test_what_is_left_may_be_sent(unit, left, before):
    headers = {f"x-ratelimit-remaining-{unit}": str(left), f"x-ratelimit-reset-{unit}": "10s"}

    async def life() -> list[float]:
        guard, entered = gate(9), list[float]()

        async def call() -> None:
            async with guard.place(100):
                entered.append(now())
                await asyncio.sleep(0.5)

        for _ in range(before):
            async with guard.place(100) as place:
                place.heard(headers)
        await asyncio.gather(*(call() for _ in range(5)))
        return entered

    assert [round(time, 1) for time in simulate(life())] == [0, 0, 0, 10, 10]


def test_rate_limits_are_kept_by_the_gate():
    async def life() -> float:
        client = Client(gate(64, limits=RateLimits(requests=600)), Server(a_minute=600, after=6.0))
        took = await client.ask_all(600, 100)
        assert client.server.refusals == 0
        return took

    assert 58 <= simulate(life()) <= 61


def test_spent_tokens_are_given_back():
    async def life(spent: int | None) -> float:
        guard = Gate(1, limits=RateLimits(tokens=6000), clock=asyncio.get_running_loop().time)
        for _ in range(20):
            async with guard.place(1000) as place:
                if spent is not None:
                    place.spent(spent)
        return now()

    assert simulate(life(None)) == pytest.approx(189, abs=0.5)
    assert simulate(life(100)) == pytest.approx(18, abs=0.5)


@pytest.mark.parametrize("seconds", [0.1, 2, 60])
def test_jitter_is_small_beside_what_was_asked(seconds):
    drawn = [jittered(seconds) - seconds for _ in range(200)]
    assert 0 <= min(drawn) < max(drawn) <= min(1, seconds / 4)
