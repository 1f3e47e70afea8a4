"""What a passage is to a question's own document, read from machines.csv or the file names alone.

`bench.distractors` compares the labels of the chosen passages with this.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

from bench.poison import Labelled, content
from bench.stated import all_in, values, without_values
from tools.passages import Passage

_SAME_WORDS = 0.7


def families(folder: Path) -> dict[str, tuple[str, str]]:
    """Return machine code and family of each file that machines.csv lists; none without one."""
    path = folder / "machines.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["filename"]: (row["machine_code"], row.get("family") or "")
            for row in csv.DictReader(file)
        }


def relation(own: str, other: str, known: Mapping[str, tuple[str, str]]) -> str:
    """Return what a document is to the question's own."""
    if own not in known or other not in known:
        return "same_document" if own == other else "other_document"
    (machine, family), (code, its_family) = known[own], known[other]
    if code == machine:
        return "same_machine"
    return "sibling" if family and its_family == family else "other_machine"


def is_right(
    label: str | None,
    passage: Passage,
    own: str,
    asked: Labelled,
    quote: str,
    known: Mapping[str, tuple[str, str]],
) -> bool:
    """Say whether the label of a chosen passage is right; the quote is the cited sentence."""
    expected = relation(own, passage.document, known)
    if label != "sibling_contrast":
        return label == expected
    return expected == "sibling" and gives_another_value(passage.text, asked, quote)


def gives_another_value(text: str, asked: Labelled, quote: str) -> bool:
    """Say whether the quote's sentence stands in the text with none of the answer's values."""
    known, held = values(asked.question), values(text)
    wanted = [value for value in values(asked.answer) if not all_in([value], known)]
    if not wanted or any(all_in([value], held) for value in wanted):
        return False
    said, words = (content(without_values(each), asked.language) for each in (quote, text))
    blocks = SequenceMatcher(None, said, words, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= _SAME_WORDS * len(said)
