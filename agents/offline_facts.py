"""A fact: a statement of a manual with the questions that it answers.

`agents/offline_questions.py` and `agents/offline_tables.py` find them; whatever drafts, answers or
judges offline compares them.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.generator import Difficulty, Kind


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement that can be asked about: its words, its questions and its answer.

    `family` is the rule that found it, a lower `worth` is asked first; not `sure` means that the
    text does not tell whether the subject's capital letter is a name's.
    """

    quote: str
    questions: tuple[str, ...]
    answer: str
    kind: Kind
    difficulty: Difficulty
    family: str
    worth: int
    sure: bool = True
