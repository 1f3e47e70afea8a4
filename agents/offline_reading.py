"""What the offline model reads out of a prompt: window, passages, question, draft, machine.

It sees the same text as every other model, so this module knows the tags that the templates of
`prompts/` write, and nothing else. `agents/offline.py` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage

from tools.markup import literal

_PART = re.compile(r'<part page="(\d+)" section="([^"\n]*)">\n(.*?)\n</part>', re.DOTALL)
_PASSAGE = re.compile(
    r'<passage id="([^"\n]+)" document="([^"\n]*)" section="([^"\n]*)"([^>\n]*)>\n'
    r"(.*?)\n</passage>",
    re.DOTALL,
)
_CITATION = re.compile(r'<citation passage="([^"\n]*)">(.*?)</citation>', re.DOTALL)
_ASKED = re.compile(r"<question>(.*?)</question>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of text that a prompt shows: a part of a window (no id) or a passage.

    `machine` is the code of the machine that the passage is about, empty where none is shown.
    """

    id: str
    document: str
    section: tuple[str, ...]
    text: str
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything that the messages of one call hold, empty where the prompt has no such tag."""

    language: str
    machine: str
    machine_code: str
    document: str
    scenario: str
    parts: tuple[Shown, ...]
    passages: tuple[Shown, ...]
    question: str
    asked: tuple[str, ...]
    again: str
    draft: str
    quote: str
    answer: str
    citations: tuple[tuple[str, str], ...]
    revising: bool


def read(messages: Sequence[BaseMessage]) -> Prompt:
    """Return what the messages of a call show."""
    text = "\n".join(_content(message) for message in messages)
    window = _between(text, r'<window document="[^"\n]*">\n', r"\n</window>")
    asked = _between(text, r"<asked>\n", r"</asked>")
    after = text.partition("</passages>")[2] or text.partition("</window>")[2] or text
    return Prompt(
        language=_between(text, "<language>", "</language>") or "en",
        machine=_between(text, '<machine code="[^"\n]*">', "</machine>"),
        machine_code=_between(text, '<machine code="', '">'),
        document=_between(text, '<window document="', '">'),
        scenario=_between(text, r"The scenario: ", r"\.?\n"),
        parts=tuple(
            Shown("", "", _path(section), literal(body))
            for _, section, body in _PART.findall(window)
        ),
        passages=_passages(text),
        question=_between(after, "<question>", "</question>"),
        asked=tuple(_ASKED.findall(asked)),
        again=_between(text, "<again>", "</again>"),
        draft=_between(text, "<draft>", "</draft>"),
        quote=literal(_between(after, "<quote>", "</quote>")),
        answer=literal(_between(text, "<answer>", "</answer>")),
        citations=tuple((id, literal(quote)) for id, quote in _CITATION.findall(text)),
        revising="<draft>" in after,
    )


def _passages(text: str) -> tuple[Shown, ...]:
    """Return the passages in the order shown, each once: a search may find one again."""
    found = {
        identifier: Shown(
            identifier, document, _path(section), literal(body), _between(rest, 'machine="', '"')
        )
        for identifier, document, section, rest, body in _PASSAGE.findall(text)
    }
    return tuple(found.values())


def _path(section: str) -> tuple[str, ...]:
    return tuple(heading for heading in section.split(" › ") if heading)


def _between(text: str, before: str, after: str) -> str:
    match = re.search(f"{before}(.*?){after}", text, re.DOTALL)
    return match.group(1) if match else ""


def _content(message: BaseMessage) -> str:
    return message.content if isinstance(message.content, str) else str(message.text)
