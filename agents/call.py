"""A call: a model in a role, what it is sent, and the most that this can come to.

`agents/calls.py` makes calls of what is asked, and `agents/sending.py` sends them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from agents.faults import NO_SERVER, Server
from agents.journal import CallKey, canonical
from agents.spending import Amount

PROBED = "run"
"""The candidate that the probe's calls belong to."""
TOKENS_PER_MESSAGE = 16
"""More than a chat template writes around a message."""
TOKENS_OF_TOOLS = 1024
"""More than a chat template says about tools in general."""
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


async def close_nothing() -> None:
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
    close: Callable[[], Awaitable[None]] = close_nothing


@dataclass(frozen=True)
class Call:
    """One call; `turn` is how many its candidate had in this role before."""

    model: RoleModel
    messages: Sequence[BaseMessage]
    key: CallKey
    options: dict[str, Any]
    turn: int

    @cached_property
    def said(self) -> bytes:
        """All that is sent, as canonical JSON."""
        return canonical(self.model.name, [_shown(each) for each in self.messages], self.options)

    @cached_property
    def sent(self) -> str:
        """The hash that the call is recognised by."""
        return hashlib.sha256(self.said).hexdigest()

    @cached_property
    def most(self) -> Amount:
        """The most that it can come to; a token of a prompt has one byte at least."""
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


@cache
def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the response format that asks for a value of the schema."""
    return {
        "type": "json_schema",
        "json_schema": {
            "name": schema.__name__,
            "schema": schema.model_json_schema(),
            "strict": True,
        },
    }


def _title(role: str, key: CallKey) -> str:
    """Return what a trace calls this call: which of which kind it is, counted from one."""
    said, first = _TITLES.get(key.step, (f"{key.step} {{}}", 1))
    title = f"{role} {said.format(key.attempt + first)}"
    if not key.ask:
        return title
    return f"{title}, turn {key.ask + 1}" if key.step == "search" else f"{title}, repaired"


def _shown(message: BaseMessage) -> dict[str, Any]:
    """Return what of a message a server is sent, as far as calls can differ in it."""
    shown: dict[str, Any] = {"type": message.type, "content": message.content}
    if isinstance(message, AIMessage):
        shown["tool_calls"] = message.tool_calls
    elif isinstance(message, ToolMessage):
        shown["tool_call_id"] = message.tool_call_id
    return shown
