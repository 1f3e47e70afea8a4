"""A chat model that says what a file says: for tests, examples and exact reproductions.

Each line of the file is one JSON object: `role`, and `reply` (a text, or an object that is sent as
JSON) or `tool_calls` (name and args). A role's lines are said in order to every candidate; lines
with `when` only where the prompt holds that text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.faults import ModelError


class Line(BaseModel):
    """One thing that a role says."""

    model_config = ConfigDict(extra="forbid")

    role: str
    reply: str | dict[str, Any] = ""
    tool_calls: list[dict[str, Any]] = []
    when: str = ""

    def message(self, turn: int) -> AIMessage:
        """Return the line as the message of a model."""
        content = self.reply if isinstance(self.reply, str) else json.dumps(self.reply)
        calls = [
            ToolCall(name=call["name"], args=call.get("args", {}), id=f"call-{turn}-{number}")
            for number, call in enumerate(self.tool_calls)
        ]
        return AIMessage(content, tool_calls=calls)


def read_script(path: Path) -> tuple[Line, ...]:
    """Return the lines of a script.

    Raises:
        ModelError: the file is missing or a line of it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"The script {path} cannot be read: {error.strerror}.") from error
    lines: list[Line] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            lines.append(Line.model_validate_json(line))
        except ValidationError as error:
            raise ModelError(
                f"Line {number} of {path} is not a line of a script: {error}"
            ) from error
    return tuple(lines)


class ScriptedModel(BaseChatModel):
    """Says the lines of a script; the candidate, role and turn come from the call's metadata."""

    lines: tuple[Line, ...]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Accept tools; the script decides whether they are called."""
        del tool_choice
        return self.bind(tools=[tool for tool in tools if isinstance(tool, BaseTool)], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._say(messages, run_manager.metadata if run_manager else {})

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._say(messages, run_manager.metadata if run_manager else {})

    def _say(self, messages: list[BaseMessage], metadata: dict[str, Any]) -> ChatResult:
        role, turn = metadata.get("role", "generator"), int(metadata.get("turn", 0))
        prompt = "\n".join(str(message.text) for message in messages)
        said = [line for line in self.lines if line.role == role and line.when in prompt]
        if turn >= len(said):
            raise ModelError(
                f"The script has {len(said)} lines for the {role} here, and line {turn + 1} was "
                "asked for. Add lines to the script."
            )
        return ChatResult(generations=[ChatGeneration(message=said[turn].message(turn))])
