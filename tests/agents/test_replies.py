"""What is kept of a reply: never its thoughts, always its value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.replies import read_value, spoken


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    count: int


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


@given(text=st.text(), before=st.text(alphabet="abc {}\n"), after=st.text(alphabet="abc }\n"))
def test_value_among_prose_is_read_whole(text, before, after):
    said = f"{before}{json.dumps({'text': text, 'count': 1})}{after}"
    try:
        assert read_value(said, Note).text == text
    except ValidationError:
        assert "{" in before  # A brace in the prose may open an object around the value.
