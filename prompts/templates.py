"""Prompts: one typed method per template; strict, loaded once, replaceable by a folder.

A template has a `system` and a `user` block, or `user` alone. A file of the same name in the
folder given to `Prompts` takes the place of the one here. Whatever a template is given is written
without our tags, so that no manual ends its window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from tools.machines import Machine
from tools.markup import neutral
from tools.passages import Passage

HERE = Path(__file__).parent
ROW_LANGUAGES = tuple(sorted(path.stem for path in (HERE / "row").glob("*.md")))


class PromptError(Exception):
    """A template is missing or cannot be rendered; the message names it."""


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


class _Tagged(str):
    """A text whose tags are ours."""


def _neutral(value: object) -> object:
    if isinstance(value, _Tagged) or not isinstance(value, str):
        return value
    return neutral(value)


def _attribute(value: str) -> str:
    return value.replace('"', "'").replace("<", "(").replace(">", ")").replace("\n", " ")


class Prompts:
    """The templates, rendered to chat messages."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder and not folder.is_dir():
            raise PromptError(
                f"There is no folder {folder} of prompts. Set OFFICINA_PROMPTS right."
            )
        places = [FileSystemLoader(place) for place in (folder, HERE) if place]
        self._environment = Environment(
            loader=ChoiceLoader(places),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            auto_reload=False,
            finalize=_neutral,
        )
        # A row holds its texts as they are: its prompt sets them apart by numbers.
        self._rows = self._environment.overlay(finalize=None)
        self._environment.filters["attribute"] = _attribute

    def draft_question(
        self,
        source: Source,
        *,
        scenario: str,
        topics: Sequence[str],
        asked: Sequence[str],
        revision: Revision | None = None,
    ) -> list[BaseMessage]:
        """Ask the generator for a question about the window, or for a better one."""
        return self._render(
            "draft.md",
            **_shown(source),
            scenario=scenario,
            topics=list(topics),
            asked=list(asked),
            revision=revision,
        )

    def analyse_question(
        self, source: Source, *, scenario: str, question: str, quote: str, hits: Sequence[Passage]
    ) -> list[BaseMessage]:
        """Ask the critic for free written reasoning about a question, before it scores."""
        return self._render(
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
        return self._render(
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
        return self._render(
            "answer.md",
            question=question,
            language=language,
            machine=machine,
            objections=list(objections),
        )

    def conclude(self, language: str) -> list[BaseMessage]:
        """Close the answerer's tool loop: ask for the answer and its citations."""
        return self._render("conclude.md", language=language)

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
        return self._render(
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
        return self._render("repair.md", error=error)

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
        return self._render(
            "answer_from.md",
            question=question,
            language=language,
            machine=machine,
            found=_Tagged(found),
            objections=list(objections),
        )

    def follow_schema(self, schema: str) -> list[BaseMessage]:
        """Describe a schema to a model whose server does not keep to one."""
        return self._render("follow_schema.md", schema=schema)

    def row(
        self, question: str, *, language: str, machine: Machine | None, passages: Sequence[Passage]
    ) -> tuple[str, str]:
        """Return the system and user message of a training row, in the row's language."""
        chosen = language if language in ROW_LANGUAGES else "en"
        system, user = self._render(
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
        (message,) = self._render(
            f"abstain/{chosen}.md",
            self._rows,
            question=question,
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
        return self._render(
            "mislead.md",
            **_shown(source),
            scenario=scenario,
            question=question,
            answer=answer,
            revision=revision,
        )

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The first 16 hex digits of each template's SHA-256, by template name."""
        return {name: self._hash(name) for name in sorted(self._environment.list_templates(["md"]))}

    def _hash(self, name: str) -> str:
        loader = self._environment.loader
        assert loader is not None
        source, _, _ = loader.get_source(self._environment, name)
        return hashlib.sha256(source.encode()).hexdigest()[:16]

    def _render(
        self, name: str, environment: Environment | None = None, /, **variables: object
    ) -> list[BaseMessage]:
        try:
            template = (environment or self._environment).get_template(name)
            context = template.new_context(variables)
            text = {
                block: "".join(render(context)).strip() for block, render in template.blocks.items()
            }
        except TemplateError as error:
            raise PromptError(f"The prompt {name} cannot be rendered: {error}") from error
        messages: list[BaseMessage] = []
        if "system" in text:
            messages.append(SystemMessage(text["system"]))
        messages.append(HumanMessage(text["user"]))
        return messages


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
