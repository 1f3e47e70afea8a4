"""Whether the rows of a run that abstain are right to, judged without the code that made them.

    python -m bench.abstentions RUN
    python -m bench.abstentions MANUALS [ROWS]

Of a folder of manuals, `bench.copies` plants copies of answers and counts those that rows show. Of
a run it reads `dataset/rows.parquet` and `documents/` alone, and prints one JSON line: by variant,
how many rows show a passage that holds the answer of the row they were made from (`bench.poison`
judges), tell that answer, do not name what is missing, are not linked to an answerable row of their
split, or hold what their question takes wrongly for granted. Of a false premise only the
distractors are judged: its own evidence contradicts it.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from bench import copies
from bench.poison import Labelled, best_window, content, poison
from bench.stated import all_in, values
from tools.passages import Passage

_NAMED = 0.6
_ROWS = 80
_PREMISE = re.compile(r"[“«„] ?([^”»“]+?) ?[”»“]")
Row = dict[str, Any]


def faults(row: Row, origin: Row | None, machines: Mapping[str, str | None]) -> Iterator[str]:
    """Yield a code for each fault of a row that abstains; `machines` by document."""
    if origin is None or not origin["answerable"] or origin["split"] != row["split"]:
        yield "not_linked"
        return
    asked = Labelled(
        origin["question"],
        origin["answer"],
        origin["language"],
        origin["machine_code"],
        tuple((c["document"], c["start"], c["end"]) for c in origin["citations"]),
    )
    shown = [_passage(passage, row, machines) for passage in row["context"]]
    for passage, place in zip(shown, range(len(shown)), strict=True):
        if place not in row["oracle_positions"] and (how := poison(passage, asked)):
            yield f"holds_answer_{how}"
    if row["variant"] == "false_premise":
        yield from _premise_faults(row, shown)
    else:
        yield from _closed_faults(row, origin)


def _closed_faults(row: Row, origin: Row) -> Iterator[str]:
    if row["citations"] or row["oracle_positions"]:
        yield "cites"
    asked = values(row["question"])
    told = [value for value in values(origin["answer"]) if not all_in([value], asked)]
    if any(all_in([value], values(row["answer"])) for value in told if value.kind):
        yield "tells_answer"
    wanted = content(row["question"], row["language"])
    if wanted and best_window(wanted, content(row["answer"], row["language"])) < _NAMED:
        yield "names_nothing"


def _premise_faults(row: Row, shown: list[Passage]) -> Iterator[str]:
    quoted = _PREMISE.search(row["answer"])
    if quoted is None or quoted[1] not in row["question"]:
        yield "no_premise"
    elif any(quoted[1] in passage.text for passage in shown):
        yield "premise_stands_there"


def _passage(passage: dict[str, Any], row: Row, machines: Mapping[str, str | None]) -> Passage:
    return Passage(
        id=passage["passage_id"],
        document_id="",
        document=passage["document"],
        start=passage["start"],
        end=passage["end"],
        text=passage["text"],
        pages=(1, 1),
        section=(),
        language=row["language"],
        machine=machines[passage["document"]],
    )


def measure(run: Path) -> dict[str, object]:
    """Return the counts over a run's rows that abstain."""
    lines = (run / "documents" / "documents.jsonl").read_text("utf-8").splitlines()
    machines = {each["path"]: each["machine"] for each in map(json.loads, lines)}
    parquet = run / "dataset" / "rows.parquet"
    rows = cast("list[Row]", pq.read_table(parquet).to_pylist())
    by_id = {row["id"]: row for row in rows}
    counts, found = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for row in rows:
        if not row["answerable"]:
            counts[row["variant"]] += 1
            codes = set(faults(row, by_id.get(row["derived_from"]), machines))
            found[row["variant"]].update(codes)
    return {
        "rows": len(rows),
        "abstaining": sum(counts.values()),
        "variants": {
            variant: {"rows": count, "faults": dict(sorted(found[variant].items()))}
            for variant, count in sorted(counts.items())
        },
    }


def main(arguments: list[str]) -> None:
    """Print what is found of a run, or of copies planted in a folder of manuals."""
    if len(arguments) not in (1, 2) or not Path(arguments[0]).is_dir():
        sys.exit("usage: python -m bench.abstentions RUN, or MANUALS [ROWS]: give a folder.")
    folder = Path(arguments[0])
    if (folder / "dataset" / "rows.parquet").is_file():
        print(json.dumps(measure(folder)))
        return
    rows = int(arguments[1]) if len(arguments) > 1 else _ROWS
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(copies.measure(folder, Path(scratch), rows), ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
