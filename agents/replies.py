"""Replies: what a model said, without what it thought aloud, and the value that stands in it.

`agents/sending.py` cleans each reply once, before it is written down, and `agents/calls.py` reads
values from it. A reply may be anything at all: reading takes time in proportion to its length, and
never fails but with a complaint that can be shown to the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, NoReturn, TypeVar, cast

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.messages.ai import UsageMetadata
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

T = TypeVar("T", bound=BaseModel)
MOST_CHARACTERS = 1_000_000
"""Of a reply that is kept: many times what the most tokens come to."""
MOST_TOOL_CALLS = 8
"""Of a reply that are kept: the results of all go back to the model in one prompt."""
MOST_DEPTH = 100
"""Of a tool call's arguments, one in the other: no tool's are as deep as what Python can write."""
_MOST_TOKENS = 2**31 - 1
"""Of a call, as a database holds them."""
_OPENED = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])")
_CLOSED = re.compile(r"</(?:think|thinking|thought|reasoning)>\s*|\[/THINK\]\s*")
_OBJECT = re.compile(r"\s*\{")
_BEGINS = re.compile(r"\{\s*[\"}]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""Control characters and halves of characters, which not every database and file can hold."""
_CUT_OFF = ("length", "content_filter", "endless")
_MOST_TRIES = 1000
"""To read an object: each failure counts the lines up to it, which takes a long text's length."""
_SHOWN_START, _SHOWN_END, _SHOWN_PART = 1500, 500, 100


class BadReplyError(Exception):
    """A reply holds no value; the message tells a reader, or the model itself, why."""


def spoken(text: str) -> str:
    """Return the text without a reasoning model's thoughts before it.

    Some chat templates open the thoughts in the prompt, so that only their end is in the reply;
    thoughts that never end were cut off, and nothing was said.
    """
    start = 0
    for closed in _CLOSED.finditer(text):
        if _OBJECT.match(text, start):
            break
        start = closed.end()
    return "" if _OPENED.match(text, start) else text[start:]


def cleaned(reply: AIMessage) -> AIMessage:
    """Return the reply with only what is kept of it: no thoughts, and why it ended if too early.

    A refusal stands in a field of its own, and is what was said where nothing else was.
    """
    ended = reply.response_metadata.get("finish_reason")
    said = spoken(str(reply.text)) or str(reply.additional_kwargs.get("refusal") or "")
    if len(said) > MOST_CHARACTERS:
        said, ended = said[:MOST_CHARACTERS], "endless"
    return AIMessage(
        said,
        tool_calls=cast("list[ToolCall]", _writable(reply.tool_calls[:MOST_TOOL_CALLS])),
        usage_metadata=reply.usage_metadata,
        response_metadata={"finish_reason": ended} if ended in _CUT_OFF else {},
    )


def _writable(value: object) -> object:
    """Return a value of JSON without what is unwritable: tools repeat what they are asked."""
    match value:
        case str():
            return _UNWRITABLE.sub("", value)
        case list():
            return [_writable(each) for each in cast("list[object]", value)]
        case dict():
            named = cast("dict[object, object]", value).items()
            return {_writable(name): _writable(each) for name, each in named}
        case _:
            return value


def counted(usage: UsageMetadata | None) -> UsageMetadata | None:
    """Return what a server counts; None where it counts nothing, or what cannot be.

    Such servers send zeros, nulls, texts, or less than nothing; no prompt has no tokens.
    """
    if usage is None:
        return None
    read, written = usage["input_tokens"], usage["output_tokens"]
    if not (_is_count(read, least=1) and _is_count(written, least=0)):
        return None
    kept = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    for name in ("input_token_details", "output_token_details"):
        details = cast("dict[str, Any]", usage.get(name) or {})
        if details and all(_is_count(each, least=0) for each in details.values()):
            kept[name] = cast("Any", details)
    return kept


def _is_count(value: object, *, least: int) -> bool:
    return type(value) is int and least <= value <= _MOST_TOKENS


def depth(value: object) -> int:
    """Return how many lists and mappings are one in the other, at most."""
    level, found = [value], 0
    while level := [child for each in level for child in _children(each)]:
        found += 1
    return found


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


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
        case "endless":
            return f"The reply is longer than {MOST_CHARACTERS:,} characters."
        case _:
            return ""


def excerpt(text: str) -> str:
    """Return what of a reply is shown to the model that is to mend it: its start and its end."""
    if len(text) <= _SHOWN_START + _SHOWN_END:
        return text
    return f"{text[:_SHOWN_START]} […] {text[-_SHOWN_END:]}"


def value_in(reply: AIMessage, schema: type[T]) -> T:
    """Return the value in a reply.

    Raises:
        BadReplyError: it was cut off, or nothing in it follows the schema.
    """
    if cut_off := why_cut_off(reply):
        raise BadReplyError(cut_off)
    try:
        return read_value(str(reply.text), schema)
    except ValidationError as error:
        raise BadReplyError(_complaint(error)) from error


def read_value(text: str, schema: type[T]) -> T:
    """Return the value in a text: the whole of it, or the last that fits in a fence or among prose.

    Raises:
        ValidationError: nothing in the text follows the schema.
    """
    try:
        return _validated(_DECODER.decode(text), schema)
    except ValidationError as error:
        failed = error
    except (ValueError, RecursionError) as error:
        failed = _invalid(schema, _no_json(text, error))
    for found in reversed(list(_objects(text))):
        try:
            return _validated(found, schema)
        except ValidationError as error:
            failed = error
    raise failed


def _validated(found: object, schema: type[T]) -> T:
    if not isinstance(found, dict):
        raise _invalid(schema, "It is JSON, but no object.")
    if any(_UNWRITABLE.search(text) for text in _texts(cast(object, found))):
        raise _invalid(schema, "It holds control characters or halves of characters.")
    try:
        return schema.model_validate(found, strict=False)
    except RecursionError:
        raise _invalid(schema, "It is nested too deeply.") from None


def _texts(found: object) -> Iterator[str]:
    """Yield the texts in a value of JSON."""
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            waiting += cast("list[object]", part)
        elif isinstance(part, dict):
            for name, value in cast("dict[str, object]", part).items():
                waiting += (name, value)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects of a text, as long as looking for them stays cheap."""
    at, left, tries = 0, 4 * len(text), _MOST_TRIES
    while left >= 0 and tries and (begins := _BEGINS.search(text, at)):
        try:
            found, at = _DECODER.raw_decode(text, begins.start())
            yield found
        except json.JSONDecodeError as error:
            at, tries = begins.start() + 1, tries - 1
            # The place it gives for a text without an end is the text's start.
            read = len(text) if error.msg.startswith("Unterminated") else error.pos
            left -= read - at
        except (ValueError, RecursionError):
            return


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names each stand once: of two values neither is the right one."""
    parts = dict(pairs)
    if len(parts) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return parts


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:_SHOWN_PART]} is no number")


# Not strict: models write line ends into texts as they are.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_finite, parse_constant=_no_number, strict=False
)


def _no_json(text: str, error: Exception) -> str:
    begins = " ".join(text[: 2 * _SHOWN_PART].split())[:_SHOWN_PART]
    if not begins:
        return "It is empty."
    why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return f"It is no JSON object ({why}). It begins: {begins}"


def _invalid(schema: type[BaseModel], sentence: str) -> ValidationError:
    # As a value, since braces in a template would be places for one; pydantic takes no half of a
    # character.
    whole = {"sentence": sentence.encode(errors="replace").decode()}
    kind = PydanticCustomError("unreadable", "{sentence}", whole)
    return ValidationError.from_exception_data(
        schema.__name__, [InitErrorDetails(type=kind, input="")]
    )


def _complaint(error: ValidationError) -> str:
    return "; ".join(
        f"{_place(each['loc'])}: {each['msg'][: 3 * _SHOWN_PART]}"
        for each in error.errors(include_url=False, include_input=False)[:5]
    )


def _place(parts: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in parts)[:_SHOWN_PART] or "the reply"
