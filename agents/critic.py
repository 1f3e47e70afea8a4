"""The critic: reads question and source, or a finished row, gives reasons and then scores."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Critique(BaseModel):
    """What the critic thinks of a question; the scores never decide by themselves."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    reasons: str
    """Two or three sentences: what is good and what is wrong with the question."""
    relevance: int = Field(ge=1, le=10)
    """How relevant the question is to the window, from 1 to 10."""
    global_relevance: int = Field(ge=1, le=10)
    """How relevant the question is to the scenario, from 1 to 10."""
    coverage: int = Field(ge=1, le=10)
    """How far the window answers the question, from 1 to 10."""
    instructions: str
    """What the next draft must do better; empty if nothing."""


class RowJudgement(BaseModel):
    """What the critic thinks of a finished row: question, context and answer together."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    reasons: str
    """Two or three sentences: what in the passages supports the answer, and what is missing."""
    faithfulness: int = Field(ge=1, le=10)
    """How far every statement of the answer is supported by the passages, from 1 to 10."""
    completeness: int = Field(ge=1, le=10)
    """How completely the answer answers the question, from 1 to 10."""
    instructions: str
    """What the next answer must do better; empty if nothing."""
