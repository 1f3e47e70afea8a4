"""Chat models: ChatOpenAI and AzureChatOpenAI, with our transport beneath or the SDK's.

`agents/servers.py` opens them. What they send and how they read a reply is LangChain's own code.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManager, AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import BaseModel, PrivateAttr

from agents.faults import MeaninglessReplyError, StatusError
from agents.replies import MOST_DEPTH, counted, depth
from agents.specs import Connecting
from agents.transport import Transport

_LIMIT = re.compile("(x-)?ratelimit-", re.IGNORECASE)
"""Headers that say how much a server still takes; others, such as cookies, are not kept."""

Close = Callable[[], Awaitable[None]]


class _Served:
    """What both kinds of model do in our way; each is one of LangChain's models besides."""

    _seconds: float
    _transport: Transport | None

    def carried(self, connecting: Connecting) -> Close:
        """Let calls go the way that is set; return what closes the connections."""
        own: Any = self
        self._seconds = connecting.timeout
        if connecting.transport == "openai":
            return own.http_async_client.aclose
        token = getattr(self, "azure_ad_async_token_provider", None)
        transport = Transport(own.root_async_client, own.model_name, connecting.timeout, token)
        self._transport = transport

        async def close() -> None:
            await transport.close()
            await own.http_async_client.aclose()

        return close

    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Ask by LangChain's way where a callback listens; straight where none does.

        What LangChain does for callbacks costs as much as sending the call.
        """
        inherited: Any = super()
        if not self._transport or _is_heard(config):
            return await inherited.ainvoke(input, config, stop=stop, **kwargs)
        result = await self._agenerate(
            inherited._convert_input(input).to_messages(), stop, **kwargs
        )
        generation = result.generations[0]
        message = cast(AIMessage, generation.message)
        message.response_metadata = {
            **(result.llm_output or {}),
            **(generation.generation_info or {}),
        }
        return message

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        inherited: Any = super()
        if not self._transport:
            # The client's own timeout begins again with every byte.
            async with asyncio.timeout(self._seconds):
                return await inherited._agenerate(messages, stop, run_manager, **kwargs)
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        completion, headers = await self._transport.post(payload)
        return self._create_chat_result(completion, {"headers": headers})

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Send the response format as it is, so that the reply comes as it is.

        The client would parse it itself, and lose it with its tokens where it was cut off.
        """
        wanted = kwargs.pop("response_format", None)
        inherited: Any = super()
        payload: dict[str, Any] = inherited._get_request_payload(input_, stop=stop, **kwargs)
        return payload | ({"extra_body": {"response_format": wanted}} if wanted else {})

    def _create_chat_result(
        self, response: object, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        """Read a completion; an error that came as a success is none."""
        if isinstance(response, BaseModel):
            response = response.model_dump(warnings=False)
        sent = cast("dict[str, Any]", response) if isinstance(response, dict) else {}
        if error := sent.get("error"):
            raise StatusError(_status_meant(error), error, is_late=True)
        _mend(sent)
        info = generation_info or {}
        inherited: Any = super()
        result: ChatResult = inherited._create_chat_result(
            response, {**info, "headers": _limits(info.get("headers", {}))}
        )
        if not result.generations:
            raise MeaninglessReplyError
        message = result.generations[0].message
        if not isinstance(message, AIMessage) or depth(message.tool_calls) > MOST_DEPTH:
            raise MeaninglessReplyError
        message.usage_metadata = counted(message.usage_metadata)
        message.additional_kwargs["refusal"] = sent["choices"][0]["message"].get("refusal")
        return result


class OpenAIModel(_Served, ChatOpenAI):
    """A model behind any server that speaks OpenAI's chat completions."""

    _seconds: float = PrivateAttr(default=0.0)
    _transport: Transport | None = PrivateAttr(default=None)


class AzureModel(_Served, AzureChatOpenAI):
    """A deployment on Azure."""

    _seconds: float = PrivateAttr(default=0.0)
    _transport: Transport | None = PrivateAttr(default=None)


def _is_heard(config: RunnableConfig | None) -> bool:
    """Return whether a tracer or another callback follows what is invoked here."""
    callbacks = ensure_config(config).get("callbacks")
    return bool(AsyncCallbackManager.configure(callbacks).handlers)


def _mend(sent: dict[str, Any]) -> None:
    """Take out of a completion what LangChain stumbles over, where the reply itself is good."""
    sent["usage"] = _countable(sent.get("usage"))
    choices = sent.get("choices")
    for choice in cast("list[Any]", choices) if isinstance(choices, list) else []:
        message: Any = choice.get("message") if hasattr(choice, "get") else None
        if hasattr(message, "get") and not message.get("role"):
            message["role"] = "assistant"


def _countable(usage: object) -> dict[str, Any] | None:
    """Return a usage as far as it is whole numbers; None where it does not say both tokens."""
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, Any]", usage)
    if not all(type(counts.get(name)) is int for name in ("prompt_tokens", "completion_tokens")):
        return None
    details = {n: _whole(cast(Any, each)) for n, each in counts.items() if isinstance(each, dict)}
    return _whole(counts) | details


def _whole(counts: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if type(value) is int}


def _limits(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if _LIMIT.match(name)}


def _status_meant(error: object) -> int:
    code = cast("dict[str, Any]", error).get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
