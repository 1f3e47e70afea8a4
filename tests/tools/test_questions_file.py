"""A file of evaluation questions: read whole, or refused with the numbers of its bad lines."""

import json
from pathlib import Path

import pytest

from tools.questions_file import QuestionsFileError, kept_questions, read_questions


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "questions"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_objects_keep_answer_and_evidence(tmp_path: Path):
    lines = [
        {
            "question": " How heavy is it? ",
            "answer": "9 kg",
            "evidence": "It weighs 9 kg.",
            "id": 1,
        },
        {"question": "Who may open it?", "evidence": ["Only fitters.", ""], "answer": None},
    ]
    path = written(tmp_path, "\ufeff\n" + "\n\n".join(map(json.dumps, lines)) + "\n")
    first, second = read_questions(path)
    assert (first.line, first.question, first.answer) == (2, "How heavy is it?", "9 kg")
    assert (first.evidence, second.evidence) == (("It weighs 9 kg.",), ("Only fitters.",))
    assert (second.line, second.answer) == (4, "")


def test_plain_text_is_one_question_a_line(tmp_path: Path):
    path = written(tmp_path, "How heavy is it?\r\n\r\nChi può\u2028aprirlo?\n")
    found = [(each.line, each.question) for each in read_questions(path)]
    assert found == [(1, "How heavy is it?"), (3, "Chi può\u2028aprirlo?")]


def test_every_bad_line_is_told_with_its_number(tmp_path: Path):
    bad = ['{"question": "Good?"}', "not JSON", "[1]", '{"q": "x"}', '{"question": " "}']
    bad += ['{"question": "x", "answer": 5}', '{"question": "x", "evidence": [5]}']
    with pytest.raises(QuestionsFileError) as told:
        read_questions(written(tmp_path, "\n".join(bad)))
    for number in range(2, 8):
        assert f"line {number}:" in str(told.value)
    assert "line 1:" not in str(told.value)


def test_many_bad_lines_are_counted(tmp_path: Path):
    with pytest.raises(QuestionsFileError, match="and 15 more"):
        read_questions(written(tmp_path, "{\n" * 25))


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe\x00"])
def test_unusable_file_is_a_sentence(tmp_path: Path, content: bytes):
    with pytest.raises(QuestionsFileError, match=r"holds no question|cannot be read"):
        read_questions(written(tmp_path, content))


def test_missing_file_is_a_sentence(tmp_path: Path):
    with pytest.raises(QuestionsFileError, match="cannot be read"):
        read_questions(tmp_path / "nowhere")


def test_run_without_questions_has_none(tmp_path: Path):
    assert kept_questions(tmp_path) == []
