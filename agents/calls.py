"""Calls: the one way to ask a model. Journal first, then gate, budget, client, journal.

    ask(model, messages, schema, key) → a validated value, repaired once if it cannot be read
    say(model, messages, key, tools)  → a message, for the turns of a tool loop

Retries of a fault live here and nowhere else.
"""

from __future__ import annotations

import json
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
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential_jitter

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
WAIT: wait_base = wait_exponential_jitter(multiplier=0.5, max=30)
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
        wait: wait_base | None = None,
    ) -> None:
        self.journal = journal
        self.replayed = 0
        self._gate = gate
        self._budget = budget
        self._prompts = prompts
        self._patience = patience or Patience(0)
        self._redact = redact or Redactor()
        self._wait = wait or WAIT
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
        async with self._gate:
            reply = cleaned(await self._wait_for(model, list(messages), config, options))
            return self.journal.record_reply(
                key,
                sent,
                role=model.role,
                model=model.name,
                reply=reply,
                redact=self._redact,
            )

    async def _wait_for(
        self,
        model: RoleModel,
        messages: list[BaseMessage],
        config: RunnableConfig,
        options: dict[str, Any],
    ) -> AIMessage:
        """Wait for a server that is down; what it sends is tried a few times only."""

        def is_worth_a_try(error: BaseException) -> bool:
            is_bad = isinstance(error, ModelUnavailableError)
            return is_bad and not isinstance(error, ModelDownError) and not model.server.ended()

        async def call() -> AIMessage:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(is_worth_a_try),
                stop=stop_after_attempt(TRIES),
                wait=self._wait,
                reraise=True,
            ):
                with attempt:
                    return await self._try(model, messages, config, options)
            raise AssertionError("unreachable: tenacity returns or raises")

        return await self._patience(f"the model server at {model.server.address}", call)

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
