"""Calls: the one way to ask a model. Journal first, then budget, gate, client, journal.

ask(model, messages, schema, key) → a validated value, repaired once if it cannot be read
say(model, messages, key, tools)  → a message, for the turns of a tool loop
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from agents.budget import Budget
from agents.call import Call, RoleModel, json_schema
from agents.faults import PromptTooLongError, UnreadableReplyError
from agents.gates import Gates
from agents.journal import CallKey, Journal
from agents.replies import BadReplyError, excerpt, value_in
from agents.sending import Sender
from prompts.templates import Prompts, extended
from tools.patience import Patience
from tools.redact import Redactor

T = TypeVar("T", bound=BaseModel)
FINISH_TICK = 0.02
_ENDINGS = {kind.__name__: kind for kind in (UnreadableReplyError, PromptTooLongError)}


@dataclass(frozen=True, slots=True)
class CallsState:
    """What goes on between a run and its model servers, in all its processes together."""

    in_flight: int = 0
    waiting: int = 0
    width: int = 0
    sent: int = 0
    replayed: int = 0
    repaired: int = 0
    unreadable: int = 0
    refused: int = 0
    failed: int = 0
    timed_out: int = 0


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
        self._prompts = prompts
        self._sender = Sender(journal, gates, budget, patience or Patience(0), redact or Redactor())
        self._turns: Counter[tuple[str, str]] = Counter()
        self._session = budget.session
        self._session.say = self._said
        self._counts = self._sender.counts

    @property
    def width(self) -> int:
        """How many calls may be in flight now."""
        return self._gates.width

    @property
    def asleep(self) -> int:
        """How many calls were refused and wait for another try."""
        return self._sender.asleep + self._gates.returning

    @property
    def worked(self) -> float:
        """How long the run was worked on, in seconds, up to now."""
        return self._session.worked

    def wait_for(self, patience: Patience) -> None:
        """Wait for servers with this patience from now on."""
        self._sender.patience = patience

    def state(self) -> CallsState:
        """Return what goes on now, and what went on so far."""
        return CallsState(**(self._session.others() + Counter(self._said())))

    def _said(self) -> dict[str, int]:
        """Return what goes on in this process."""
        gates = self._gates
        return {
            "in_flight": gates.in_flight,
            "waiting": gates.waiting,
            "width": gates.width,
            "replayed": self.replayed,
            **self._counts,
        }

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
            options["response_format"] = json_schema(schema)
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
        tools: Sequence[dict[str, Any]] = (),
        schema: type[BaseModel] | None = None,
    ) -> AIMessage:
        """Return the model's message as it is: with tools it may ask for some of them.

        They are described as OpenAI does.
        """
        options: dict[str, Any] = {}
        if tools:
            options["tools"] = list(tools)
        if schema:
            options["response_format"] = json_schema(schema)
        return await self._send(model, messages, key, **options)

    async def recall(
        self,
        model: RoleModel,
        messages: Sequence[BaseMessage],
        key: CallKey,
        schema: type[BaseModel],
    ) -> None:
        """Take note that the model takes this call, if the journal holds its reply."""
        call = Call(model, messages, key, {"response_format": json_schema(schema)}, 0)
        if await self.journal.reply(key, call.sent):
            self._sender.know(call)

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
        call = Call(model, messages, key, options, turn)
        if reply := await self.journal.reply(key, call.sent):
            self.replayed += 1
            self._sender.know(call)
            return reply
        if ended := await self.journal.tool_result(key, call.sent):
            kind, said = json.loads(ended)
            raise _ENDINGS[kind](said)
        try:
            return await self._sender.send(call)
        except (UnreadableReplyError, PromptTooLongError) as fault:
            # What ends a candidate decides how the run goes on, as a reply does.
            ending = json.dumps([type(fault).__name__, str(fault)], ensure_ascii=False)
            await self.journal.record_tool_result(key, call.sent, ending)
            raise
