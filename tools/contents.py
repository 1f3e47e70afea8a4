"""Contents: pages that only say where things are, so that nothing is asked about them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LEADER = re.compile(r"(?:\. ?){4,}\s*[\divxlc]*\W*$|(?:…\s*){2,}\d*\W*$", re.IGNORECASE)
_INDEX_LINE = re.compile(r".{2,60}?,? +\d{1,4}(?:[-–, ]+\d{1,4})*")
_PAGE_AT_END = re.compile(r"\b[\divxlc]{1,4}\W*$", re.IGNORECASE)
_NAMES = re.compile(
    r"#*\s*(?:table of contents|contents|index|indice|sommario|inhalt|inhaltsverzeichnis|índice|"
    r"contenido|table des matières|sommaire|inhoud|inhoudsopgave|sumário)\W*",
    re.IGNORECASE,
)
_TAIL = 120
_FEW = 5
_MANY = 20


def contents_problem(lines: Sequence[str], before: str | None = None) -> str | None:
    """Return "table of contents" or "index" where the page's lines are one, else None.

    `before` is the problem of the page before: the last page of an index may be short.
    """
    lines = [line[-_TAIL:] for line in lines if any(char.isalnum() for char in line)]
    if len(lines) < _FEW:
        return None
    if sum(bool(_LEADER.search(line)) for line in lines) > len(lines) / 4:
        return "table of contents"
    numbered = sum(bool(_PAGE_AT_END.search(line)) for line in lines)
    if _NAMES.fullmatch(lines[0]) and numbered > 0.7 * (len(lines) - 1):
        return "table of contents"
    entries = sum(bool(_INDEX_LINE.fullmatch(line)) for line in lines)
    least = _FEW if before == "index" else _MANY
    return "index" if len(lines) > least and entries > 0.7 * len(lines) else None
