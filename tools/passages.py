"""Passage: a span of a document, as it is indexed, retrieved, cited and exported.

`passage.text == document.text[passage.start:passage.end]`, always. `split` cuts a document into
passages: first stretches (one section, one language, no page with a problem), then blocks (a
paragraph, a list, a table, with the heading above it), then as many blocks as fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tools.documents import Document, Page, overlapping
from tools.language import detect


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one document that fits in a prompt beside others.

    `pages` are the first and last page numbers it touches, `section` the heading path above it,
    `machine` the code of the machine its document is about.
    """

    id: str
    document_id: str
    document: str
    start: int
    end: int
    text: str
    pages: tuple[int, int]
    section: tuple[str, ...]
    language: str
    machine: str | None = None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A span in which a passage may lie: one section, one language."""

    start: int
    end: int
    section: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """A span that is cut only when it is too long by itself."""

    start: int
    end: int
    table: bool


_BLOCK = re.compile(r"(?:\|.*\n?)+|(?:(?!\|).*\S.*\n?)+")
_SENTENCE_END = re.compile(r"[.!?:;][\"»”)\]]?\s+(?=[A-ZÀ-ÝŒ¿¡«\"“(])|\n(?=\s*(?:-|\d+\.) )")
_LINE_END = re.compile(r"\n")
_SPACE = re.compile(r"\s")
_WORD = re.compile(r"[^\W\d_]{2}")
_HEADING = re.compile(r"#{1,6} [^\n]*")
_LABEL = re.compile(r"#{1,6} [^\n]*|(?![-|`]|\d+\. )[^\n]{1,80}(?<![.!?;,»”\"])|(?s:.+):")


def split(document: Document, *, size: int = 900, overlap: int = 0) -> list[Passage]:
    """Cut the document into passages of about `size` characters, in text order.

    A passage ends at the end of a paragraph and lies in one section; a table is kept whole up to
    twice the size, and then cut between rows; pages with a problem are left out. With `overlap`, a
    passage begins with as many whole sentences of the one before as fit in so many characters.
    """
    text = document.text
    passages: list[Passage] = []
    for stretch in _stretches(document):
        pieces = [piece for block in _blocks(text, stretch) for piece in _cut(text, block, size)]
        packed = (_reaching_back(text, stretch, *span, overlap) for span in _pack(pieces, size))
        spans = (span for span in packed if _WORD.search(text, *span))
        passages += [_passage(document, stretch, start, end) for start, end in spans]
    return passages


def _reaching_back(
    text: str, stretch: _Stretch, start: int, end: int, overlap: int
) -> tuple[int, int]:
    """Return the span with the last sentences before it that fit in the overlap."""
    earliest = max(stretch.start, start - overlap)
    if earliest >= start:
        return start, end
    ends = (found.end() for found in _SENTENCE_END.finditer(text, earliest, start))
    first = earliest if earliest == stretch.start else next(ends, start)
    return first, end


def passage_at(document: Document, start: int, end: int) -> Passage:
    """Return the passage between two offsets of the document, in the section where it begins."""
    section = next((s.path for s in overlapping(document.sections, start, start + 1)), ())
    return _passage(document, _Stretch(start, end, section), start, end)


def _passage(document: Document, stretch: _Stretch, start: int, end: int) -> Passage:
    touched = overlapping(document.pages, start, end)
    return Passage(
        id=f"{document.id}:{start}-{end}",
        document_id=document.id,
        document=document.path,
        start=start,
        end=end,
        text=document.text[start:end],
        pages=(touched[0].number, touched[-1].number),
        section=stretch.section,
        language=touched[0].language or detect(document.text[start:end]),
        machine=document.machine,
    )


def _stretches(document: Document) -> Iterator[_Stretch]:
    """Yield the readable spans that hold more than headings, each in one section.

    A heading right above a deeper one, with nothing between them, opens that one's stretch.
    """
    opening: _Stretch | None = None
    for stretch in _in_sections(document):
        if opening and opening.section == stretch.section[: len(opening.section)]:
            stretch = _Stretch(opening.start, stretch.end, stretch.section)
        opening = None
        lines = document.text[stretch.start : stretch.end].split("\n")
        if all(_HEADING.fullmatch(line) for line in lines if line.strip()):
            opening = stretch
        else:
            yield stretch


def _in_sections(document: Document) -> Iterator[_Stretch]:
    """Yield the parts of the sections that lie on readable pages of one language."""
    for start, end in _readable(document.pages):
        for section in overlapping(document.sections, start, end):
            yield _Stretch(max(start, section.start), min(end, section.end), section.path)


def _readable(pages: Sequence[Page]) -> Iterator[tuple[int, int]]:
    """Yield the spans of consecutive pages without a problem and in one language."""
    for (problem, _), run in groupby(pages, key=lambda page: (page.problem, page.language)):
        if problem is None:
            first, *rest = run
            yield first.start, rest[-1].end if rest else first.end


def _blocks(text: str, stretch: _Stretch) -> Iterator[_Block]:
    """Yield the paragraphs and tables; a heading, a label or a colon at the end opens the next."""
    opening: int | None = None
    for found in _BLOCK.finditer(text, stretch.start, stretch.end):
        block = found.group().rstrip()
        start = found.start() if opening is None else opening
        opening = None
        end = found.start() + len(block)
        if _LABEL.fullmatch(block) and text[end : stretch.end].strip():
            opening = start
        else:
            yield _Block(start, end, table=block.startswith("|"))


def _cut(text: str, block: _Block, size: int) -> Iterator[_Block]:
    """Yield the block, or its parts where it is too long for one passage."""
    start, table = block.start, block.table
    longest, ends = (2 * size, (_LINE_END,)) if table else (size, (_SENTENCE_END, _LINE_END))
    while block.end - start > longest:
        middle, last = start + longest // 2, start + longest
        cuts = (_last_end(pattern, text, middle, last) for pattern in (*ends, _SPACE))
        cut = next((cut for cut in cuts if cut is not None), last)
        yield _trimmed(text, start, cut, table=table)
        start = cut
    yield _trimmed(text, start, block.end, table=table)


def _last_end(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    last = None
    for found in pattern.finditer(text, start, end):
        last = found.end()
    return last


def _trimmed(text: str, start: int, end: int, *, table: bool) -> _Block:
    part = text[start:end]
    return _Block(end - len(part.lstrip()), start + len(part.rstrip()), table=table)


def _pack(pieces: Sequence[_Block], size: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of as many pieces as fit together; a short last one joins those before."""
    start = end = None
    for place, piece in enumerate(pieces, start=1):
        short = place == len(pieces) and piece.end - piece.start < size // 4
        most = 2 * size if piece.table else size + size // 4 if short else size
        if start is None or end is None:
            start = piece.start
        elif piece.end - start > most:
            yield start, end
            start = piece.start
        end = piece.end
    if start is not None and end is not None:
        yield start, end
