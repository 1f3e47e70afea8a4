"""Prompts: one typed method per template; strict, loaded once, replaceable by a folder.

A template has a `system` and a `user` block, or `user` alone. A file of the same name in the
folder given to `Prompts` takes the place of the one here. Whatever a template is given is written
without our tags, so that no manual ends its window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage, HumanMessage

from prompts.rendering import HERE, Tagged, Templates
from tools.machines import Machine
from tools.passages import Passage

ROW_LANGUAGES = tuple(sorted(path.stem for path in (HERE / "row").glob("*.md")))
# A question that is quoted has its own quotation marks changed for inner ones.
_INNER_QUOTES = {
    "en": str.maketrans("“”„", "‘’‘"),
    "de": str.maketrans("„“”", "‚‘‘"),
    **dict.fromkeys(("es", "fr", "it"), str.maketrans("«»", "“”")),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a window: the text of one section on one page."""

    page: int
    section: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a question is written from: a document's window, its language and its machine."""

    document: str
    language: str
    machine: Machine | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """A draft that was not accepted, and why."""

    question: str
    quote: str
    objections: tuple[str, ...]


class Prompts(Templates):
    """The templates, rendered to chat messages."""

    def draft_question(
        self,
        source: Source,
        *,
        scenario: str,
        topics: Sequence[str],
        asked: Sequence[str],
        again: str = "",
        revision: Revision | None = None,
    ) -> list[BaseMessage]:
        """Ask the generator for a question about the window, or for a better one.

        With `again`, the question of a sibling, for the same about this window's machine.
        """
        return self.render(
            "draft.md",
            **_shown(source),
            scenario=scenario,
            topics=list(topics),
            asked=list(asked),
            again=again,
            revision=revision,
        )

    def analyse_question(
        self, source: Source, *, scenario: str, question: str, quote: str, hits: Sequence[Passage]
    ) -> list[BaseMessage]:
        """Ask the critic for free written reasoning about a question, before it scores."""
        return self.render(
            "analyse_question.md",
            **_shown(source),
            scenario=scenario,
            question=question,
            quote=quote,
            hits=hits,
        )

    def judge_question(
        self,
        source: Source,
        *,
        scenario: str,
        question: str,
        quote: str,
        hits: Sequence[Passage],
        analysis: str = "",
        premise: str = "",
    ) -> list[BaseMessage]:
        """Ask the critic to judge a question against its window.

        `premise` is what the question wrongly takes for granted, on purpose.
        """
        return self.render(
            "judge_question.md",
            **_shown(source),
            scenario=scenario,
            question=question,
            quote=quote,
            hits=hits,
            analysis=analysis,
            premise=premise,
        )

    def answer(
        self, question: str, *, language: str, machine: Machine | None, objections: Sequence[str]
    ) -> list[BaseMessage]:
        """Open the answerer's tool loop."""
        return self.render(
            "answer.md",
            question=question,
            language=language,
            machine=machine,
            objections=list(objections),
        )

    def conclude(self, language: str) -> list[BaseMessage]:
        """Close the answerer's tool loop: ask for the answer and its citations."""
        return self.render("conclude.md", language=language)

    def judge_answer(
        self,
        question: str,
        answer: str,
        *,
        scenario: str,
        language: str,
        machine: Machine | None,
        passages: Sequence[Passage],
        citations: Sequence[tuple[str, str]],
    ) -> list[BaseMessage]:
        """Ask the critic to judge a finished row; citations are (passage id, quote)."""
        return self.render(
            "judge_answer.md",
            scenario=scenario,
            language=language,
            machine=machine,
            passages=passages,
            question=question,
            answer=answer,
            citations=citations,
        )

    def repair(self, error: str) -> list[BaseMessage]:
        """Show a model why its reply could not be read."""
        return self.render("repair.md", error=error)

    def answer_from(
        self,
        question: str,
        *,
        language: str,
        machine: Machine | None,
        found: str,
        objections: Sequence[str],
    ) -> list[BaseMessage]:
        """Show an answerer that calls no tools what a search found, as `tools.search` shows it."""
        return self.render(
            "answer_from.md",
            question=question,
            language=language,
            machine=machine,
            found=Tagged(found),
            objections=list(objections),
        )

    def follow_schema(self, schema: str) -> list[BaseMessage]:
        """Describe a schema to a model whose server does not keep to one."""
        return self.render("follow_schema.md", schema=schema)

    def row(
        self, question: str, *, language: str, machine: Machine | None, passages: Sequence[Passage]
    ) -> tuple[str, str]:
        """Return the system and user message of a training row, in the row's language."""
        chosen = language if language in ROW_LANGUAGES else "en"
        system, user = self.render(
            f"row/{chosen}.md", self._rows, question=question, machine=machine, passages=passages
        )
        return str(system.content), str(user.content)

    def abstention(
        self,
        question: str,
        *,
        language: str,
        clause: str = "",
        sibling: str = "",
        premise: str = "",
        instead: str = "",
    ) -> str:
        """Return what a row says whose passages do not hold the answer, in the row's language.

        `clause` is the question as a part of a sentence, where it can be one; `sibling` the machine
        that the passages speak of; `premise` what the question takes wrongly for granted, and
        `instead` what the passages say.
        """
        chosen = language if language in ROW_LANGUAGES else "en"
        (message,) = self.render(
            f"abstain/{chosen}.md",
            self._rows,
            question=question.translate(_INNER_QUOTES[chosen]),
            clause=clause,
            sibling=sibling,
            premise=premise,
            instead=instead,
        )
        return str(message.text)

    def mislead(
        self,
        source: Source,
        *,
        scenario: str,
        question: str,
        answer: str,
        revision: Revision | None = None,
    ) -> list[BaseMessage]:
        """Ask the generator for a question that takes something wrong for granted."""
        return self.render(
            "mislead.md",
            **_shown(source),
            scenario=scenario,
            question=question,
            answer=answer,
            revision=revision,
        )


def extended(messages: Sequence[BaseMessage], more: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the messages and more of them; chat templates want the speakers to take turns."""
    if messages and isinstance(messages[-1], HumanMessage) and isinstance(more[0], HumanMessage):
        joined = HumanMessage(f"{messages[-1].text}\n\n{more[0].text}")
        return [*messages[:-1], joined, *more[1:]]
    return [*messages, *more]


def _shown(source: Source) -> dict[str, object]:
    return {
        "document": source.document,
        "language": source.language,
        "machine": source.machine,
        "parts": source.parts,
    }
