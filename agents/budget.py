"""The budget: what a run may spend; reserved before a call is sent, settled with its reply.

A reservation is an upper bound, so that no number of calls on their way, and no kill, can pass a
limit. Where it does not fit while other calls are on their way, it waits for these to settle.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from agents.faults import BudgetExhaustedError
from agents.journal import Journal
from agents.prices import FREE, Price, dollars
from agents.sessions import Session
from agents.spending import (
    Amount,
    Reservation,
    Settlement,
    open_account,
    reserve,
    settle,
    spending,
    unanswered,
)

CALLS_PER_ROW = 40
CANDIDATES_PER_ROW = 10
_ASK_AGAIN = 0.25
_COUNTED = ("calls", "tokens", "money")


class Limits(BaseModel):
    """How much a run may try and spend."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    drafts: int = Field(default=3, ge=1)
    """Most drafts of one question, the first included."""
    answers: int = Field(default=2, ge=1)
    """Most answers to one question."""
    candidates: int | None = Field(default=None, ge=1)
    """Most questions tried in a run; 10 per row wanted if not given."""
    calls: int | None = Field(default=None, ge=1)
    """Most model calls in a run, resumed parts included; 40 per row wanted if not given."""
    tokens: int | None = Field(default=None, ge=1)
    """Most tokens in a run, of prompts and replies, resumed parts included."""
    money: float | None = Field(default=None, gt=0)
    """Most US dollars in a run, resumed parts included; needs the models' `prices`."""
    minutes: float | None = Field(default=None, gt=0)
    """Most minutes that a run works, resumed parts included."""

    def calls_for(self, rows: int) -> int:
        """Return the most calls of a run that wants this many rows."""
        return self.calls or rows * CALLS_PER_ROW

    def candidates_for(self, rows: int) -> int:
        """Return the most candidates of a run that wants this many rows."""
        return self.candidates or rows * CANDIDATES_PER_ROW


class Caps(BaseModel):
    """What a run may spend in all; None where there is no limit."""

    model_config = ConfigDict(frozen=True)

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    minutes: float | None = None

    def refuses(self, spent: Mapping[str, Amount], prices: Mapping[str, Price]) -> str:
        """Return the name of the limit that the spending by model passes, "" for none."""
        for limit in _COUNTED:
            most = getattr(self, limit)
            if most is not None and _measured(limit, spent, prices) > most:
                return limit
        return ""

    def told(self, limit: str, lost: float = 0, left: float = 0) -> str:
        """Return the sentence that says that a limit is reached, and what to do.

        `lost` is how much of it calls may have cost that have no reply, `left` how much is left:
        less than one more call may take.
        """
        most = _named(limit, getattr(self, limit))
        named = f", of which {_named(limit, lost)} may have gone to calls that have no reply"
        short = f"; the {_named(limit, left)} left are less than one more call may take"
        return (
            f"The limit of {most} is reached{named if lost else ''}{short if left > 0 else ''}. "
            f"Go on with `officina resume RUN --add-budget {limit}=MORE`, or raise "
            f"`limits.{limit}` in the run's brief.yaml and resume."
        )


class Budget:
    """Reserves what a call may cost; one that would pass a limit is not sent.

    `session` is whose reservations these are, and knows how long the run has worked.
    """

    def __init__(
        self,
        journal: Journal,
        caps: Caps,
        prices: Mapping[str, Price] | None = None,
        session: Session | None = None,
    ) -> None:
        self.caps = caps
        self._journal = journal
        self._prices = prices or {}
        self.session = session or Session(journal, leads=True)
        self._mine: set[str] = set()
        self._settled = asyncio.Event()
        self._accounts: set[str] = set()
        self._reserve = partial(reserve, refuse=partial(caps.refuses, prices=self._prices))

    async def reserve(self, model: str, most: Amount) -> Reservation:
        """Reserve the most that a call can come to.

        Raises:
            BudgetExhaustedError: it would pass a limit, and nothing is on its way that may settle
                for less.
        """
        # Not a number: a session that enters again may meet what it reserved before.
        name = uuid4().hex
        if model not in self._accounts:
            await self._journal.commit(self._open, model)
            self._accounts.add(model)
        wanted = Reservation(name, self.session.id, model, most)
        while True:
            if (left := self._seconds_left) is not None and left <= 0:
                raise BudgetExhaustedError(self.caps.told("minutes"))
            self._settled.clear()
            refusal = await self._journal.commit(self._reserve, wanted)
            if not refusal:
                self._mine.add(name)
                return wanted
            if refusal.is_final:
                raise BudgetExhaustedError(await self._told(refusal.limit))
            await self._something_settled()

    @asynccontextmanager
    async def in_time(self) -> AsyncGenerator[None]:
        """Let the block wait as long as the minutes last.

        Raises:
            BudgetExhaustedError: they are over.
        """
        limit = asyncio.timeout(self._seconds_left)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise BudgetExhaustedError(self.caps.told("minutes")) from None

    @property
    def _seconds_left(self) -> float | None:
        minutes = self.caps.minutes
        return None if minutes is None else minutes * 60 - self.session.worked

    def settled(self, reservation: Reservation) -> None:
        """Take note that a reservation was settled with its reply."""
        self._mine.discard(reservation.id)
        self._settled.set()

    async def take_back(self, reservation: Reservation, *, may_have_run: bool) -> None:
        """Settle a call that has no reply: in full where its server may have worked for it."""
        if reservation.id not in self._mine:
            return
        spent = reservation.most if may_have_run else Amount()
        await self._journal.commit(_settle, Settlement(reservation, spent))
        self.settled(reservation)

    async def _something_settled(self) -> None:
        try:
            async with asyncio.timeout(_ASK_AGAIN):
                await self._settled.wait()
        except TimeoutError:
            # What another process has reserved settles unseen.
            return

    async def _told(self, limit: str) -> str:
        lost, spent = await self._journal.read(_lost_and_spent)
        left = getattr(self.caps, limit) - _measured(limit, spent, self._prices)
        return self.caps.told(limit, _measured(limit, lost, self._prices), left)

    def _open(self, connection: Connection, models: Sequence[str]) -> list[None]:
        return [open_account(connection, model, self._journal.engine) for model in models]


def _lost_and_spent(connection: Connection) -> tuple[dict[str, Amount], dict[str, Amount]]:
    return unanswered(connection), spending(connection)


def _settle(connection: Connection, settlements: Sequence[Settlement]) -> list[None]:
    settle(connection, settlements)
    return [None] * len(settlements)


def _measured(limit: str, spent: Mapping[str, Amount], prices: Mapping[str, Price]) -> float:
    """Return what the amounts come to, as a limit counts it; for money, each model has a price."""
    if limit == "money":
        return sum(
            prices[model].of(amount.input_tokens, amount.output_tokens)
            for model, amount in spent.items()
            if model.partition(":")[0] not in FREE
        )
    total = sum(spent.values(), Amount())
    return total.calls if limit == "calls" else total.input_tokens + total.output_tokens


def _named(limit: str, value: float) -> str:
    match limit:
        case "calls":
            return f"{value:,} model call{'' if value == 1 else 's'}"
        case "money":
            return dollars(value)
        case "minutes":
            return f"{value:g} minute{'' if value == 1 else 's'}"
        case _:
            return f"{value:,} tokens"
