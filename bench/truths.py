"""Truths: the factual sentences and table rows of a folder's manuals, and the passages they are in.

A sentence has at least four words and an end, is no question, heading or caption, and stands in no
listing; a table row is worded as its label and a value ("P4, Length: 4 digits"). `bench.mutations`
takes them as true answers, `bench.mutants` makes false ones of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bench.folding import folded
from bench.lexicon import lexicons
from tools.documents import Document, read_folder
from tools.language import detect
from tools.passages import Passage, split

_FENCED = re.compile(r"^ *(```|~~~).*?(?:^ *\1|\Z)", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"(?:^\|.*\|[ \t]*(?:\n|\Z))+", re.MULTILINE)
_RULE = re.compile(r"\|(?:\s*:?-{3,}:?\s*\|)+\s*")
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.)])\s+")
_BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)")
_END = re.compile(r"(?<=[.!?;])[\"”»)]?\s+(?=[^\Wa-z_]|[«“\"(¿¡])")
_ABBREVIATION = re.compile(
    r"\b(?i:e\.g|i\.e|z\.B|d\.h|u\.a|p\. ?ej|ca|approx|fig|abb|kap|cap|sez|sec|pag|p|pp|no|nr|n"
    r"|art|max|min|vs|st|ecc|etc|bzw|usw|es|mr|dr)\.$|(?<![°\d])(?<!\d )\b[A-ZÀ-Ý]\.$"
)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_UNIT_HEADER = re.compile(r"unit[àéy]?|unidad|unité|einheit|u\.m\.|um", re.IGNORECASE)
_LONGEST = 400

Sort = Literal["sentence", "row"]


@dataclass(frozen=True, slots=True)
class Truth:
    """A true answer, and the texts of the passages of its document in which it stands.

    Of a row, `cell` is where its `value` stands, `place` names its table and column, `label` are
    the cells that name it, `named` and `column` how the answer says so.
    """

    text: str
    sort: Sort
    language: str
    document: str
    evidence: tuple[str, ...]
    cell: tuple[int, int] = (0, 0)
    place: str = ""
    label: str = ""
    named: str = ""
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder's documents with their passages and titles, and the truths found in them."""

    documents: dict[str, list[Passage]]
    titles: dict[str, str]
    truths: list[Truth]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value in a table, with the label of its row and, where it needs one, its column."""

    label: str
    named: str
    column: str
    value: str
    header: str


def read_truths(root: Path) -> Folder:
    """Return the folder's truths in text order; one that many documents state is there for each."""
    documents, _ = read_folder(root)
    passages = {document.path: split(document) for document in documents}
    truths = [truth for each in documents for truth in truths_of(each, passages[each.path])]
    return Folder(passages, {each.path: each.title for each in documents}, truths)


def truths_of(document: Document, passages: Sequence[Passage]) -> Iterator[Truth]:
    """Yield the distinct truths of a document."""
    stated: dict[tuple[str, Sort], list[tuple[Truth, str]]] = defaultdict(list)
    for passage in passages:
        for truth in _in_passage(document.path, passage):
            stated[folded(truth.text), truth.sort].append((truth, passage.text))
    for found in stated.values():
        first = found[0][0]
        evidence = tuple(dict.fromkeys(text for _, text in found))
        yield replace(first, evidence=evidence)


def _in_passage(document: str, passage: Passage) -> Iterator[Truth]:
    text = without_listings(passage.text)
    for sentence in sentences(_HEADING.sub("\n", _TABLE.sub("\n\n", text))):
        own = detect(sentence)
        language = own if own in lexicons() else passage.language
        yield Truth(sentence, "sentence", language, document, ())
    for table in _TABLE.findall(text):
        for cell in _cells(table):
            opening = f"{cell.named}, {cell.column}: " if cell.column else f"{cell.named}: "
            yield Truth(
                opening + cell.value,
                "row",
                passage.language,
                document,
                (),
                (len(opening), len(opening) + len(cell.value)),
                f"{cell.header} | {cell.column}",
                cell.label,
                cell.named,
                cell.column,
                cell.value,
            )


def without_listings(text: str) -> str:
    """Return the text with its code listings taken out."""
    return _FENCED.sub("\n\n", text)


def sentences(text: str) -> Iterator[str]:
    """Yield the factual sentences of plain prose, on one line each, without their list marks."""
    for block in _BREAK.split(text):
        item = _ITEM.match(block)
        line = " ".join((block[item.end() :] if item else block).split())
        for sentence in _cut(line):
            words = _LETTERS.findall(sentence)
            ended = sentence.rstrip('"”»)').endswith((".", "!", ";"))
            open_ended = sentence.endswith(("?", ":", "...", "…"))
            fits = len(words) >= 4 and len(sentence) <= _LONGEST
            if fits and (ended or item) and not open_ended:
                yield sentence


def _cut(line: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(line):
        sentence = line[start : end.start()]
        if not _ABBREVIATION.search(sentence):
            yield line[start : end.end()].strip()
            start = end.end()
    yield line[start:].strip()


def _cells(table: str) -> Iterator[_Cell]:
    """Yield each filled cell of a table that a label names.

    A column of units joins the value before it. A label without a letter is read with its header
    ("Revision 03"); one that names two rows with the second column ("Gecko, Model 201").
    """
    lines = [line.strip() for line in table.strip().split("\n")]
    if len(lines) < 3 or not _RULE.fullmatch(lines[1]):
        return
    header, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    rows = rows[1:]
    units = [n for n, name in enumerate(header) if _UNIT_HEADER.fullmatch(name) and n > 1]
    for row in rows:
        size = _label_size(row, rows)
        named = row[0] if any(map(str.isalpha, row[0])) else f"{header[0]} {row[0]}"
        named = ", ".join((named, *(f"{header[n]} {row[n]}" for n in range(1, size))))
        if not size or len(row) != len(header) or not _is_label(named):
            continue
        for column in range(size, len(row)):
            if column in units or not any(map(str.isalnum, row[column])):
                continue
            unit = row[column + 1] if column + 1 in units else ""
            joins = any(map(str.isalnum, unit)) and "/" not in row[column]
            value = f"{row[column]} {unit}" if joins else row[column]
            name = header[column] if len(header) - len(units) > 2 else ""
            yield _Cell(" | ".join(row[:size]), named, name, value, " / ".join(header))


def _label_size(row: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how many cells name the row alone: one, two, or 0 where two are not enough."""
    for size in (1, 2):
        if len(row) > size and sum(other[:size] == row[:size] for other in rows) == 1:
            return size
    return 0


def _is_label(cell: str) -> bool:
    return any(map(str.isalpha, cell)) and len(cell) <= _LONGEST // 2


def distinct(truths: Iterable[Truth]) -> list[Truth]:
    """Return the truths without those that an earlier document states in the same words."""
    return list({folded(truth.text): truth for truth in reversed(list(truths))}.values())[::-1]
