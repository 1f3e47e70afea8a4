"""Traces: traces.jsonl, which maps a run's candidates and rows to their traces in LangSmith."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tools.library import write_whole

TRACES_FILE = "traces.jsonl"


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A candidate's trace; `row` is its row's id, `url` where a browser shows the trace."""

    candidate: str
    row: str | None
    trace: str
    project: str
    url: str | None = None


def note_trace(run: Path, line: TraceLine) -> None:
    """Add a trace that was delivered."""
    with (run / TRACES_FILE).open("a", encoding="utf-8") as file:
        file.write(_dumped([line]))


def read_traces(run: Path) -> list[TraceLine]:
    """Return the traces of a run; a line that a kill cut off is left out."""
    path = run / TRACES_FILE
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [TraceLine(**json.loads(line)) for line in lines if line.endswith("}")]


def trace_of(run: Path, candidate: str) -> TraceLine | None:
    """Return the last trace of a candidate."""
    found = [line for line in read_traces(run) if line.candidate == candidate]
    return found[-1] if found else None


def add_urls(run: Path, project_url: str) -> None:
    """Write where a browser shows each trace, for those that do not say it yet."""
    known = [
        line if line.url else replace(line, url=f"{project_url}/r/{line.trace}?poll=true")
        for line in read_traces(run)
    ]
    write_whole(run / TRACES_FILE, _dumped(known))


def run_filter(run_id: str) -> str:
    """Return the filter that finds a run's traces in LangSmith."""
    return f'and(eq(metadata_key, "run"), eq(metadata_value, "{run_id}"))'


def _dumped(lines: Iterable[TraceLine]) -> str:
    return "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines)
