"""The offline model: a LangChain chat model that needs no key, no server and no weights.

It reads the very prompts that the other models get and answers by rules, in the language of the
document: drafts in `offline_drafting`, scores in `offline_judging`, answers in
`offline_answering`. What is asked of it shows in the response format and the tools of a call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from agents import offline_answering, offline_drafting, offline_judging, offline_misleading
from agents.offline_reading import Prompt, read

_SEARCH = "search_manuals"
LONGEST = 4096
"""Tokens: more than any of its replies has."""
_LETTERS_PER_TOKEN = 4

_REPLIES: dict[str, Callable[[Prompt], BaseModel]] = {
    "Question": offline_drafting.draft,
    "Misleading": offline_misleading.mislead,
    "Critique": offline_judging.judge_question,
    "RowJudgement": offline_judging.judge_row,
    "Answer": offline_answering.answer,
}


class OfflineModel(BaseChatModel):
    """A chat model of rules; the same messages always get the same reply."""

    model: str = "offline"

    @property
    def _llm_type(self) -> str:
        return "offline"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model with the tools' schemas at hand."""
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=schemas, tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = _reply(messages, kwargs)
        reply.usage_metadata = _usage(messages, reply)
        reply.response_metadata = {"model_name": self.model, "finish_reason": "stop"}
        return ChatResult(generations=[ChatGeneration(message=reply)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: object = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, **kwargs)


def _reply(messages: Sequence[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
    wanted = kwargs.get("response_format")
    if wanted:
        name = wanted["json_schema"]["name"]
        if name not in _REPLIES:
            raise ValueError(f"The offline model cannot fill the schema {name}: use another model.")
        return AIMessage(_REPLIES[name](read(messages)).model_dump_json())
    if kwargs.get("tools"):
        return _search_or_stop(messages)
    return AIMessage(offline_judging.analyse(read(messages)))


def _search_or_stop(messages: Sequence[BaseMessage]) -> AIMessage:
    """Search with the question's words, once more with its rarest ones, and then stop."""
    searches = sum(isinstance(message, ToolMessage) for message in messages)
    query = offline_answering.next_query(read(messages), searches)
    if not query:
        return AIMessage(offline_answering.CLOSING)
    call = ToolCall(name=_SEARCH, args={"query": query}, id=f"search-{searches + 1}")
    return AIMessage("", tool_calls=[call])


def _usage(messages: Sequence[BaseMessage], reply: AIMessage) -> UsageMetadata:
    """Estimate tokens, so that budgets and reports are walked without a server as well."""
    said = sum(len(str(message.content)) for message in messages) // _LETTERS_PER_TOKEN
    calls = json.dumps([call["args"] for call in reply.tool_calls]) if reply.tool_calls else ""
    answered = max(1, (len(str(reply.content)) + len(calls)) // _LETTERS_PER_TOKEN)
    return UsageMetadata(input_tokens=said, output_tokens=answered, total_tokens=said + answered)
