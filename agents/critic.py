"""The critic: reads question and source, or a finished row, gives reasons and then scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from agents.call import RoleModel
from agents.calls import Calls
from agents.journal import CallKey
from prompts.templates import Prompts, Source
from tools.machines import Machine
from tools.passages import Passage


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


@dataclass(frozen=True, slots=True)
class Critic:
    """A model in the critic's role; with `analyses` it reasons in free text before it scores."""

    model: RoleModel
    calls: Calls
    prompts: Prompts
    analyses: bool = False

    async def judge_question(
        self,
        source: Source,
        *,
        candidate: str,
        attempt: int,
        scenario: str,
        question: str,
        quote: str,
        hits: Sequence[Passage],
        premise: str = "",
    ) -> Critique:
        """Return reasons and scores for a question; `hits` are the best of a search for it.

        `premise` is what it takes wrongly for granted, if it is made to.

        Raises:
            CallError: no critique could be had.
        """
        analysis = ""
        if self.analyses:
            prompt = self.prompts.analyse_question(
                source, scenario=scenario, question=question, quote=quote, hits=hits
            )
            said = await self.calls.say(self.model, prompt, CallKey(candidate, "analyse", attempt))
            analysis = str(said.text)
        messages = self.prompts.judge_question(
            source,
            scenario=scenario,
            question=question,
            quote=quote,
            hits=hits,
            analysis=analysis,
            premise=premise,
        )
        return await self.calls.ask(
            self.model, messages, Critique, CallKey(candidate, "critique", attempt)
        )

    async def judge_answer(
        self,
        question: str,
        answer: str,
        *,
        candidate: str,
        attempt: int,
        scenario: str,
        language: str,
        machine: Machine | None,
        passages: Sequence[Passage],
        citations: Sequence[tuple[str, str]],
    ) -> RowJudgement:
        """Return reasons and scores for a finished row; citations are (passage id, quote).

        Raises:
            CallError: no judgement could be had.
        """
        messages = self.prompts.judge_answer(
            question,
            answer,
            scenario=scenario,
            language=language,
            machine=machine,
            passages=passages,
            citations=citations,
        )
        return await self.calls.ask(
            self.model, messages, RowJudgement, CallKey(candidate, "judge", attempt)
        )
