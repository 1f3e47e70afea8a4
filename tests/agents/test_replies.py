"""What is kept of a reply: never its thoughts, always its value."""

import contextlib
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.replies import (
    MOST_CHARACTERS,
    MOST_TOOL_CALLS,
    BadReplyError,
    cleaned,
    excerpt,
    read_value,
    spoken,
    value_in,
)


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    count: int


WRITABLE = st.characters(exclude_categories=("Cc", "Cs"))
VALUE = '{"text": "24 Nm", "count": 3}'


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<think>Is it 3? {no}</think>\n" + VALUE, VALUE),
        ("Is it 3?\n</think>\n\n" + VALUE, VALUE),
        ("<think>a</think><think>b</think>" + VALUE, VALUE),
        ("[THINK]so[/THINK]" + VALUE, VALUE),
        ("<think>I was cut", ""),
        ('{"text": "</think>", "count": 1}', '{"text": "</think>", "count": 1}'),
        ("Tighten it to 24 Nm.", "Tighten it to 24 Nm."),
    ],
)
def test_thoughts_are_not_kept(said, kept):
    assert spoken(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        VALUE,
        f"```json\n{VALUE}\n```",
        f"Here it is {{as asked}}:\n{VALUE}\nAnything else?",
        f'First I thought {{"text": "", "wrong": 1}}, but it is\n```\n{VALUE}\n```',
        f"```\n{VALUE}",
    ],
)
def test_value_is_found(said):
    assert read_value(said, Note) == Note(text="24 Nm", count=3)


@pytest.mark.parametrize("said", ["", "three", "{", "{}", VALUE[:-1], f"[{VALUE[:-2]}"])
def test_no_value_is_an_error(said):
    with pytest.raises(ValidationError):
        read_value(said, Note)


@given(
    text=st.text(alphabet=WRITABLE),
    before=st.text(alphabet="abc {}\n"),
    after=st.text(alphabet="abc }\n"),
)
def test_value_among_prose_is_read_whole(text, before, after):
    said = f"{before}{json.dumps({'text': text, 'count': 1})}{after}"
    try:
        assert read_value(said, Note).text == text
    except ValidationError:
        assert "{" in before  # A brace in the prose may open an object around the value.


class Scored(BaseModel):
    score: float
    notes: list[str] = []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("I am sorry, I cannot help with that.", "begins: I am sorry"),
        ('{"score": NaN}', "NaN"),
        ('{"score": -Infinity}', "Infinity"),
        ('{"score": 1e999}', "1e999"),
        ('{"score": 1, "score": 2}', "twice"),
        ('{"score": ' + "1" * 5000 + "}", "digits"),
        ('{"score": 1, "notes": ["\\ud83d"]}', "halves of characters"),
        ('{"score": 1, "notes": ["a\\u0000b"]}', "control characters"),
        ('{"score": "high"}', "score: "),
        ('{"score": 1, "notes": ' + "[" * 100_000, "too deeply"),
        ("[1, 2]", "no object"),
        ('{"score": 7, "notes": ["cut', "Unterminated"),
    ],
)
def test_complaint_says_what_is_wrong(said, why):
    with pytest.raises(BadReplyError, match=why) as caught:
        value_in(AIMessage(said), Scored)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "said",
    ['{"score": "7"}', '[{"score": 7}]', '{"score": 7, "notes": []}\n\n', '```\n{"score": 7}'],
)
def test_value_in_another_shape_is_taken(said):
    assert value_in(AIMessage(said), Scored) == Scored(score=7)


def test_line_ends_in_a_text_are_taken():
    said = '{"score": 7, "notes": ["one\ntwo"]}'
    assert value_in(AIMessage(said), Scored).notes == ["one\ntwo"]


def test_complaint_about_a_long_name_is_short():
    with pytest.raises(BadReplyError) as caught:
        value_in(AIMessage(json.dumps({"text": "", "count": 1, "x" * 500_000: 1})), Note)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_cut_off_reply_holds_no_value(reason):
    reply = cleaned(AIMessage(VALUE, response_metadata={"finish_reason": reason}))
    with pytest.raises(BadReplyError, match=r"cut off|withheld"):
        value_in(reply, Note)


def test_reply_without_end_is_kept_in_part():
    reply = cleaned(AIMessage('{"text": "' + "w" * 10_000_000))
    assert len(reply.text) == MOST_CHARACTERS
    with pytest.raises(BadReplyError, match="longer than 1,000,000 characters"):
        value_in(reply, Note)
    assert len(excerpt(str(reply.text))) < 2100


def test_refusal_is_what_was_said():
    refused = AIMessage("", additional_kwargs={"refusal": "I will not."})
    assert cleaned(refused).text == "I will not."
    assert cleaned(AIMessage(VALUE, additional_kwargs={"refusal": None})).text == VALUE


def test_limits_of_the_server_are_not_kept():
    limits = {"x-ratelimit-remaining-requests": "3"}
    reply = AIMessage(VALUE, response_metadata={"headers": limits, "finish_reason": "stop"})
    assert cleaned(reply).response_metadata == {}


SIGNS = [*'{}[]":,1\\', "NaN", "é", "\ud83d", "\n", "</think>", "<think>", "```json\n"]
PIECES = st.sampled_from([*SIGNS, VALUE, '{"text":', '{"a":['])


@given(st.lists(PIECES | st.text(max_size=5), max_size=60).map("".join))
def test_reading_anything_ends_in_a_value_or_a_complaint(said):
    with contextlib.suppress(BadReplyError):
        assert value_in(cleaned(AIMessage(said)), Note).text.encode()


def seconds_to_read(text: str) -> float:
    began = time.process_time()
    with contextlib.suppress(BadReplyError):
        value_in(cleaned(AIMessage(text)), Note)
    return time.process_time() - began


def read_in_linear_time(make: Callable[[int], str], size: int) -> None:
    """A reader that is quadratic takes a hundred times as long for ten times the text."""
    short, long = make(size // 10), make(size)
    # The collector of garbage may take its time in one reading, not in each.
    assert any(seconds_to_read(long) < 40 * max(seconds_to_read(short), 0.02) for _ in range(3))


@settings(max_examples=40)
@given(st.lists(PIECES, min_size=1, max_size=8).map("".join))
def test_long_replies_are_read_in_linear_time(piece):
    read_in_linear_time(lambda size: piece * (size // len(piece)), 200_000)


@pytest.mark.parametrize(
    "make",
    [
        lambda size: "</think>" * (size // 8),
        lambda size: "{" * size,
        lambda size: '{"a":[' * (size // 6),
        lambda size: '{"' * (size // 2),
        lambda size: '{"a":[' * 400 + "1," * (size // 2),
        lambda size: '{"a":' * 400 + '"' + "w" * size,
        lambda size: " " * size + "{",
        lambda size: '{"text": "' + "w" * size + '", "count": "x"}',
    ],
    ids=["thoughts", "braces", "deep", "torn", "many starts", "no end", "spaces", "one text"],
)
def test_replies_made_to_be_slow_are_not(make):
    read_in_linear_time(make, 980_000)


def test_few_tool_calls_of_a_reply_are_kept():
    called = [{"name": "look", "args": {"n": n}, "id": str(n)} for n in range(300)]
    kept = cleaned(AIMessage("", tool_calls=called)).tool_calls
    assert [each["args"]["n"] for each in kept] == list(range(MOST_TOOL_CALLS))


def test_control_characters_in_a_tool_call_are_left_out():
    called = [{"name": "find\0", "args": {"name": ["Vega\0 40\ud800"], "n": 3}, "id": "1"}]
    (kept,) = cleaned(AIMessage("", tool_calls=called)).tool_calls
    assert (kept["name"], kept["args"]) == ("find", {"name": ["Vega 40"], "n": 3})
