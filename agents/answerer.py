"""The answerer: searches the manuals with tools, answers from what it found, and cites it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Citation(BaseModel):
    """A passage that the answer stands on, and the words of it that say so."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    passage_id: str
    """The id of the passage, as the search showed it."""
    quote: str
    """The words of that passage, copied exactly, that support the answer."""


class Answer(BaseModel):
    """An answer with its citations, or an abstention that names what is missing."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    abstained: bool
    """True when the passages do not hold the answer."""
    text: str
    """The answer in the language of the question; when abstaining, a sentence that says so."""
    citations: list[Citation] = Field(max_length=12)
    """The passages the answer stands on, with verbatim quotes; empty when abstaining."""
    missing: str
    """When abstaining, what the passages do not say; otherwise empty."""
