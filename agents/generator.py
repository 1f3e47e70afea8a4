"""The generator: writes a question from a window of pages, and revises it by the critic's word."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["value", "procedure", "warning", "meaning"]
Difficulty = Literal["easy", "medium", "hard"]


class Question(BaseModel):
    """A question that a technician could ask and the window answers."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    quote: str
    """The words of the window, copied exactly, that the question rests on; empty if nothing is left
    to ask about this window."""
    text: str
    """The question, in the language of the window, naming its subject; empty if nothing is left to ask."""
    kind: Kind
    """value: a number, code or setting; procedure: what to do; warning: what must not be done or
    what is dangerous; meaning: what a thing is or what it is for."""
    difficulty: Difficulty
    """easy: one sentence answers it; medium: a table or several sentences; hard: several passages."""
