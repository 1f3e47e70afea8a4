"""A manual's text as the offline model sees it: sentences, items, rows, steps and terms.

Each `Unit` keeps the words exactly as the text writes them (`quote`) beside the same words without
markup (`plain`). `agents/offline_questions.py` makes questions from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Form = Literal["sentence", "row", "steps", "term"]

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_ITEM = re.compile(r"^\s*(?:[-*+•–◦]|\(?[a-z]\))\s+(.*)$")
_STEP = re.compile(r"^\s*\(?\d{1,2}[.)]\s+(.*)$")
_FIRST_STEP = re.compile(r"^\s*\(?1[.)]\s")
_LATER_STEP = re.compile(r"^\s*\(?(?:[2-9]|1\d)[.)]\s")
_GAP = 15
_ROW = re.compile(r"^\s*\|")
_RULE = re.compile(r"^\s*\|?[\s:|-]+\|[\s:|-]*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE_LINE = re.compile(
    r"^(?: {4,}|\t)|^\s*[$#>]\s|^\s*//|[;{}]\s*$|^\s*\[[A-Z_0-9]+\]|^\S+\s*=\s*\S+$"
)
_ABBREVIATION = (
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)(?<!\bca)(?<!\bNr)(?<!\bNo)(?<!\bmax)(?<!\bmin)"
    r"(?<!\bz\.B)(?<!\bd\.h)(?<!\bp\. es)(?<!\bp\.es)(?<!\bp\. ej)(?<!\bp\.ej)"
    r"(?<!\bapprox)(?<!\bFig)(?<!\bbzw)(?<!\busw)"
    r"(?<!\bresp)(?<!\bad es)(?<!\bart)(?<!\bengl)(?<!\bsog)(?<!\bS\.r)(?<![^\d][\s.(][A-Z])"
)
_SENTENCE_END = re.compile(_ABBREVIATION + r"[.!?][)»”\"*_`]*(?=\s+[^\sa-z0-9(,;|])")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^)\s]*\)")
_MARKUP = re.compile(r"\*\*|__|<br ?/?>|<[^<>\n]{1,40}>")
_EMPHASIS = re.compile(
    r"(?<![\w*_])([*_])(?=[^\s*_])((?:[^*_\n\"]|\"[^*_\n\"]*\")*(?<!\s))\1(?![\w*_])"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement: its form, its words as written and without markup, and the heading above it.

    `cells` and `header` are a table row's; `cells` of a term hold the term and what it means.
    """

    form: Form
    quote: str
    plain: str
    section: tuple[str, ...]
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


def units(text: str, section: tuple[str, ...]) -> Iterator[Unit]:
    """Yield the statements of a text in order; `section` is the heading path above it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        heading = _HEADING.match(line)
        if heading:
            section = (*section[:-1], plain(heading.group(1))) if section else (heading.group(1),)
            at += 1
        elif _FENCE.match(line):
            at = _after_fence(lines, at)
        elif _ROW.match(line):
            end = _run(lines, at, _ROW)
            yield from _rows(lines[at:end], section)
            at = end
        elif _STEP.match(line):
            end = _run(lines, at, _STEP)
            yield from _steps(lines[at:end], lines[end : end + _GAP], section)
            at = end
        else:
            yield from _prose(lines, at, section)
            at += 1


def heading_of(unit: Unit) -> str:
    """Return the last heading above a statement, less its number."""
    return re.sub(r"^[\d.]+\s+", "", unit.section[-1]) if unit.section else ""


def plain(text: str) -> str:
    """Return the text without links, emphasis and doubled spaces; inline code keeps its ticks."""
    text = _LINK.sub(r"\1", text)
    pieces = re.split(r"(`[^`]*`)", text)
    pieces[::2] = [_EMPHASIS.sub(r"\2", _MARKUP.sub("", piece)) for piece in pieces[::2]]
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def table_header(row: str, text: str) -> str:
    """Return the header line of the table in `text` that holds the row; empty if there is none."""
    lines = text.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip() == row.strip()), 0)
    while at > 0 and lines[at - 1].lstrip().startswith("|"):
        at -= 1
    return lines[at] if row.lstrip().startswith("|") and "|" in lines[at] else ""


def sentences(line: str) -> list[str]:
    """Return the sentences of a line as they are written."""
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(line):
        found.append(line[start : end.end()].strip())
        start = end.end()
    return [each for each in (*found, line[start:].strip()) if each]


def _prose(lines: list[str], at: int, section: tuple[str, ...]) -> Iterator[Unit]:
    line = lines[at]
    if _CODE_LINE.search(line) and not _ITEM.match(line):
        return
    item = _ITEM.match(line)
    body = (item.group(1) if item else line).lstrip("> ").strip()
    if not item and _is_term(body):
        yield from _term(lines[at : at + 3], body, section)
    for sentence in sentences(body):
        yield Unit("sentence", sentence, plain(sentence), section)


def _term(lines: list[str], term: str, section: tuple[str, ...]) -> Iterator[Unit]:
    """Yield the term and the first sentence of the paragraph below it, if there is one."""
    below = next((at for at in range(1, len(lines)) if lines[at].strip()), 0)
    if not below or _ITEM.match(lines[below]) or _HEADING.match(lines[below]):
        return
    meaning = sentences(lines[below])[0]
    quote = "\n".join((*lines[:below], lines[below][: lines[below].index(meaning)] + meaning))
    yield Unit("term", quote.strip(), plain(quote), section, (plain(term), plain(meaning)))


def _is_term(line: str) -> bool:
    is_box = re.match(r"[A-ZÀ-Ý]{4,} ", line)
    is_short = len(line.split()) <= 5 and line[:1].isupper()
    return is_short and not is_box and not re.search(r"[.:;,!?|=]", line)


def _rows(lines: list[str], section: tuple[str, ...]) -> Iterator[Unit]:
    if len(lines) < 3 or not _RULE.match(lines[1]):
        return
    header = _cells(lines[0])
    for line in lines[2:]:
        cells = _cells(line)
        if len(cells) == len(header) and cells[0]:
            yield Unit("row", line.strip(), plain(line), section, cells, header)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))


def _steps(lines: list[str], after: list[str], section: tuple[str, ...]) -> Iterator[Unit]:
    quote = "\n".join(lines).strip()
    steps = tuple(plain(match.group(1)) for match in map(_STEP.match, lines) if match)
    is_whole = _FIRST_STEP.match(lines[0]) and not any(map(_LATER_STEP.match, after))
    if len(steps) > 1 and is_whole and not steps[-1].endswith(":"):
        yield Unit("steps", quote, " ".join(steps), section, steps)
    for line in lines:
        match = _STEP.match(line)
        for sentence in sentences(match.group(1)) if match else ():
            yield Unit("sentence", sentence, plain(sentence), section)


def _run(lines: list[str], at: int, start: re.Pattern[str]) -> int:
    """Return where the run of lines that begin like this one ends."""
    end = at
    while end < len(lines) and start.match(lines[end]):
        end += 1
    return end


def _after_fence(lines: list[str], at: int) -> int:
    end = at + 1
    while end < len(lines) and not _FENCE.match(lines[end]):
        end += 1
    return end + 1
