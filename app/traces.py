"""Traces: traces.jsonl, which maps a run's candidates and rows to their traces in LangSmith."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

TRACES_FILE = "traces.jsonl"


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A candidate's trace; `row` is its row's id, `url` where a browser shows the trace."""

    candidate: str
    row: str | None
    trace: str
    project: str
    url: str | None = None


def note_traces(run: Path, lines: Iterable[TraceLine], project_url: str | None) -> None:
    """Add traces that were delivered, and where a browser shows them if that is known."""
    if project_url:
        lines = [replace(x, url=f"{project_url}/r/{x.trace}?poll=true") for x in lines]
    if text := "".join(json.dumps(asdict(x), ensure_ascii=False) + "\n" for x in lines):
        with (run / TRACES_FILE).open("a", encoding="utf-8") as file:
            file.write(text)


def read_traces(run: Path) -> Iterator[TraceLine]:
    """Yield the traces of a run; a line that a kill cut off is left out."""
    path = run / TRACES_FILE
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (TraceLine(**json.loads(line)) for line in file if line.endswith("}\n"))


def trace_of(run: Path, candidate: str) -> TraceLine | None:
    """Return the last trace of a candidate."""
    return next(iter(deque((x for x in read_traces(run) if x.candidate == candidate), 1)), None)


def run_filter(run_id: str) -> str:
    """Return the filter that finds a run's traces in LangSmith."""
    return f'and(eq(metadata_key, "run"), eq(metadata_value, "{run_id}"))'
