"""Replies: what a model said, without what it thought aloud, and the value that stands in it.

`agents/calls.py` cleans each reply once, before it is written down, and reads values from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from agents.faults import UnreadableReplyError

T = TypeVar("T", bound=BaseModel)
MOST_SHOWN = 4000
"""Characters of a reply that its repair shows."""
_OPENED = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])")
_CLOSED = re.compile(r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]")
_CUT_OFF = ("length", "content_filter")


def spoken(text: str) -> str:
    """Return the text without a reasoning model's thoughts before it.

    Some chat templates open the thoughts in the prompt, so that only their end is in the reply;
    thoughts that never end were cut off, and nothing was said.
    """
    while not text.lstrip().startswith("{") and (closed := _CLOSED.search(text)):
        text = text[closed.end() :].lstrip()
    return "" if _OPENED.match(text) else text


def cleaned(reply: AIMessage) -> AIMessage:
    """Return the reply with only what is kept of it: no thoughts, and why it ended if too early."""
    ended = reply.response_metadata.get("finish_reason")
    return AIMessage(
        spoken(str(reply.text)),
        tool_calls=reply.tool_calls,
        usage_metadata=reply.usage_metadata,
        response_metadata={"finish_reason": ended} if ended in _CUT_OFF else {},
    )


def why_cut_off(reply: AIMessage) -> str:
    """Return why the reply ended before its end, as a sentence; nothing if it did not."""
    match reply.response_metadata.get("finish_reason"):
        case "length":
            return (
                "The reply was cut off: it is longer than the model may write. Raise "
                "`output_tokens` in officina.yaml; a model's thoughts count too."
            )
        case "content_filter":
            return "The model server's content filter withheld the reply."
        case _:
            return ""


def read_reply(reply: AIMessage, schema: type[T]) -> T:
    """Return the value in a reply.

    Raises:
        UnreadableReplyError: it was cut off, or nothing in it follows the schema.
    """
    if cut_off := why_cut_off(reply):
        raise UnreadableReplyError(cut_off)
    try:
        return read_value(str(reply.text), schema)
    except ValidationError as error:
        raise UnreadableReplyError(_complaint(error)) from error


def excerpt(reply: AIMessage) -> str:
    """Return a reply as a repair shows it: a long one without its middle."""
    text = str(reply.text)
    if len(text) <= MOST_SHOWN:
        return text
    return f"{text[: MOST_SHOWN // 2]}\n[…]\n{text[-MOST_SHOWN // 2 :]}"


def _complaint(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(place) for place in each['loc']) or 'the reply'}: {each['msg']}"
        for each in error.errors()[:5]
    )


def read_value(text: str, schema: type[T]) -> T:
    """Return the value in a reply: the whole of it, or an object in a fence or among prose.

    Raises:
        ValidationError: nothing in the reply follows the schema.
    """
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        failed = error
    for found in reversed(list(_objects(text))):
        try:
            return schema.model_validate(found, strict=False)
        except ValidationError as error:
            failed = error
    raise failed


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects of a text."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
            yield found
        except json.JSONDecodeError:
            end = at + 1
        at = text.find("{", end)
