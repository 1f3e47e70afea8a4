"""Calls: the one way to ask a model. Journal first, then gate, budget, client, journal.

    ask(model, messages, schema, key) → a validated value, repaired once if it cannot be read
    say(model, messages, key, tools)  → a message, for the turns of a tool loop

Retries of a fault live here and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from agents.budget import Budget
from agents.faults import (
    NO_SERVER,
    CallError,
    ModelDownError,
    ModelUnavailableError,
    Server,
    UnreadableReplyError,
    classify,
)
from agents.gate import Place
from agents.gates import Gates
from agents.journal import CallKey, Journal, canonical, used
from agents.replies import BadReplyError, cleaned, excerpt, value_in
from agents.spending import Amount, Reservation
from prompts.templates import Prompts, extended
from tools.patience import Patience
from tools.redact import Redactor

T = TypeVar("T", bound=BaseModel)
TRIES = 6
TOKENS_PER_MESSAGE = 16
"""More than a chat template writes around a message."""
TOKENS_OF_TOOLS = 1024
"""More than a chat template says about tools in general."""
FINISH_TICK = 0.02
LONELY_TRIES = 20
"""So often a call may be refused by a server that serves others, however long patience lasts."""
WAIT, LONGEST_WAIT, JITTER = 0.5, 30.0, 0.25
"""Seconds before a second try, doubled for each further one, and at most; the share added at
random, so that calls refused together do not come again together."""
# By step: its words in a trace, and what the first attempt's number lacks to one.
_TITLES = {
    "draft": ("draft {}", 1),
    "mislead": ("draft {} with a false premise", 1),
    "analyse": ("analyses question {}", 0),
    "critique": ("judges question {}", 0),
    "search": ("searches for answer {}", 1),
    "answer": ("writes answer {}", 1),
    "judge": ("judges answer {}", 0),
}


async def _close_nothing() -> None:
    """Close nothing: there is no connection."""


@dataclass(frozen=True, slots=True)
class RoleModel:
    """A chat model in one of the three roles; `name` is its spec without the URL.

    `output_tokens` is the most it may write in a reply. What it can do is found out by
    `agents/probe.py`; `close` ends its connections.
    """

    role: str
    name: str
    chat: BaseChatModel
    server: Server = NO_SERVER
    output_tokens: int = 0
    keeps_schema: bool = True
    calls_tools: bool = True
    close: Callable[[], Awaitable[None]] = _close_nothing


@dataclass(frozen=True, slots=True)
class CallsState:
    """What goes on between a run and its model servers, for whoever shows it."""

    in_flight: int = 0
    waiting: int = 0
    width: int = 0
    sent: int = 0
    replayed: int = 0
    repaired: int = 0
    unreadable: int = 0
    refused: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, as it is sent and written down."""

    model: RoleModel
    messages: Sequence[BaseMessage]
    key: CallKey
    options: dict[str, Any]
    turn: int
    said: bytes
    """All that is sent, as canonical JSON."""

    @property
    def sent(self) -> str:
        """The hash that the call is recognised by."""
        return hashlib.sha256(self.said).hexdigest()

    @property
    def most(self) -> Amount:
        """The most that it can come to; a token of a prompt has one byte at least."""
        if self.model.server is NO_SERVER:
            return Amount(1)
        overhead = TOKENS_PER_MESSAGE * len(self.messages)
        overhead += TOKENS_OF_TOOLS if "tools" in self.options else 0
        return Amount(1, len(self.said) + overhead, self.model.output_tokens)

    @property
    def config(self) -> RunnableConfig:
        """What a trace and a scripted model know it by."""
        candidate, role = self.key.candidate, self.model.role
        return RunnableConfig(
            run_name=_title(role, self.key),
            metadata={"candidate": candidate, "role": role, "turn": self.turn},
        )


class Calls:
    """Asks models on behalf of candidates; counts what was paid and what was replayed."""

    def __init__(
        self,
        journal: Journal,
        gates: Gates,
        budget: Budget,
        prompts: Prompts,
        *,
        patience: Patience | None = None,
        redact: Redactor | None = None,
    ) -> None:
        self.journal = journal
        self.replayed = 0
        self._gates = gates
        self._budget = budget
        self._prompts = prompts
        self._patience = patience or Patience(0)
        self._redact = redact or Redactor()
        self._turns: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[str] = Counter()

    @property
    def width(self) -> int:
        """How many calls may be in flight now."""
        return self._gates.width

    def state(self) -> CallsState:
        """Return what goes on now, and what went on so far."""
        gates = self._gates
        return CallsState(
            in_flight=gates.in_flight,
            waiting=gates.waiting,
            width=gates.width,
            replayed=self.replayed,
            **self._counts,
        )

    async def ask(
        self, model: RoleModel, messages: Sequence[BaseMessage], schema: type[T], key: CallKey
    ) -> T:
        """Return the model's reply as a value of the schema.

        Raises:
            UnreadableReplyError: neither the reply nor its repair follows the schema.
            CallError: the call failed, was too long, or was beyond the budget.
        """
        options: dict[str, Any] = {}
        if model.keeps_schema:
            options["response_format"] = _json_schema(schema)
        else:
            described = json.dumps(schema.model_json_schema(), ensure_ascii=False)
            messages = extended(messages, self._prompts.follow_schema(described))
        reply = await self._send(model, messages, key, **options)
        try:
            return value_in(reply, schema)
        except BadReplyError as error:
            complaint = str(error)
        self._counts["repaired"] += 1
        # Without its tool calls: a server takes none that was not answered.
        shown = [*messages, AIMessage(excerpt(str(reply.text))), *self._prompts.repair(complaint)]
        again = await self._send(model, shown, replace(key, ask=key.ask + 1), **options)
        try:
            return value_in(again, schema)
        except BadReplyError as error:
            self._counts["unreadable"] += 1
            raise UnreadableReplyError(
                f"The {model.role}'s reply cannot be read: {error}"
            ) from error

    async def say(
        self,
        model: RoleModel,
        messages: Sequence[BaseMessage],
        key: CallKey,
        tools: Sequence[BaseTool] = (),
        schema: type[BaseModel] | None = None,
    ) -> AIMessage:
        """Return the model's message as it is: with tools, it may ask for some of them."""
        options: dict[str, Any] = {}
        if tools:
            options["tools"] = [convert_to_openai_tool(tool) for tool in tools]
        if schema:
            options["response_format"] = _json_schema(schema)
        return await self._send(model, messages, key, **options)

    async def finish(self) -> None:
        """Send no more calls, and return when those in flight are written down."""
        self._gates.close()
        while self._gates.in_flight:
            await asyncio.sleep(FINISH_TICK)

    def forget(self, candidate: str) -> None:
        """Drop what is kept in memory about a candidate whose life is over."""
        self.journal.forget(candidate)
        for role in ("generator", "critic", "answerer"):
            self._turns.pop((candidate, role), None)

    async def _send(
        self, model: RoleModel, messages: Sequence[BaseMessage], key: CallKey, **options: Any
    ) -> AIMessage:
        turn = self._turns[key.candidate, model.role]
        self._turns[key.candidate, model.role] += 1
        said = canonical(model.name, [_shown(message) for message in messages], options)
        call = _Call(model, messages, key, options, turn, said)
        if reply := await self.journal.reply(key, call.sent):
            self.replayed += 1
            return reply
        return await self._insist(call)

    async def _insist(self, call: _Call) -> AIMessage:
        """Send a call until a reply comes, or another try is worth nothing."""
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
        self, call: _Call, fault: ModelUnavailableError, tried: int, took: float
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
        patience, gate = self._patience.seconds, self._gates.of(call.model.server.address)
        dark = gate.dark()
        if dark is not None and dark >= patience:
            gate.abandon(fault)
            return False
        return tried < LONELY_TRIES or took < patience

    async def _stay_away(self, call: _Call, fault: ModelUnavailableError, tried: int) -> None:
        """Sleep outside the gate as long as the server asked, or longer after each try."""
        server = call.model.server
        asked = fault.after if isinstance(fault, ModelDownError) else 0.0
        own = min(LONGEST_WAIT, WAIT * 2 ** (tried - 1))
        seconds = (min(asked, self._patience.seconds) or own) * random.uniform(1, 1 + JITTER)
        if self._gates.of(server.address).dark() is not None:
            self._patience.on_wait(f"the model server at {server.address}", seconds)
        await asyncio.sleep(seconds)

    async def _attempt(self, call: _Call, *, again: bool) -> AIMessage:
        """Send a call once, within the budget; its place is kept until its reply is committed."""
        reservation = await self._budget.reserve(call.model.name, call.most)
        gate = self._gates.of(call.model.server.address)
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
            await self._budget.take_back(reservation, may_have_run=may_have_run)
            raise

    async def _invoke(self, call: _Call) -> AIMessage:
        model = call.model
        self._counts["sent"] += 1
        try:
            return await model.chat.ainvoke(list(call.messages), config=call.config, **call.options)
        except Exception as error:
            fault = classify(error, model.server)
            if fault is None:
                raise
            if ended := model.server.ended():
                fault = ModelUnavailableError(ended)
            fault.args = (self._redact(str(fault)),)
            raise fault from error

    async def _record(self, call: _Call, reply: AIMessage, reservation: Reservation) -> AIMessage:
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
            redact=self._redact,
        )
        self._budget.settled(reservation)
        return kept

    def _tell(self, place: Place, fault: CallError) -> None:
        """Tell the gate what it can learn from a fault."""
        place.heard(fault.headers)
        if isinstance(fault, ModelDownError) and not fault.may_have_run:
            self._counts["refused"] += 1
            place.busy(fault.after)
        elif isinstance(fault, ModelDownError):
            self._counts["late"] += 1
            place.late()


def _title(role: str, key: CallKey) -> str:
    """Return what a trace calls this call: which of which kind it is, counted from one."""
    said, first = _TITLES.get(key.step, (f"{key.step} {{}}", 1))
    title = f"{role} {said.format(key.attempt + first)}"
    if not key.ask:
        return title
    return f"{title}, turn {key.ask + 1}" if key.step == "search" else f"{title}, repaired"


@cache
def _json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {
            "name": schema.__name__,
            "schema": schema.model_json_schema(),
            "strict": True,
        },
    }


def _shown(message: BaseMessage) -> dict[str, Any]:
    """Return what of a message a server is sent, as far as calls can differ in it."""
    shown: dict[str, Any] = {"type": message.type, "content": message.content}
    if isinstance(message, AIMessage):
        shown["tool_calls"] = message.tool_calls
    elif isinstance(message, ToolMessage):
        shown["tool_call_id"] = message.tool_call_id
    return shown
