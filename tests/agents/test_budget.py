"""The budget is never passed, whoever is killed, and reached where it can be."""

import asyncio

import pytest
from langchain_core.messages import AIMessage
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from agents.budget import Budget, Caps
from agents.faults import BudgetExhaustedError
from agents.journal import CallKey, Journal
from agents.prices import Price
from agents.sessions import Session
from agents.spending import Amount, Reservation

MODEL = "openai:m"
MOST = Amount(1, 100, 50)


@pytest.fixture
def journal(state_engine: Engine) -> Journal:
    return Journal(state_engine)


def budget(journal: Journal, **caps: float) -> Budget:
    prices = {MODEL: Price(input=10_000, output=20_000)}
    return Budget(journal, Caps.model_validate(caps), prices, Session(journal, leads=True))


async def finish(journal: Journal, it: Budget, reservation: Reservation, spent: Amount) -> None:
    key = CallKey(reservation.id, "draft", 0)
    reply = AIMessage("x")
    await journal.record_reply(
        key, "s", role="critic", model=MODEL, reply=reply, spent=spent, reservation=reservation
    )
    it.settled(reservation)


@pytest.mark.parametrize(
    ("caps", "sentence"),
    [
        ({"calls": 2}, "2 model calls"),
        ({"tokens": 449}, "449 tokens"),
        ({"money": 5.99}, r"\$5.99"),
        ({"calls": 2, "tokens": 10_000, "money": 99}, "2 model calls"),
    ],
)
async def test_call_past_a_limit_is_refused(journal, caps, sentence):
    it = budget(journal, **caps)
    held = [await it.reserve(MODEL, MOST), await it.reserve(MODEL, MOST)]
    for each in held:
        await finish(journal, it, each, MOST)
    with pytest.raises(BudgetExhaustedError, match=rf"{sentence} is reached.*--add-budget"):
        await it.reserve(MODEL, MOST)


async def test_reservation_waits_for_one_that_settles(journal):
    it = budget(journal, tokens=200)
    first = await it.reserve(MODEL, MOST)
    waiting = asyncio.create_task(it.reserve(MODEL, MOST))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await finish(journal, it, first, Amount(1, 30, 20))
    await waiting
    assert journal.spending() == {MODEL: Amount(2, 130, 70)}


async def test_call_that_never_ran_costs_nothing(journal):
    it = budget(journal, calls=1)
    for _ in range(3):
        await it.take_back(await it.reserve(MODEL, MOST), may_have_run=False)
    assert journal.spending() == {MODEL: Amount(0, 0, 0)}


async def test_call_that_may_have_run_costs_all(journal):
    it = budget(journal, calls=1)
    await it.take_back(await it.reserve(MODEL, MOST), may_have_run=True)
    assert journal.spending() == {MODEL: MOST}
    with pytest.raises(BudgetExhaustedError):
        await it.reserve(MODEL, MOST)


async def test_killed_session_stays_spent_in_full(journal):
    it = budget(journal, calls=9)
    await finish(journal, it, await it.reserve(MODEL, MOST), Amount(1, 1, 1))
    for _ in range(8):
        await it.reserve(MODEL, MOST)
    after = Journal(journal.engine)
    async with Session(after, leads=True).beating():
        again = budget(after, calls=9)
        with pytest.raises(BudgetExhaustedError, match="of which 8 model calls may have gone to"):
            await again.reserve(MODEL, MOST)
    assert after.spending() == {MODEL: Amount(9, 801, 401)}


async def test_budgets_of_two_processes_are_one(state_engine):
    both = [Journal(state_engine), Journal(state_engine)]
    budgets = [budget(journal, calls=20) for journal in both]

    async def spend(place: int) -> int:
        journal, it = both[place % 2], budgets[place % 2]
        try:
            held = await it.reserve(MODEL, MOST)
        except BudgetExhaustedError:
            return 0
        await finish(journal, it, held, Amount(1, 10, 10))
        return 1

    assert sum(await asyncio.gather(*map(spend, range(60)))) == 20
    assert both[0].spending() == {MODEL: Amount(20, 200, 200)}


async def test_minutes_count_over_all_parts(journal):
    first = Session(journal, leads=True)
    async with first.beating():
        first.began -= 50
    session = Session(journal, leads=True)
    async with session.beating():
        it = Budget(journal, Caps(minutes=1), None, session)
        await it.take_back(await it.reserve(MODEL, MOST), may_have_run=False)
        session.began -= 10
        with pytest.raises(BudgetExhaustedError, match="1 minutes"):
            await it.reserve(MODEL, MOST)


async def test_adopted_spending_is_added(journal):
    other = Journal(create_engine("sqlite://", poolclass=StaticPool))
    for each in (journal, other):
        it = budget(each, calls=9)
        await finish(each, it, await it.reserve(MODEL, MOST), Amount(1, 10, 5))
    journal.adopt(other)
    assert journal.spending() == {MODEL: Amount(2, 20, 10)}
