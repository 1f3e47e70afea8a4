"""The budget is never passed, whoever is killed, and reached where it can be."""

import asyncio

import pytest
from langchain_core.messages import AIMessage
from sqlalchemy import Engine, event

from agents.budget import Budget, Caps
from agents.faults import BudgetExhaustedError
from agents.journal import CallKey, Journal
from agents.prices import Price
from agents.sessions import Session, enter
from agents.spending import Amount, Reservation
from tests.proxy import Proxy
from tools.patience import Patience
from tools.tables import postgres_engine

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


async def test_reservation_waits_for_one_that_settles(journal, monkeypatch):
    it = budget(journal, tokens=200)
    waits, something_settled = asyncio.Event(), it._something_settled

    async def wait() -> None:
        waits.set()
        await something_settled()

    monkeypatch.setattr(it, "_something_settled", wait)
    first = await it.reserve(MODEL, MOST)
    waiting = asyncio.create_task(it.reserve(MODEL, MOST))
    async with asyncio.timeout(20):
        await waits.wait()
    assert not waiting.done()
    await finish(journal, it, first, Amount(1, 30, 20))
    await waiting
    assert journal.spending() == {MODEL: Amount(2, 130, 70)}


async def test_limit_ends_no_run_whose_last_call_settles_in_the_same_commit(journal):
    it, other = budget(journal, tokens=200), budget(journal, tokens=200)
    await it.take_back(await it.reserve(MODEL, MOST), may_have_run=False)
    first, little = await other.reserve(MODEL, MOST), Amount(1, 5, 5)
    await asyncio.gather(it.reserve(MODEL, MOST), finish(journal, other, first, little))
    assert journal.spending() == {MODEL: little + MOST}


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


async def test_worker_that_enters_again_gives_up_what_it_had_reserved(journal):
    def worker() -> Session:
        return Session(journal, leads=False, id="worker")

    other = budget(journal, calls=9)
    held = await other.reserve(MODEL, MOST)
    before = Budget(journal, Caps(calls=3), session=worker())
    await before.reserve(MODEL, MOST)
    await journal.commit(enter, worker())
    again = Budget(journal, Caps(calls=3), session=worker())
    await finish(journal, again, await again.reserve(MODEL, MOST), MOST)
    await finish(journal, other, held, MOST)
    async with asyncio.timeout(20):
        with pytest.raises(BudgetExhaustedError, match="of which 1 model call may have gone to"):
            await again.reserve(MODEL, MOST)


async def test_reservation_that_comes_late_is_in_no_ones_way(journal):
    """What a worker's last life was writing when it began again is there only afterwards."""
    for _ in range(2):
        again = Budget(journal, Caps(), session=Session(journal, leads=False, id="worker"))
        await again.reserve(MODEL, MOST)
    assert journal.spending() == {MODEL: MOST + MOST}


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
        with pytest.raises(BudgetExhaustedError, match="1 minute is"):
            await it.reserve(MODEL, MOST)


async def test_all_that_wait_at_a_limit_are_told_at_once(journal, monkeypatch):
    monkeypatch.setattr("agents.budget._ASK_AGAIN", 1000.0)
    it = budget(journal, calls=1)
    await finish(journal, it, await it.reserve(MODEL, MOST), MOST)
    async with asyncio.timeout(60):
        asking = (it.reserve(MODEL, MOST) for _ in range(40))
        told = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(each) for each in told} == {BudgetExhaustedError}


async def test_what_is_left_of_a_limit_is_named(journal):
    it = budget(journal, tokens=400)
    for _ in range(2):
        await finish(journal, it, await it.reserve(MODEL, MOST), Amount(1, 100, 40))
    with pytest.raises(BudgetExhaustedError, match="the 120 tokens left are less than one more"):
        await it.reserve(MODEL, MOST)


async def test_reply_whose_commit_is_unconfirmed_is_settled_once(postgres, database):
    """A settlement that was repeated would give back what the call has cost."""
    with Proxy(postgres.port) as proxy:
        engine = postgres_engine(postgres.url(database, port=proxy.port), "officina_test")
        journal = Journal(engine, Patience(30))
        it = budget(journal, calls=9)
        proxy.unconfirmed = b"COMMIT"
        held = [await it.reserve(MODEL, MOST)]
        for lost in (b"COMMIT", b"", b"COMMIT"):
            held.append(await it.reserve(MODEL, MOST))
            proxy.unconfirmed = lost
            await finish(journal, it, held[-1], Amount(1, 30, 20))
        assert proxy.cuts == 3
        assert [(each.model, each.calls) for each in journal.spent()] == [(MODEL, 3)]
        assert journal.spending() == {MODEL: Amount(4, 190, 110)}
        journal.close()
        engine.dispose()


async def test_replies_that_are_new_are_not_read_back(journal):
    """On either database, what was written is counted."""
    read: list[str] = []

    @event.listens_for(journal.engine, "before_cursor_execute")
    def _listen(connection, cursor, statement, *_):  # pyright: ignore
        read.extend([statement] if statement.startswith("SELECT calls.reply") else [])

    it = budget(journal, calls=9)
    held = [await it.reserve(MODEL, MOST) for _ in range(3)]
    await asyncio.gather(*(finish(journal, it, each, MOST) for each in held))
    assert read == []
    other = Journal(journal.engine)
    await finish(other, it, held[0], MOST)
    assert len(read) == 1
