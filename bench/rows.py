"""How far the exported rows of a run hold, judged without the code that made them.

    python -m bench.rows RUN

Reads `dataset/rows.parquet` and `documents/` alone, and prints one JSON line: how many rows have a
span that is not its document's text, a quote outside its pages, a number that no citation holds, a
citation or the name of another machine, a distractor that holds a cited quote, or a question asked
twice.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from bench.folding import folded

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


def faults(
    row: dict[str, Any], documents: dict[str, dict[str, Any]], names: set[str]
) -> Iterator[str]:
    """Yield a code for each fault of a row; `documents` by path, with their text."""
    for span, words in _spans(row):
        if documents[span["document"]]["text"][span["start"] : span["end"]] != words:
            yield "span_is_not_its_text"
    for citation in row["citations"]:
        document = documents[citation["document"]]
        ends = (citation["start"], citation["end"] - 1)
        if not {_page(document, end) for end in ends} <= set(row["pages"]):
            yield "quote_outside_its_pages"
        if document["machine"] != row["machine_code"]:
            yield "cites_another_machine"
    evidence = " ".join(citation["quote"] for citation in row["citations"])
    held = set(_DIGITS.findall(evidence))
    # A near miss says which sibling its passages speak of.
    may_name = names if row.get("variant") == "near_miss" else {row["machine_name"] or ""} - {""}
    loose = set(_DIGITS.findall(_without(row["answer"], row, may_name))) - held
    if loose:
        yield "number_not_in_a_quote"
    said = f"{row['question']} {row['answer']}"
    if _named(said, names | may_name) - may_name:
        yield "another_machine"
    if row["answerable"] and not row["citations"]:
        yield "nothing_cited"
    yield from _context_faults(row)


def _context_faults(row: dict[str, Any]) -> Iterator[str]:
    oracles = {citation["passage_id"] for citation in row["citations"]}
    for place, passage in enumerate(row["context"]):
        if (passage["passage_id"] in oracles) != (passage["role"] == "oracle"):
            yield "wrong_role"
        if (place in row["oracle_positions"]) != (passage["role"] == "oracle"):
            yield "wrong_position"
        if passage["role"] == "distractor" and any(
            folded(citation["quote"]) in folded(passage["text"]) for citation in row["citations"]
        ):
            yield "distractor_holds_a_quote"


def _page(document: dict[str, Any], offset: int) -> int | None:
    inside = (p["number"] for p in document["pages"] if p["start"] <= offset < p["end"])
    return next(inside, None)


def _spans(row: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for passage in row["context"]:
        yield passage, passage["text"]
    for citation in row["citations"]:
        yield citation, citation["quote"]


def _without(answer: str, row: dict[str, Any], may_name: set[str]) -> str:
    """Leave out machines that may be named, and numbers that the question asked about."""
    for known in (*_longest_first(may_name), row["machine_code"]):
        answer = answer.replace(known, " ") if known else answer
    asked = set(_DIGITS.findall(row["question"]))
    return _DIGITS.sub(lambda number: "" if number[0] in asked else number[0], answer)


def _named(text: str, names: set[str]) -> set[str]:
    """Return the names that stand in the text; a name inside a longer one does not."""
    found: set[str] = set()
    for name in _longest_first(names):
        text, times = re.subn(rf"(?<!\w){re.escape(name)}(?!\w)", "\0", text, flags=re.IGNORECASE)
        if times:
            found.add(name)
    return found


def _longest_first(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))


def measure(run: Path) -> dict[str, object]:
    """Return the counts over a run's rows."""
    documents: dict[str, dict[str, Any]] = {}
    for line in (run / "documents" / "documents.jsonl").read_text("utf-8").splitlines():
        document = json.loads(line)
        text = run / "documents" / f"{document['id']}.txt"
        with text.open(encoding="utf-8", newline="") as file:
            documents[document["path"]] = document | {"text": file.read()}
    parquet = run / "dataset" / "rows.parquet"
    rows = cast("list[dict[str, Any]]", pq.read_table(parquet).to_pylist())
    names = {row["machine_name"] for row in rows if row["machine_name"]}
    found = Counter(code for row in rows for code in set(faults(row, documents, names)))
    # What is not answerable asks what the row asks that it was made from.
    questions = Counter(folded(row["question"]) for row in rows if row["answerable"])
    found["asked_twice"] = sum(count - 1 for count in questions.values())
    return {"rows": len(rows), "faults": {code: n for code, n in sorted(found.items()) if n}}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bench.rows RUN")
    if not (Path(sys.argv[1]) / "dataset" / "rows.parquet").is_file():
        sys.exit(f"{sys.argv[1]} is no run that was exported: give a run folder.")
    print(json.dumps(measure(Path(sys.argv[1]))))
