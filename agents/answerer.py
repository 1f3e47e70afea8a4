"""The answerer: searches the manuals with tools, answers from what it found, and cites it.

The tool loop is LangChain's `create_agent`; a middleware sends each of its model calls through
`Calls` and journals what its tools return. One last call without tools carries the schema.
For a model that calls no tools the search is done here, with the question's own words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import InputAgentState
from langchain.tools.tool_node import ToolCallRequest
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.types import Command
from pydantic import BaseModel, ConfigDict, Field

from agents.call import RoleModel
from agents.calls import Calls
from agents.journal import CallKey, digest
from prompts.templates import Prompts, extended
from tools.machines import Machine
from tools.search import SearchScope

LookUp = Callable[[str, SearchScope], Awaitable[str]]

MOST_TURNS = 6
"""Most model calls of one tool loop."""
HITS = 5
"""How many passages a search shows."""


class Citation(BaseModel):
    """A passage that the answer stands on, and the words of it that say so."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    passage_id: str
    """The id of the passage, as the search showed it."""
    quote: str
    """The words of that passage, copied exactly, that support the answer."""


class Answer(BaseModel):
    """An answer with its citations, or an abstention that names what is missing."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    abstained: bool
    """True when the passages do not hold the answer."""
    text: str
    """The answer in the language of the question; when abstaining, a sentence that says so."""
    citations: list[Citation] = Field(max_length=12)
    """The passages the answer stands on, with verbatim quotes; empty when abstaining."""
    missing: str
    """When abstaining, what the passages do not say; otherwise empty."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What one answer is about: the agent's runtime context."""

    candidate: str
    attempt: int
    scope: SearchScope


class ThroughCalls(AgentMiddleware[AgentState[Any], Errand, Any]):
    """Sends the agent's model calls through `Calls`, and journals its tools' results."""

    def __init__(self, model: RoleModel, calls: Calls, tools: Sequence[BaseTool]) -> None:
        self._model = model
        self._calls = calls
        self._tools = [convert_to_openai_tool(tool) for tool in tools]

    async def awrap_model_call(
        self,
        request: ModelRequest[Errand],
        handler: Callable[[ModelRequest[Errand]], Awaitable[ModelResponse[Any]]],
    ) -> AIMessage:
        """Ask through `Calls`; past the last turn, end the loop."""
        turn = sum(isinstance(message, AIMessage) for message in request.messages)
        if turn >= MOST_TURNS:
            return AIMessage("")
        errand = request.runtime.context
        opening = [request.system_message] if request.system_message else []
        key = CallKey(errand.candidate, "search", errand.attempt, turn)
        return await self._calls.say(self._model, [*opening, *request.messages], key, self._tools)

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Return what the journal holds for this tool call, or run it and write it down."""
        errand = cast("Errand", request.runtime.context)
        call = request.tool_call
        messages: Sequence[BaseMessage] = request.state["messages"]
        key = CallKey(errand.candidate, "search", errand.attempt, _place(messages, call["id"]))
        sent = digest(call["name"], call["args"])
        journal = self._calls.journal
        if (known := await journal.tool_result(key, sent)) is not None:
            return ToolMessage(known, tool_call_id=call["id"] or "", name=call["name"])
        result = await handler(request)
        if isinstance(result, ToolMessage):
            await journal.record_tool_result(key, sent, str(result.text))
        return result


class Answerer:
    """A model in the answerer's role, with the tools of `tools/search.py`."""

    def __init__(
        self,
        model: RoleModel,
        calls: Calls,
        prompts: Prompts,
        tools: Sequence[BaseTool],
        look_up: LookUp,
    ) -> None:
        self.model = model
        self._calls = calls
        self._prompts = prompts
        self._look_up = look_up
        self._agent = create_agent(
            model.chat,
            tools,
            middleware=[ThroughCalls(model, calls, tools)],
            context_schema=Errand,
            name="answerer",
        )

    async def answer(
        self,
        question: str,
        *,
        candidate: str,
        attempt: int,
        language: str,
        machine: Machine | None,
        objections: Sequence[str],
    ) -> Answer:
        """Return an answer with citations, or an abstention.

        Raises:
            CallError: no answer could be had.
        """
        scope = SearchScope(machine=machine.code if machine else None, language=language, k=HITS)
        if self.model.calls_tools:
            opening = self._prompts.answer(
                question, language=language, machine=machine, objections=objections
            )
            shown = await self._converse(opening, Errand(candidate, attempt, scope))
        else:
            found = await self._search(question, Errand(candidate, attempt, scope))
            shown = self._prompts.answer_from(
                question, language=language, machine=machine, found=found, objections=objections
            )
        messages = extended(shown, self._prompts.conclude(language))
        return await self._calls.ask(
            self.model, messages, Answer, CallKey(candidate, "answer", attempt)
        )

    async def _converse(
        self, opening: Sequence[BaseMessage], errand: Errand
    ) -> Sequence[BaseMessage]:
        """Let the model search with its tools; return all that was said."""
        state = await self._agent.ainvoke(
            InputAgentState(messages=[*cast("list[AnyMessage]", opening)]),
            config={"recursion_limit": 4 * MOST_TURNS},
            context=errand,
        )
        return state["messages"]

    async def _search(self, question: str, errand: Errand) -> str:
        """Return what the journal holds of the search for the question, or search."""
        key = CallKey(errand.candidate, "search", errand.attempt)
        sent, journal = digest("search_manuals", {"query": question}), self._calls.journal
        found = await journal.tool_result(key, sent)
        if found is None:
            found = await self._look_up(question, errand.scope)
            await journal.record_tool_result(key, sent, found)
        return found


def _place(messages: Sequence[BaseMessage], call_id: str | None) -> int:
    """Return how many tool calls of the conversation come before this one."""
    calls = [
        call["id"]
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]
    return calls.index(call_id) if call_id in calls else len(calls)
