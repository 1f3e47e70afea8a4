"""The scripted model: lines in order per candidate and role."""

import pytest

from agents.faults import ModelError
from agents.scripted import ScriptedModel, read_script


def say(model: ScriptedModel, role: str, turn: int, prompt: str = "") -> str:
    metadata = {"role": role, "turn": turn}
    return str(model.invoke(prompt, config={"metadata": metadata}).text)


@pytest.fixture
def model(tmp_path) -> ScriptedModel:
    path = tmp_path / "script.jsonl"
    path.write_text(
        '{"role": "critic", "reply": "first"}\n\n'
        '{"role": "generator", "reply": {"text": "q"}}\n'
        '{"role": "critic", "reply": "second", "when": "Ares"}\n',
        encoding="utf-8",
    )
    return ScriptedModel(lines=read_script(path))


def test_roles_say_their_own_lines(model):
    assert say(model, "critic", 0) == "first"
    assert say(model, "generator", 0) == '{"text": "q"}'


def test_condition_is_read_in_the_prompt(model):
    assert say(model, "critic", 1, "the Ares 200") == "second"
    with pytest.raises(ModelError, match="has 1 lines for the critic"):
        say(model, "critic", 1, "the Vega 40")


@pytest.mark.parametrize("line", ["{", '{"reply": "x"}', '{"role": "critic", "colour": "red"}'])
def test_broken_line_is_named(tmp_path, line):
    path = tmp_path / "script.jsonl"
    path.write_text('{"role": "critic"}\n' + line, encoding="utf-8")
    with pytest.raises(ModelError, match="Line 2"):
        read_script(path)


def test_missing_script_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_script(tmp_path / "none.jsonl")
