"""From table rows to questions: what the offline generator may ask about a cell.

`agents/offline_questions.py` calls `row_facts` for every row of a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.offline_facts import Fact
from agents.offline_phrases import Column
from agents.offline_text import Unit, heading_of
from agents.offline_wording import Wording

_LEAST_CELL = 12
_LEAST_CELL_WORDS = 4
_BLANK_VALUE = re.compile(r"\s*(?:\(#\))?[:\s]*[-–—]{2,}.*$")
_MEASURE = re.compile(r"[±<>≤≥]?\d[\d.,]*(?: ?[–-] ?\d[\d.,]*)?")
_NAMED_UNIT = re.compile(r"(.*?) *\(([^()]{1,8})\)")
_UNIT = re.compile(r"(?i)(?:unit|unità|unidad|einheit|unité)")


def row_facts(unit: Unit, wording: Wording) -> Iterator[Fact]:
    """Yield what may be asked about the cells of a row, by the row's first cell."""
    phrases, machine = wording.phrases, wording.machine
    head, row = unit.header[0], _BLANK_VALUE.sub("", unit.cells[0])
    if re.search(phrases.dull_columns, head) or not re.search(r"\w", row) or row[0] in "*†":
        return
    if re.search(phrases.dull_rows, row) or (row.isdecimal() and "(" in head):
        return
    for column, cell in list(zip(unit.header, unit.cells, strict=True))[1:]:
        if _is_dull(wording, column, cell):
            continue
        name, told = _measured(wording, unit, column, cell)
        asked = _column(wording, column, head, told)
        if asked is None or not (machine or asked.short or _says_enough(cell)):
            continue
        if told == cell and _MEASURE.fullmatch(cell) and not _is_counted(wording, column, row):
            continue
        yield from _cell(wording, unit, asked, row, name, told)


def _is_dull(wording: Wording, column: str, cell: str) -> bool:
    phrases = wording.phrases
    return bool(
        re.search(phrases.dull_columns, column)
        or not re.search(r"\w", cell)
        or cell[0] in "?*"
        or re.search(phrases.leaning, cell)
        or re.search(phrases.vague, cell)
        or " * " in cell
        or (wording.machine and wording.machine in cell)
    )


def _is_counted(wording: Wording, column: str, row: str) -> bool:
    """Say whether a number is whole without a unit: a count, or a number that names a part."""
    return bool(re.search(wording.phrases.counted, f"{column}\n{row}"))


def _measured(wording: Wording, unit: Unit, column: str, cell: str) -> tuple[str, str]:
    """Return a column's name without its unit, and the cell with it where it is a bare number."""
    name, measure = column, ""
    bracket = _NAMED_UNIT.fullmatch(column)
    if bracket and wording.phrases.pattern("%unit%").fullmatch(bracket[2]):
        name, measure = bracket.groups()
    if len(unit.header) == 3 and _UNIT.match(unit.header[2]):
        measure = unit.cells[2]
    is_bare = _MEASURE.fullmatch(cell) or name == column
    return name, f"{cell} {measure}".strip() if is_bare else cell


def _column(wording: Wording, column: str, head: str, cell: str) -> Column | None:
    rules = (
        each
        for each in wording.phrases.columns
        if re.search(each.match, column)
        and re.search(each.row, head)
        and wording.phrases.pattern(each.cell).search(cell)
        and (wording.machine or not each.machine)
    )
    return next(rules, None)


def _cell(
    wording: Wording, unit: Unit, asked: Column, row: str, name: str, cell: str
) -> Iterator[Fact]:
    slots = _slots(wording, unit, row, name, cell)
    questions = wording.forms(asked.ask, slots)
    if not questions:
        return
    answer = wording.polished(asked.say.format(**slots))
    answer = re.sub(r"\.\.$", ".", answer)
    if asked.say.startswith("{The") or not answer.startswith(row):
        answer = answer[:1].upper() + answer[1:]
    worth = 10 if wording.machine and re.search(r"\d", cell) else asked.worth
    yield Fact(unit.quote, questions, answer, asked.kind, "medium", "column", worth)


def _slots(wording: Wording, unit: Unit, row: str, name: str, cell: str) -> dict[str, str]:
    """Return what a column's forms may name."""
    head, heading = unit.header[0], heading_of(unit)
    the_row, the_column = wording.with_article(row, head), wording.with_article(name, "")
    the_head = wording.with_article(head, "")
    return {
        "head": wording.small(head),
        "the_head": the_head,
        "The_head": the_head[:1].upper() + the_head[1:],
        "Head": head,
        "row": row,
        "second": unit.cells[1],
        "the_row": the_row,
        "The_row": the_row[:1].upper() + the_row[1:],
        "column": wording.small(name),
        "Column": name,
        "the_column": the_column,
        "The_column": the_column[:1].upper() + the_column[1:],
        "cell": cell,
        "colon": ":" if re.match(r"[A-ZÀ-Ý][a-zà-ÿ]", cell) else "",
        "under": wording.phrases.say["under"].format(heading=heading) if heading != row else "",
    }


def _says_enough(cell: str) -> bool:
    return len(cell) >= _LEAST_CELL and len(cell.split()) >= _LEAST_CELL_WORDS
