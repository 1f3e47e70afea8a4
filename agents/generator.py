"""The generator: writes a question from a window of pages, and revises it by the critic's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from agents.call import RoleModel
from agents.calls import Calls
from agents.journal import CallKey
from prompts.templates import Prompts, Revision, Source

Kind = Literal["value", "procedure", "warning", "meaning"]
Difficulty = Literal["easy", "medium", "hard"]


class Question(BaseModel):
    """A question that a technician could ask and the window answers."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    quote: str
    """The words of the window, copied exactly, that the question rests on; empty if nothing is left
    to ask about this window."""
    text: str
    """The question, in the language of the window, naming its subject; empty if nothing is left
    to ask."""
    kind: Kind
    """value: a number, code or setting; procedure: what to do; warning: what must not be done or
    what is dangerous; meaning: what a thing is or what it is for."""
    difficulty: Difficulty
    """easy: one sentence answers it; medium: a table or several sentences; hard: several
    passages."""


class Misleading(BaseModel):
    """A question that takes something wrong for granted, for a model to learn not to follow it."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    text: str
    """The question, in the language of the window, naming its subject; empty if none can be
    asked."""
    premise: str
    """The words of the question that are wrong, copied exactly; empty if none can be asked."""


@dataclass(frozen=True, slots=True)
class Generator:
    """A model in the generator's role."""

    model: RoleModel
    calls: Calls
    prompts: Prompts

    async def draft(
        self,
        source: Source,
        *,
        candidate: str,
        attempt: int,
        scenario: str,
        topics: Sequence[str],
        asked: Sequence[str],
        again: str = "",
        revision: Revision | None = None,
    ) -> Question:
        """Return a question about the window, or with `revision` a better one.

        `again` is the question to ask, where it was asked about a sibling.

        Raises:
            CallError: no question could be had.
        """
        messages = self.prompts.draft_question(
            source, scenario=scenario, topics=topics, asked=asked, again=again, revision=revision
        )
        return await self.calls.ask(
            self.model, messages, Question, CallKey(candidate, "draft", attempt)
        )

    async def mislead(
        self,
        source: Source,
        *,
        candidate: str,
        attempt: int,
        scenario: str,
        question: str,
        answer: str,
        revision: Revision | None = None,
    ) -> Misleading:
        """Return a variant of an answered question that takes something wrong for granted.

        Raises:
            CallError: none could be had.
        """
        messages = self.prompts.mislead(
            source, scenario=scenario, question=question, answer=answer, revision=revision
        )
        return await self.calls.ask(
            self.model, messages, Misleading, CallKey(candidate, "mislead", attempt)
        )
