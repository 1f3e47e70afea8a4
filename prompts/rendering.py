"""Rendering: templates from a folder here or one that takes its place, to chat messages."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from tools.markup import neutral

HERE = Path(__file__).parent


class PromptError(Exception):
    """A template is missing or cannot be rendered; the message names it."""


def _attribute(value: str) -> str:
    return value.replace('"', "'").replace("<", "(").replace(">", ")").replace("\n", " ")


class Tagged(str):
    """A text whose tags are ours."""


def _neutral(value: object) -> object:
    if isinstance(value, Tagged) or not isinstance(value, str):
        return value
    return neutral(value)


class Templates:
    """The templates of a folder; a file of the same name in the folder given comes first."""

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

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The first 16 hex digits of each template's SHA-256, by template name."""
        return {name: self._hash(name) for name in sorted(self._environment.list_templates(["md"]))}

    def _hash(self, name: str) -> str:
        loader = self._environment.loader
        assert loader is not None
        source, _, _ = loader.get_source(self._environment, name)
        return hashlib.sha256(source.encode()).hexdigest()[:16]

    def render(
        self, name: str, environment: Environment | None = None, /, **variables: object
    ) -> list[BaseMessage]:
        """Return the template's system message, if it has one, and its user message."""
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
