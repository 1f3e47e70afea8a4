"""Calls: the one way to ask a model. Journal first, then budget, gate, client, journal.

    ask(model, messages, schema, key) → a validated value, repaired once if it cannot be read
    say(model, messages, key, tools)  → a message, for the turns of a tool loop

Retries of a fault live here and nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential_jitter

from agents.budget import Budget
from agents.faults import ModelUnavailableError, UnreadableReplyError, classify
from agents.gate import Gate
from agents.journal import CallKey, Journal, digest
from prompts.templates import Prompts

T = TypeVar("T", bound=BaseModel)
TRIES = 6
WAIT: wait_base = wait_exponential_jitter(multiplier=0.5, max=30)
# By step: its words in a trace, and what the first attempt's number lacks to one.
_TITLES = {
    "draft": ("draft {}", 1),
    "analyse": ("analyses question {}", 0),
    "critique": ("judges question {}", 0),
    "search": ("searches for answer {}", 1),
    "answer": ("writes answer {}", 1),
    "judge": ("judges answer {}", 0),
}
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?```\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RoleModel:
    """A chat model in one of the three roles; `name` is its spec without the URL."""

    role: str
    name: str
    chat: BaseChatModel


class Calls:
    """Asks models on behalf of candidates; counts what was paid and what was replayed."""

    def __init__(
        self,
        journal: Journal,
        gate: Gate,
        budget: Budget,
        prompts: Prompts,
        *,
        wait: wait_base | None = None,
    ) -> None:
        self.journal = journal
        self.replayed = 0
        self._gate = gate
        self._budget = budget
        self._prompts = prompts
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
        format_ = _json_schema(schema)
        reply = await self._send(model, messages, key, response_format=format_)
        try:
            return _read(reply, schema)
        except ValidationError as error:
            # Without its tool calls: a server takes none that was not answered.
            shown = [
                *messages,
                AIMessage(str(reply.text)),
                *self._prompts.repair(_complaint(error)),
            ]
        again = replace(key, ask=key.ask + 1)
        try:
            return _read(await self._send(model, shown, again, response_format=format_), schema)
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
    ) -> AIMessage:
        """Return the model's message; with tools, it may ask for some of them."""
        described = [convert_to_openai_tool(tool) for tool in tools]
        return await self._send(model, messages, key, **({"tools": described} if tools else {}))

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
            reply = await self._retry(model, list(messages), config, options)
            return self.journal.record_reply(
                key, sent, role=model.role, model=model.name, reply=reply
            )

    async def _retry(
        self,
        model: RoleModel,
        messages: list[BaseMessage],
        config: RunnableConfig,
        options: dict[str, Any],
    ) -> AIMessage:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(ModelUnavailableError),
            stop=stop_after_attempt(TRIES),
            wait=self._wait,
            reraise=True,
        ):
            with attempt:
                self._budget.reserve()
                try:
                    return await model.chat.ainvoke(messages, config=config, **options)
                except Exception as error:
                    if fault := classify(error):
                        raise fault from error
                    raise
        raise AssertionError("unreachable: tenacity returns or raises")


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


def _read(reply: AIMessage, schema: type[T]) -> T:
    text = str(reply.text)
    fenced = _FENCE.match(text)
    return schema.model_validate_json(fenced[1] if fenced else text)


def _complaint(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(place) for place in each['loc']) or 'the reply'}: {each['msg']}"
        for each in error.errors()[:5]
    )


def _shown(message: BaseMessage) -> dict[str, Any]:
    return message.model_dump(include={"type", "content", "tool_calls", "tool_call_id"})
