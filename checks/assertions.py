"""Assertions: what a stretch of a manual states, one sentence, list item or table row at a time.

Each is read in its context: the headings above, the line that leads it in, the head of its table.
`checks/scope.py` compares those of a machine with those of its siblings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from checks.facts import numbers
from checks.names import name_spans

NAME, NUMBER = "…", "#"
Token = tuple[str, str]
"""A word in small letters with "", or the value and the unit of a number, led by a mark."""

_LINE = re.compile(r"[^\n]*\n?")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_ROW = re.compile(r"[ \t]*\|")
_ITEM = re.compile(r"[ \t]*(?:[-*•>]|\(?\d{1,2}[.)])[ \t]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”»)]*\s+(?=[\"“«(¿¡]?[A-ZÀ-ÖØ-Þ])")
_LABEL = re.compile(r"[^\n]{1,80}(?<![.!?;,\s])\s*|(?s:.+):\s*")
_NUMBERING = re.compile(r"^\s*(?:\d+(?:\.\d+)*[.)]?\s+(?=\D))?")
_TOKEN = re.compile(r"[^\W_]+|[<>≤≥≈~]")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of one section of a manual, and what its machine is called there."""

    section: tuple[str, ...]
    text: str
    names: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A sentence, list item or table row; the span counts in its excerpt's text.

    `outline` are its words, every number and code a mark: what two values of one thing share.
    """

    start: int
    end: int
    text: str
    context: str
    outline: tuple[str, ...]


@lru_cache(maxsize=1024)
def assertions(excerpt: Excerpt) -> tuple[Assertion, ...]:
    """Return what the excerpt states, in order."""
    path = excerpt.section[1:] or excerpt.section
    reader = _Reader(excerpt, "\n".join(_NUMBERING.sub("", heading) for heading in path))
    return tuple(reader.read())


def words_of(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words in small letters, a mark for each of the names and for each number."""
    spans = name_spans(text, names)
    for start, end in reversed(spans):
        text = f"{text[:start]} {NAME} {text[end:]}"
    found = re.findall(rf"{NAME}|{_TOKEN.pattern}", text)
    return tuple(NUMBER if any(map(str.isdecimal, word)) else word.casefold() for word in found)


@lru_cache(maxsize=4096)
def tokens(text: str, names: tuple[str, ...], language: str) -> tuple[Token, ...]:
    """Return the words, names and numbers of a text in order, as they are compared."""
    taken = [(*span, (NAME, "")) for span in name_spans(text, names)]
    covered = list(taken)
    for number in numbers(text, language):
        if not any(start < number.end and number.start < end for start, end, _ in covered):
            value, unit = number.key
            taken.append((number.start, number.end, (NUMBER + value, unit)))
    spans = sorted(taken)
    words = (
        (match.start(), match.end(), (match.group().casefold(), ""))
        for match in _TOKEN.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end, _ in spans)
    )
    return tuple(token for _, _, token in sorted([*spans, *words]))


def is_number(token: Token) -> bool:
    """Say whether a token is a number or a code."""
    return token[0].startswith(NUMBER)


@dataclass(slots=True)
class _Reader:
    """Reads lines; `lead` leads the next blocks in, `head` is the first row of an open table."""

    excerpt: Excerpt
    headings: str
    lead: str = ""
    head: str = ""
    open: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    is_item: bool = False

    def read(self) -> Iterator[Assertion]:
        text = self.excerpt.text
        for match in _LINE.finditer(text):
            line = match.group()
            if _ROW.match(line):
                yield from self._closed()
                self.head = self.head or line
                yield from self._stated(match.start(), match.end(), self.head)
                continue
            self.head = ""
            item, is_heading = _ITEM.match(line), _HEADING.match(line)
            if item or is_heading or not line.strip():
                yield from self._closed()
            if line.strip() and not is_heading:
                self.is_item = self.is_item if self.open else bool(item)
                start = match.start() + (item.end() if item else 0)
                self.open.append((start, match.end()))
        yield from self._closed()

    def _closed(self) -> Iterator[Assertion]:
        """Yield the sentences of the paragraph or item that ends here."""
        if not self.open:
            return
        start, end = self.open[0][0], self.open[-1][1]
        self.open = []
        block = self.excerpt.text[start:end]
        at = start
        for stop in [*(m.end() for m in _SENTENCE_END.finditer(block)), len(block)]:
            yield from self._stated(at, start + stop)
            at = start + stop
        if block.rstrip().endswith(":") or not self.is_item:
            self.lead = block if _LABEL.fullmatch(block) else ""

    def _stated(self, start: int, end: int, head: str = "") -> Iterator[Assertion]:
        text = self.excerpt.text[start:end].strip()
        outline = words_of(text, self.excerpt.names)
        if outline:
            context = "\n".join((self.headings, self.lead, head))
            yield Assertion(start, end, text, context, outline)
