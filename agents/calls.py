"""Calls: the one way to ask a model. Journal first, then gate, budget, client, journal.

    ask(model, messages, schema, key) → a validated value, repaired once if it cannot be read
    say(model, messages, key, tools)  → a message, for the turns of a tool loop

Retries of a fault live here and nowhere else.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ValidationError

from agents.budget import Budget
from agents.faults import (
    NO_SERVER,
    ModelDownError,
    ModelUnavailableError,
    Server,
    UnreadableReplyError,
    classify,
)
from agents.gate import Gate
from agents.journal import CallKey, Journal, digest
from agents.replies import cleaned, read_value, why_cut_off
from prompts.templates import Prompts, extended
from tools.patience import Patience
from tools.redact import Redactor

T = TypeVar("T", bound=BaseModel)
TRIES = 6
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

    What it can do is found out by `agents/probe.py`; `close` ends its connections.
    """

    role: str
    name: str
    chat: BaseChatModel
    server: Server = NO_SERVER
    keeps_schema: bool = True
    calls_tools: bool = True
    close: Callable[[], Awaitable[None]] = _close_nothing


class Calls:
    """Asks models on behalf of candidates; counts what was paid and what was replayed."""

    def __init__(
        self,
        journal: Journal,
        gate: Gate,
        budget: Budget,
        prompts: Prompts,
        *,
        patience: Patience | None = None,
        redact: Redactor | None = None,
    ) -> None:
        self.journal = journal
        self.replayed = 0
        self._gate = gate
        self._budget = budget
        self._prompts = prompts
        self._patience = patience or Patience(0)
        self._redact = redact or Redactor()
        self._turns: Counter[tuple[str, str]] = Counter()

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
            return _read(model, reply, schema)
        except ValidationError as error:
            # Without its tool calls: a server takes none that was not answered.
            shown = [
                *messages,
                AIMessage(str(reply.text)),
                *self._prompts.repair(_complaint(error)),
            ]
        again = replace(key, ask=key.ask + 1)
        try:
            return _read(model, await self._send(model, shown, again, **options), schema)
        except ValidationError as error:
            raise UnreadableReplyError(
                f"The {model.role}'s reply cannot be read: {_complaint(error)}"
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

    def forget(self, candidate: str) -> None:
        """Drop what is kept in memory about a candidate whose life is over."""
        for role in ("generator", "critic", "answerer"):
            self._turns.pop((candidate, role), None)

    async def _send(
        self, model: RoleModel, messages: Sequence[BaseMessage], key: CallKey, **options: Any
    ) -> AIMessage:
        turn = self._turns[key.candidate, model.role]
        self._turns[key.candidate, model.role] += 1
        sent = digest(model.name, [_shown(message) for message in messages], options)
        if reply := self.journal.reply(key, sent):
            self.replayed += 1
            return reply
        config = RunnableConfig(
            run_name=_title(model.role, key),
            metadata={"candidate": key.candidate, "role": model.role, "turn": turn},
        )
        began = time.monotonic()
        for tried in itertools.count(1):
            async with self._gate.place(again=tried > 1) as place:
                try:
                    reply = cleaned(await self._try(model, list(messages), config, options))
                except ModelUnavailableError as error:
                    fault = error
                    if isinstance(error, ModelDownError):
                        place.busy(error.after)
                else:
                    place.heard(reply.response_metadata.get("headers", {}))
                    return self.journal.record_reply(
                        key,
                        sent,
                        role=model.role,
                        model=model.name,
                        reply=reply,
                        redact=self._redact,
                    )
            self._give_up(model, fault, tried, began)
            await self._sleep(model, fault, tried)
        raise AssertionError("unreachable: the loop returns or raises")

    def _give_up(
        self, model: RoleModel, fault: ModelUnavailableError, tried: int, began: float
    ) -> None:
        """Raise the fault if another try is worth nothing.

        A server that is dark, serving nothing, is waited for as long as patience lasts. A busy
        one serves others, and refusals are only its way to say: later. What a server sends in
        vain is tried a few times.
        """
        if model.server.ended():
            raise fault
        if not isinstance(fault, ModelDownError):
            if tried >= TRIES:
                raise fault
            return
        patience, dark = self._patience.seconds, self._gate.dark()
        if dark is not None and dark >= patience:
            self._gate.abandon(fault)
            raise fault
        if tried >= LONELY_TRIES and time.monotonic() - began >= patience:
            raise fault

    async def _sleep(self, model: RoleModel, fault: ModelUnavailableError, tried: int) -> None:
        """Stay away, outside the gate, as long as the server asked, or longer after each try."""
        asked = fault.after if isinstance(fault, ModelDownError) else 0.0
        own = min(LONGEST_WAIT, WAIT * 2 ** (tried - 1))
        seconds = (min(asked, self._patience.seconds) or own) * random.uniform(1, 1 + JITTER)
        if self._gate.dark() is not None:
            self._patience.on_wait(f"the model server at {model.server.address}", seconds)
        await asyncio.sleep(seconds)

    async def _try(
        self,
        model: RoleModel,
        messages: list[BaseMessage],
        config: RunnableConfig,
        options: dict[str, Any],
    ) -> AIMessage:
        """Send a call once; one that no reply comes of is not counted."""
        self._budget.reserve()
        try:
            return await model.chat.ainvoke(messages, config=config, **options)
        except BaseException as error:
            self._budget.give_back()
            fault = classify(error, model.server) if isinstance(error, Exception) else None
            if fault is None:
                raise
            if ended := model.server.ended():
                fault = ModelUnavailableError(ended)
            fault.args = (self._redact(str(fault)),)
            raise fault from error


def _title(role: str, key: CallKey) -> str:
    """Return what a trace calls this call: which of which kind it is, counted from one."""
    said, first = _TITLES.get(key.step, (f"{key.step} {{}}", 1))
    title = f"{role} {said.format(key.attempt + first)}"
    if not key.ask:
        return title
    return f"{title}, turn {key.ask + 1}" if key.step == "search" else f"{title}, repaired"


def _json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {
            "name": schema.__name__,
            "schema": schema.model_json_schema(),
            "strict": True,
        },
    }


def _read(model: RoleModel, reply: AIMessage, schema: type[T]) -> T:
    if cut_off := why_cut_off(reply):
        raise UnreadableReplyError(f"{cut_off} It was the {model.role}'s.")
    return read_value(str(reply.text), schema)


def _complaint(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(place) for place in each['loc']) or 'the reply'}: {each['msg']}"
        for each in error.errors()[:5]
    )


def _shown(message: BaseMessage) -> dict[str, Any]:
    return message.model_dump(include={"type", "content", "tool_calls", "tool_call_id"})
