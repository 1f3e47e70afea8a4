import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from langchain_core.messages import AIMessage
from rich.console import Console
from sqlalchemy import create_engine

from agents.journal import CallKey, Journal, Spent
from agents.prices import Price
from app.progress import (
    Phase,
    RunView,
    clock,
    phase_after,
    render_status,
    status_lines,
    time_left,
)
from graph.brief import Brief
from graph.ledger import Ledger, Progress
from graph.progress import ProgressEvent, counts_of
from graph.state import Candidate, Window

PROGRESS = Progress(
    planned=40,
    accepted=12,
    drafts=33,
    revisions=5,
    dropped={"duplicate": 2, "no_subject": 4},
)
SPENT = [
    Spent("critic", "openai:large", 30, 4000, 500),
    Spent("generator", "openai:small", 20, 1000, 100),
]
PRICES = {"openai:large": Price(input=10, output=30), "openai:small": Price(input=1, output=2)}
SHOW_CURSOR = "\x1b[?25h"
CONTROL = {chr(code) for code in [*range(32), 127] if chr(code) != "\n"}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[tuple[Ledger, Journal]]:
    engine = create_engine(f"sqlite:///{tmp_path / 'run.sqlite'}")
    ledger, journal = Ledger(engine), Journal(engine)
    window = Window("w", "d", 0, 10, (1, 1), "en", None)
    ledger.plan([Candidate(f"c{number}", 1, window) for number in range(5)])
    for number, reason in enumerate(["no_subject", "no_subject", "unanswered"]):
        asyncio.run(ledger.drop(f"c{number}", reason, question="q", drafts=2, answers=0, life=[]))
    usage = {"input_tokens": 900, "output_tokens": 100, "total_tokens": 1000}
    reply = AIMessage("yes", usage_metadata=usage)
    for attempt in range(3):
        key = CallKey("c0", "draft", attempt)
        recorded = journal.record_reply(key, "sent", role="generator", model="m", reply=reply)
        asyncio.run(recorded)
    yield ledger, journal
    engine.dispose()


def event(**values: object) -> ProgressEvent:
    counts = counts_of(Brief(rows=8), PROGRESS, SPENT, PRICES)
    plain: dict[str, object] = {"in_flight": 3, "waiting": 1, "width": 16, "replayed": 0}
    plain |= {"faults": {}, "elapsed": 9.0, "left": None, "stalled": None, "event": "progress"}
    return cast("ProgressEvent", {**counts, **plain, **values})


def shown(books: tuple[Ledger, Journal], console: Console, events: list[dict[str, object]]) -> None:
    with RunView(Brief(rows=8), *books, console, PRICES) as view:
        for event in events:
            view.on_event(event)


def test_status_names_every_count() -> None:
    assert dict(status_lines(counts_of(Brief(rows=60), PROGRESS, SPENT, PRICES))) == {
        "accepted": "12/60",
        "drafts": "33",
        "revisions": "5",
        "dropped": "6 (no_subject 4, duplicate 2)",
        "calls": "50/2,400",
        "tokens": "5,600",
        "cost": "$0.0562",
    }


def test_status_renders_under_a_bar() -> None:
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(render_status(Brief(rows=60), PROGRESS, SPENT, {}))
    bar, *lines = console.export_text().splitlines()
    assert bar.strip("━╺╸ ") == ""
    assert [line.split()[:2] for line in lines] == [
        ["accepted", "12/60"],
        ["drafts", "33"],
        ["revisions", "5"],
        ["dropped", "6"],
        ["calls", "50/2,400"],
        ["tokens", "5,600"],
        ["cost", "–"],
    ]


def test_plain_lines_hold_no_control_characters(books: tuple[Ledger, Journal]) -> None:
    out = io.StringIO()
    events: list[dict[str, object]] = [
        {"event": "reading", "manuals": "manuals"},
        {"event": "planned", "round": 1, "candidates": 5},
        {"event": "training", "line": "loss\r 2.0 \x1b[31m[bold]red[/bold]\x1b[0m"},
    ]
    shown(books, Console(file=out, width=20), events)
    text = out.getvalue()
    assert not CONTROL & set(text)
    assert "[bold]red" in text
    assert "dropped 3 (no_subject 2, unanswered 1), calls 3/320, tokens 3,000" in text


def test_plain_lines_come_with_phases(books: tuple[Ledger, Journal]) -> None:
    out = io.StringIO()
    dropped: dict[str, object] = {"event": "dropped", "candidate": "c", "reason": "r"}
    indexed: dict[str, object] = {"event": "indexed", "document": "a.md", "done": 1, "of": 1}
    planned: dict[str, object] = {"event": "planned", "round": 1, "candidates": 5}
    shown(books, Console(file=out), [indexed, planned, *[dropped] * 500])
    phases = [line.split(":")[0] for line in out.getvalue().splitlines()]
    assert phases[:2] == ["indexing 1 of 1", "writing round 1 with 5 candidates"]
    assert phases[-1] == "done"
    assert len(phases) < 100


def test_live_view_shows_the_counts(books: tuple[Ledger, Journal]) -> None:
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    shown(books, console, [{"event": "planned", "round": 2, "candidates": 5}])
    text = console.export_text()
    for said in ("done", "0/8", "no_subject 2, unanswered 1", "3/320", "3,000", "–"):
        assert said in text, said


def test_live_view_ends_on_errors(books: tuple[Ledger, Journal]) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with pytest.raises(KeyboardInterrupt), RunView(Brief(rows=8), *books, console, {}):
        raise KeyboardInterrupt
    assert out.getvalue().endswith(SHOW_CURSOR)


@pytest.mark.parametrize(
    ("event", "phase"),
    [
        ({"event": "reading", "manuals": "m"}, Phase("reading", "m")),
        (
            {"event": "indexed", "document": "a", "done": 2, "of": 3},
            Phase("indexing", "2 of 3: a"),
        ),
        (
            {"event": "planned", "round": 4, "candidates": 9},
            Phase("writing round 4", "with 9 candidates"),
        ),
        ({"event": "accepted", "candidate": "c", "question": "q"}, Phase("writing")),
        ({"event": "exported", "dataset": "d"}, Phase("exporting", "d")),
        ({"event": "training", "line": "loss 1"}, Phase("training", "loss 1")),
        ({"event": "evaluating", "line": "1 of 2"}, Phase("evaluating", "1 of 2")),
        ({"event": "assessed", "accepted": 3}, Phase("starting")),
    ],
)
def test_phase_follows_the_events(event: dict[str, object], phase: Phase) -> None:
    assert phase_after(event, Phase("starting")) == phase


def test_outcomes_keep_the_round_shown() -> None:
    writing = Phase("writing round 2", "with 9 candidates")
    assert phase_after({"event": "dropped", "candidate": "c", "reason": "r"}, writing) == writing


def test_time_left_is_an_interval() -> None:
    assert time_left(None) == "–"
    assert time_left(event(left=None)) == "–"
    assert time_left(event(left=[90.0, 240.0])) == "01:30–04:00"
    assert time_left(event(left=[0.0, 0.0])) == "00:00"
    assert time_left(event(left=None, stalled=130.0)) == "– (no row for 02:10)"
    assert clock(3723.4) == "1:02:03"


def test_event_is_what_is_shown(books: tuple[Ledger, Journal]) -> None:
    out = io.StringIO()
    with RunView(Brief(rows=8), *books, Console(file=out), {}) as view:
        view.on_event(event(accepted=5, in_flight=7, faults={"refused": 2, "timed_out": 0}))
        view.on_event({"event": "planned", "round": 2, "candidates": 5})
    line = out.getvalue().splitlines()[0]
    assert "accepted 5/8" in line
    assert "in flight 7 of 16, 1 waiting, faults 2 refused" in line
    assert "timed out" not in line


def test_line_comes_without_events(
    books: tuple[Ledger, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.progress.SECONDS_BETWEEN_LINES", 0.01)
    out, printed = io.StringIO(), threading.Semaphore(0)
    monkeypatch.setattr(out, "flush", printed.release)
    with RunView(Brief(rows=8), *books, Console(file=out), {}):
        # A view without a timer prints once, when it is left.
        assert all(printed.acquire(timeout=20) for _ in range(3))
    assert len(out.getvalue().splitlines()) >= 4


def test_nothing_accepted_is_said_once(books: tuple[Ledger, Journal]) -> None:
    out = io.StringIO()
    said: dict[str, object] = {"event": "nothing_accepted", "sentence": "None became a row."}
    shown(books, Console(file=out), [said])
    assert out.getvalue().count("None became a row.") == 1
