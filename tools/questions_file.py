"""A file of evaluation questions: what a dataset must not hold, because it is tested with them.

JSON Lines, each an object with `question` and, where known, `answer` and `evidence` (a text or a
list of texts), whatever else it has; or plain text, one question a line. The kept copy in a run
folder is what every later step reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

KEPT = "evaluation_questions"
_TOLD = 10


class QuestionsFileError(Exception):
    """A file of evaluation questions cannot be used; the message names every bad line."""


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question that the tuned model will be tested with, and the line that it stands on."""

    line: int
    question: str
    answer: str = ""
    evidence: tuple[str, ...] = ()


def kept_questions(run: Path) -> list[EvaluationQuestion]:
    """Return the evaluation questions of a run; none where it was started without any."""
    return read_questions(run / KEPT) if (run / KEPT).exists() else []


def read_questions(path: Path) -> list[EvaluationQuestion]:
    """Return the questions of a file, in its order.

    Raises:
        QuestionsFileError: it cannot be read, holds no question, or has lines that are none.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsFileError(
            f"The evaluation questions in {path} cannot be read: {error}. Give text in UTF-8."
        ) from error
    # Only a line feed ends a line: a question may hold a character that others break lines at.
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    filled = [(number, line) for number, line in lines if line]
    if not filled:
        raise QuestionsFileError(f"{path} holds no question: give one a line.")
    if not filled[0][1].startswith("{"):
        return [EvaluationQuestion(number, line) for number, line in filled]
    complaints: list[str] = []
    found: list[EvaluationQuestion] = []
    for number, line in filled:
        try:
            found.append(_question(number, line))
        except ValueError as error:
            complaints.append(f"  line {number}: {error}")
    if complaints:
        raise QuestionsFileError(
            "\n".join([f"{path} has lines that are no question:", *_told(complaints)])
        )
    return found


def _question(number: int, line: str) -> EvaluationQuestion:
    """Return the question of a line of JSON; raises ValueError saying what is wrong with it."""
    try:
        value: object = json.loads(line)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    record = cast("dict[str, Any]", value)
    question, answer, evidence = (record.get(key) for key in ("question", "answer", "evidence"))
    if not isinstance(question, str) or not question.strip():
        raise ValueError("`question` is missing, empty or no text")
    if answer is not None and not isinstance(answer, str):
        raise ValueError("`answer` is no text")
    quotes = cast("list[object]", evidence if isinstance(evidence, list) else [evidence or ""])
    if not all(isinstance(quote, str) for quote in quotes):
        raise ValueError("`evidence` is neither a text nor a list of texts")
    held = tuple(quote for quote in quotes if isinstance(quote, str) and quote.strip())
    return EvaluationQuestion(number, question.strip(), (answer or "").strip(), held)


def _told(complaints: list[str]) -> Iterator[str]:
    yield from complaints[:_TOLD]
    if len(complaints) > _TOLD:
        yield f"  and {len(complaints) - _TOLD} more"
