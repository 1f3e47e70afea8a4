"""Sending: a call through budget and gate to its server and into the journal, tried again or not.

Retries of a fault live here and nowhere else.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage

from agents.budget import Budget
from agents.call import Call
from agents.faults import NO_SERVER, CallError, ModelDownError, ModelUnavailableError, classify
from agents.gate import Place
from agents.gates import Gates
from agents.journal import Journal, used
from agents.replies import cleaned
from agents.spending import Amount, Reservation
from tools.patience import Patience
from tools.redact import Redactor

TRIES = 6
LONELY_TRIES = 20
"""So often a call may be refused by a server that serves others, however long patience lasts."""
WAIT, LONGEST_WAIT, JITTER = 0.5, 30.0, 0.25
"""Seconds before a second try, doubled for each further one, and at most; the share added at
random, so that calls refused together do not come again together."""
LONGEST_BESIDE_OTHERS = 2.0
"""Seconds at most where the server serves other calls: it is the gate that spares it."""


@dataclass
class Sender:
    """Sends calls until they have replies, or another try is worth nothing.

    `counts` is how many were sent, refused, and late; `asleep` how many wait for another try.
    """

    journal: Journal
    gates: Gates
    budget: Budget
    patience: Patience
    redact: Redactor
    counts: Counter[str] = field(default_factory=Counter[str])
    asleep: int = 0

    async def send(self, call: Call) -> AIMessage:
        """Return the reply to a call, as it stands in the journal."""
        began = time.monotonic()
        for tried in itertools.count(1):
            try:
                return await self._attempt(call, again=tried > 1)
            except ModelUnavailableError as fault:
                if not self._is_worth_a_try(call, fault, tried, time.monotonic() - began):
                    raise
                await self._stay_away(call, fault, tried)
        raise AssertionError("unreachable: the loop returns or raises")

    def _is_worth_a_try(
        self, call: Call, fault: ModelUnavailableError, tried: int, took: float
    ) -> bool:
        """Tell a dead server from a busy one.

        One that serves nothing is waited for as long as patience lasts, by all its calls together.
        One that serves others only says "later"; patience is for the call that never has its turn.
        What a server sends in vain is tried a few times.
        """
        if call.model.server.ended():
            return False
        if not isinstance(fault, ModelDownError):
            return tried < TRIES
        patience, gate = self.patience.seconds, self.gates.of(call.model.server.address)
        dark = gate.dark()
        if dark is not None and dark >= patience:
            gate.abandon(fault)
            return False
        return tried < LONELY_TRIES or took < patience

    async def _stay_away(self, call: Call, fault: ModelUnavailableError, tried: int) -> None:
        """Sleep outside the gate as long as the server asked, or longer after each try."""
        server = call.model.server
        asked = fault.after if isinstance(fault, ModelDownError) else 0.0
        is_dark = self.gates.of(server.address).dark() is not None
        longest = LONGEST_WAIT if is_dark else LONGEST_BESIDE_OTHERS
        own = min(longest, WAIT * 2 ** (tried - 1))
        seconds = (min(asked, self.patience.seconds) or own) * random.uniform(1, 1 + JITTER)
        if is_dark:
            self.patience.on_wait(f"the model server at {server.address}", seconds)
        self.asleep += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.asleep -= 1

    async def _attempt(self, call: Call, *, again: bool) -> AIMessage:
        """Send a call once, within the budget; its place is kept until its reply is committed."""
        reservation = await self.budget.reserve(call.model.name, call.most)
        gate = self.gates.of(call.model.server.address)
        tokens = call.most.input_tokens + call.most.output_tokens
        may_have_run = False
        try:
            async with gate.place(tokens, again=again) as place:
                may_have_run = True
                try:
                    reply = await self._invoke(call)
                except CallError as fault:
                    may_have_run = fault.may_have_run
                    self._tell(place, fault)
                    raise
                place.heard(reply.response_metadata.get("headers", {}))
                if spent := used(reply):
                    place.spent(spent.input_tokens + spent.output_tokens)
                return await self._record(call, reply, reservation)
        except BaseException:
            await self.budget.take_back(reservation, may_have_run=may_have_run)
            raise

    async def _invoke(self, call: Call) -> AIMessage:
        model = call.model
        self.counts["sent"] += 1
        try:
            return await model.chat.ainvoke(list(call.messages), config=call.config, **call.options)
        except Exception as error:
            fault = classify(error, model.server)
            if fault is None:
                raise
            if ended := model.server.ended():
                fault = ModelUnavailableError(ended)
            fault.args = (self.redact(str(fault)),)
            raise fault from error

    async def _record(self, call: Call, reply: AIMessage, reservation: Reservation) -> AIMessage:
        free = call.model.server is NO_SERVER
        said = len(str(reply.text).encode(errors="replace"))
        # Where a server does not count, the most that it can be is what is known.
        guessed = Amount(1, call.most.input_tokens, min(said, call.most.output_tokens))
        kept = await self.journal.record_reply(
            call.key,
            call.sent,
            role=call.model.role,
            model=call.model.name,
            reply=cleaned(reply),
            spent=used(reply) or (Amount(1) if free else guessed),
            reservation=reservation,
            redact=self.redact,
        )
        self.budget.settled(reservation)
        return kept

    def _tell(self, place: Place, fault: CallError) -> None:
        """Tell the gate what it can learn from a fault."""
        place.heard(fault.headers)
        if isinstance(fault, ModelDownError) and not fault.may_have_run:
            self.counts["refused"] += 1
            place.busy(fault.after)
        elif isinstance(fault, ModelDownError):
            self.counts["late"] += 1
            place.late()
