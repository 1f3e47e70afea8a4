"""The probe: what a server can do, asked once at the start of a run and written in the journal.

It asks what a run asks: for a question about a window by a JSON schema, and, of the answerer's
model, for a search with a tool. A dead server, a wrong key and a model that is not there show too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.call import PROBED, RoleModel
from agents.calls import Calls
from agents.faults import (
    ModelDownError,
    ModelUnavailableError,
    RefusedError,
    UnreadableReplyError,
)
from agents.generator import Question
from agents.journal import CallKey, digest
from prompts.templates import Part, Prompts, Source

_SOURCE = Source(
    "press.md", "en", None, (Part(1, ("Jaw",), "Tighten the sealing jaw to 24 Nm every week."),)
)
_NOT_TAKEN = (RefusedError, ModelUnavailableError, UnreadableReplyError)
_SEARCH = "To what torque must the sealing jaw be tightened?"


@tool
def search_manuals(query: str) -> str:
    """Search the manuals; returns the best passages with their ids."""
    raise NotImplementedError(query)


class Abilities(BaseModel):
    """What a server was found to do."""

    model_config = ConfigDict(frozen=True)

    keeps_schema: bool
    calls_tools: bool


async def probe(
    model: RoleModel, calls: Calls, prompts: Prompts, *, number: int, with_tools: bool
) -> Abilities:
    """Return what the model's server can do; `number` tells the models of a run apart.

    Raises:
        CallError: the server is down, refuses the key, or does not have the model.
    """
    key = CallKey(PROBED, "probe", number)
    sent = digest("abilities", model.name, with_tools)
    if known := await calls.journal.tool_result(key, sent):
        await calls.recall(model, _draft(prompts), key, Question)
        return Abilities.model_validate_json(known)
    found = Abilities(
        keeps_schema=await _keeps_schema(model, calls, prompts, key),
        calls_tools=not with_tools or await _calls_tools(model, calls, prompts, key),
    )
    await calls.journal.record_tool_result(key, sent, found.model_dump_json())
    return found


def fallbacks(found: Abilities) -> str:
    """Return what is done where the server falls short, in sentences; nothing if it does not."""
    said: Sequence[str] = (
        "" if found.keeps_schema else "Its server keeps to no JSON schema: prompts describe it.",
        "" if found.calls_tools else "It calls no tools: searches are made for it.",
    )
    return " ".join(filter(None, said))


def _draft(prompts: Prompts) -> Sequence[BaseMessage]:
    return prompts.draft_question(_SOURCE, scenario="a plant", topics=(), asked=())


async def _keeps_schema(model: RoleModel, calls: Calls, prompts: Prompts, key: CallKey) -> bool:
    messages = _draft(prompts)
    try:
        reply = await calls.say(model, messages, key, schema=Question)
    except _NOT_TAKEN as error:
        if isinstance(error, ModelDownError):
            raise
        # Whether it is the schema that is refused, or everything.
        await calls.say(model, messages, replace(key, ask=1))
        return False
    return _follows(reply)


def _follows(reply: AIMessage) -> bool:
    if reply.response_metadata.get("finish_reason") == "length":
        return str(reply.text).lstrip().startswith("{")
    try:
        Question.model_validate_json(str(reply.text))
    except ValidationError:
        return False
    return True


async def _calls_tools(model: RoleModel, calls: Calls, prompts: Prompts, key: CallKey) -> bool:
    messages = prompts.answer(_SEARCH, language="en", machine=None, objections=())
    tools = [convert_to_openai_tool(search_manuals)]
    try:
        reply = await calls.say(model, messages, replace(key, ask=2), tools)
    except _NOT_TAKEN as error:
        if isinstance(error, ModelDownError) or model.server.ended():
            raise
        return False
    return bool(reply.tool_calls)
