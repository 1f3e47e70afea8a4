"""Sending: a call through budget and gate to its server and into the journal, tried again or not.

Retries of a fault live here and nowhere else; `agents/served.py` says whose fault it is.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage

from agents.budget import Budget
from agents.call import PROBED, Call
from agents.faults import (
    NO_SERVER,
    BudgetExhaustedError,
    CallError,
    ModelDownError,
    ModelFailingError,
    ModelUnavailableError,
    NoAccessError,
    RefusedError,
    UnreadableReplyError,
    classify,
)
from agents.gate import Place, jittered
from agents.gates import Gates
from agents.journal import Journal, used
from agents.replies import cleaned
from agents.served import Served
from agents.spending import Amount, Reservation
from tools.patience import Patience
from tools.redact import Redactor

TRIES = 6
LONELY_TRIES = 20
"""So often a call may be refused by a server that serves others, however long patience lasts."""
BESIDE = 3
"""So often a call that was given up must fail again after its model was seen to serve others."""
STOPS = 3
"""So often everything that was sent must fail before it may be the calls' own fault."""
MOST_ASIDE, TICK = 16, 0.05
"""So many calls of a model wait to see it serve another before it is asked to; and how often they
look, in seconds."""
WAIT, LONGEST_WAIT = 0.5, 1.0
"""Seconds before a second try, doubled for each further one, and at most: it is the gate that
spares a server."""
LONGEST_BESIDE_OTHERS = 60.0
"""Seconds at most that a server which serves other calls may ask one to stay away."""
SHORT_HOLD = 5.0
"""Seconds that a rate limit may hold a call back without a word about it."""

_NOT_TAKEN = (RefusedError, ModelUnavailableError)


def _is_later(fault: CallError) -> bool:
    """Whether a server only asks to come later, or cannot be reached."""
    return isinstance(fault, ModelDownError) and not fault.may_have_run


@dataclass
class Sender:
    """Sends calls until they have replies, or another try is worth nothing.

    `counts` is how many were sent, refused, failed and timed out; `asleep` how many wait for
    another try.
    """

    journal: Journal
    gates: Gates
    budget: Budget
    patience: Patience
    redact: Redactor
    counts: Counter[str] = field(default_factory=Counter[str])
    asleep: int = 0
    _under_way: int = 0
    _served: defaultdict[str, Served] = field(default_factory=lambda: defaultdict(Served))
    """By model."""

    async def send(self, call: Call) -> AIMessage:
        """Return the reply to a call, as it stands in the journal.

        Raises:
            UnreadableReplyError: the model serves others, but never this call.
            CallError: the run cannot go on.
        """
        self._under_way += 1
        try:
            return await self._until_told(call, time.monotonic())
        except ModelUnavailableError as fault:
            # Known later than what its end did to the calls.
            if ended := call.model.server.ended():
                gone = ModelUnavailableError(ended)
                self.gates.of(call.model.server.address).abandon(gone)
                raise gone from fault
            raise
        finally:
            self._under_way -= 1

    async def _until_told(self, call: Call, began: float) -> AIMessage:
        """Send a call until it is served, or was refused beside others often enough to tell."""
        for beside in itertools.count():
            try:
                if beside:
                    return await self._attempt(call, again=True)
                return await self._tried(call, began)
            except _NOT_TAKEN as fault:
                # What a probe is refused is what it asks for.
                if call.model.server.ended() or call.key.candidate == PROBED:
                    raise
                if beside >= (1 if isinstance(fault, RefusedError) else BESIDE):
                    said = f"Others were served, but not this call: {fault}"
                    raise UnreadableReplyError(said) from fault
                if not await self._serves_others(call):
                    raise
        raise AssertionError("unreachable: the loop returns or raises")

    def know(self, call: Call) -> None:
        """Take note of a call that its model served another process."""
        self._served[call.model.name].know(call)

    async def _tried(self, call: Call, began: float) -> AIMessage:
        """Send a call until it is served or worth no further try."""
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
        What a server does in vain, and charges, is tried a few times beside others.
        """
        if call.model.server.ended():
            return False
        patience, gate = self.patience.seconds, self.gates.of(call.model.server.address)
        dark, few_tries = gate.dark(), tried < TRIES
        is_later = _is_later(fault)
        known = self._served[call.model.name].call
        if not is_later and gate.stops >= STOPS and known and known is not call:
            return False
        is_failing = isinstance(fault, ModelFailingError) and dark is not None
        if not isinstance(fault, ModelDownError) and not is_failing:
            return few_tries
        if dark is not None and dark >= patience:
            gate.abandon(fault)
            return False
        many_tries, is_patient = tried < LONELY_TRIES, took < patience
        if dark is None and not is_later:
            return few_tries or (many_tries and is_patient)
        return many_tries or is_patient

    async def _serves_others(self, call: Call) -> bool:
        """Return whether the call's model serves one that is sent from now on.

        Those that others send tell it for nothing. Where none is under way, or all that wait were
        refused before, or many wait to know, the newest that was served is sent once more.
        """
        served, now = self._served[call.model.name], self.counts["sent"]
        served.aside += 1
        self.asleep += 1
        try:
            while served.number <= now and not served.is_in_vain:
                if not served.is_asked and self._must_ask(call, served):
                    await self._ask(served)
                else:
                    async with self.budget.in_time():
                        await asyncio.sleep(TICK)
            return served.number > now
        finally:
            served.aside -= 1
            self.asleep -= 1

    def _must_ask(self, call: Call, served: Served) -> bool:
        gate = self.gates.of(call.model.server.address)
        none_is_new = gate.dark() is not None and gate.waiting == gate.returning
        if served.call and (none_is_new or served.aside >= MOST_ASIDE):
            return True
        return sum(each.aside for each in self._served.values()) >= self._under_way

    async def _ask(self, served: Served) -> None:
        """Send the call that was served once more; the journal keeps the reply that it has."""
        if served.call is None:
            served.is_in_vain = True
            return
        served.is_asked = True
        try:
            await self._tried(served.call, time.monotonic())
        except BudgetExhaustedError:
            raise
        except UnreadableReplyError:
            served.note(served.call, self.counts["sent"])
        except CallError:
            served.is_in_vain = True
        finally:
            served.is_asked = False

    async def _stay_away(self, call: Call, fault: ModelUnavailableError, tried: int) -> None:
        """Sleep outside the gate as long as the server asked, or longer after each try."""
        server = call.model.server
        asked = fault.after if isinstance(fault, ModelDownError) else 0.0
        gate = self.gates.of(server.address)
        is_dark = gate.dark() is not None
        longest = self.patience.seconds if is_dark else LONGEST_BESIDE_OTHERS
        own = min(LONGEST_WAIT, WAIT * 2 ** min(tried - 1, 16))
        seconds = jittered(min(asked, longest) or own)
        if is_dark:
            again = max(seconds, gate.pause)
            self.patience.on_wait(f"the model server at {server.address}", again)
        self.asleep += 1
        try:
            async with self.budget.in_time():
                await asyncio.sleep(seconds)
        finally:
            self.asleep -= 1

    async def _attempt(self, call: Call, *, again: bool) -> AIMessage:
        """Send a call once, within the budget; its place is kept until its reply is committed."""
        if ended := call.model.server.ended():
            raise ModelUnavailableError(ended)
        reservation = await self.budget.reserve(call.model.name, call.most)
        server = call.model.server.address
        gate = self.gates.of(server)
        tokens = call.most.input_tokens + call.most.output_tokens
        may_have_run = False
        try:
            async with AsyncExitStack() as stack:
                place = gate.place(tokens, again=again)
                if (held := gate.held(place)) > SHORT_HOLD:
                    self.patience.on_wait(f"the rate limit of the model server at {server}", held)
                async with self.budget.in_time():
                    await stack.enter_async_context(place)
                may_have_run = True
                self.counts["sent"] += 1
                number = self.counts["sent"]
                try:
                    reply = await self._invoke(call)
                except CallError as fault:
                    may_have_run = fault.may_have_run
                    if not may_have_run:
                        place.spent(0)
                    self._tell(place, fault)
                    raise
                place.heard(reply.response_metadata.get("headers", {}))
                self._served[call.model.name].note(call, number)
                if spent := used(reply):
                    place.spent(min(tokens, spent.input_tokens + spent.output_tokens))
                return await self._record(call, reply, reservation)
        except BaseException:
            await self.budget.take_back(reservation, may_have_run=may_have_run)
            raise

    async def _invoke(self, call: Call) -> AIMessage:
        model = call.model
        try:
            return await model.chat.ainvoke(list(call.messages), config=call.config, **call.options)
        except Exception as error:
            fault = classify(error, model.server)
            if fault is None:
                raise
            if isinstance(fault, NoAccessError) and self._served[model.name].number:
                fault = RefusedError(fault.beside_others)
            fault.show(self.redact)
            raise fault from error

    async def _record(self, call: Call, reply: AIMessage, reservation: Reservation) -> AIMessage:
        # Where a server does not count, the most that it can be is what is known.
        uncounted = Amount(1) if call.model.server is NO_SERVER else call.most
        kept = await self.journal.record_reply(
            call.key,
            call.sent,
            role=call.model.role,
            model=call.model.name,
            reply=cleaned(reply),
            spent=used(reply) or uncounted,
            reservation=reservation,
            redact=self.redact,
        )
        self.budget.settled(reservation)
        return kept

    def _tell(self, place: Place, fault: CallError) -> None:
        """Tell the gate what it can learn from a fault."""
        place.heard(fault.headers)
        if isinstance(fault, ModelDownError) and _is_later(fault):
            self.counts["refused"] += 1
            place.busy(fault.after)
        elif isinstance(fault, ModelDownError | ModelFailingError):
            if isinstance(fault, ModelDownError) and fault.timed_out:
                self.counts["timed_out"] += 1
                place.late()
            else:
                self.counts["failed"] += 1
                place.failed()
