"""How a run looks in a terminal while it goes on, and in `officina status` afterwards.

`status_lines` is what there is to say; RunView shows it while a run goes on, as one live view on a
terminal and as plain lines elsewhere, and `render_status` shows it once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from agents.journal import Journal, Spent
from agents.prices import Price, cost_of, dollars
from graph.brief import Brief
from graph.ledger import Ledger, Note, Progress
from training.rows import ABSTAINING

Prices = Mapping[str, Price]
PER_SECOND = 4
SECONDS_BETWEEN_LINES = 5.0
MOST_OF_TIME = 0.05
MOST_NOTES = 5
"""The share of the time that the view may spend on asking the databases."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What a run is doing."""

    name: str
    detail: str = ""


def status_lines(
    brief: Brief,
    progress: Progress,
    spent: Sequence[Spent],
    calls_limit: int,
    prices: Prices,
) -> list[tuple[str, str]]:
    """Return how far a run is, as names and values."""
    dropped = dict(sorted(progress.dropped.items(), key=lambda item: (-item[1], item[0])))
    reasons = ", ".join(f"{code} {count}" for code, count in dropped.items())
    tokens = sum(each.input_tokens + each.output_tokens for each in spent)
    return [
        ("accepted", _accepted(brief, progress)),
        ("drafts", f"{progress.drafts:,}"),
        ("revisions", f"{progress.revisions:,}"),
        ("dropped", f"{sum(dropped.values()):,}" + (f" ({reasons})" if reasons else "")),
        ("calls", f"{sum(each.calls for each in spent):,}/{calls_limit:,}"),
        ("tokens", f"{tokens:,}"),
        ("cost", dollars(cost_of(spent, prices))),
    ]


def _accepted(brief: Brief, progress: Progress) -> str:
    abstain = sum(progress.variants.get(variant, 0) for variant in ABSTAINING)
    said = f" ({abstain:,} abstain)" if abstain else ""
    return f"{progress.accepted:,}/{brief.rows:,}{said}"


def render_status(
    brief: Brief, progress: Progress, spent: Sequence[Spent], prices: Prices
) -> RenderableType:
    """Return how far a run is, as `officina status` prints it."""
    limit = brief.limits.calls_for(brief.rows)
    return _view(brief, progress, status_lines(brief, progress, spent, limit, prices))


def phase_after(event: Mapping[str, object], before: Phase) -> Phase:
    """Return what a run is doing once it has sent this event."""
    match event:
        case {"event": "reading", "manuals": manuals}:
            return Phase("reading", str(manuals))
        case {"event": "indexed", "done": done, "of": of, "document": document}:
            return Phase("indexing", f"{done} of {of}: {document}")
        case {"event": "waiting", "service": service, "seconds": seconds}:
            return Phase("waiting", f"for {service}, which does not answer; again in {seconds} s")
        case {"event": "comparing", "rows": rows}:
            return Phase("comparing", f"{rows} rows")
        case {"event": "planned", "round": round_, "candidates": candidates}:
            return Phase(f"writing round {round_}", f"with {candidates} candidates")
        case {"event": "accepted" | "dropped"} if before.name in ("starting", "waiting"):
            return Phase("writing")
        case {"event": "exported", "dataset": dataset}:
            return Phase("exporting", str(dataset))
        case {"event": "training", "line": line}:
            return Phase("training", str(line))
        case {"event": "evaluating", "line": line}:
            return Phase("evaluating", str(line))
        case _:
            return before


def seconds_left(gained: int, missing: int, elapsed: float) -> float | None:
    """Return how long the missing rows take at the speed so far; None while there is none."""
    if not missing:
        return 0.0
    return missing * elapsed / gained if gained else None


def clock(seconds: float | None) -> str:
    """Return a time as 1:02:03 or 02:03, and a dash for one that is not known."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def printable(text: str) -> str:
    """Return the text with a blank for every character that could move a cursor."""
    return "".join(char if char.isprintable() else " " for char in text)


class RunView:
    """Shows a run while it goes on; a context manager whose `on_event` gets the graph's events."""

    def __init__(
        self,
        brief: Brief,
        ledger: Ledger,
        journal: Journal,
        calls_limit: int,
        console: Console,
        prices: Prices,
    ) -> None:
        self._brief = brief
        self._ledger = ledger
        self._journal = journal
        self._calls_limit = calls_limit
        self._console = console
        self._prices = prices
        self._phase = Phase("starting")
        self._begun = self._last_line = time.monotonic()
        self._ask_again = 0.0
        self._progress, self._spent = self._ledger.progress(), self._journal.spent()
        self._at_start = self._progress.accepted
        # The refreshing thread of Live asks the databases too, so a long call still shows the time.
        self._live = Live(
            console=console,
            get_renderable=self._picture,
            refresh_per_second=PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        if self._is_live:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ask_again, self._phase = 0.0, Phase("stopped" if kind else "done")
        if self._is_live:
            self._live.stop()
        else:
            self._print_line()

    def on_event(self, event: Mapping[str, object]) -> None:
        """Take note of an event; off a terminal, say so when it is time for a line."""
        before, self._phase = self._phase, phase_after(event, self._phase)
        if self._is_live:
            return
        waited = time.monotonic() - self._last_line
        if self._phase.name != before.name or waited >= SECONDS_BETWEEN_LINES:
            self._print_line()

    @property
    def _is_live(self) -> bool:
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _print_line(self) -> None:
        self._last_line = time.monotonic()
        phase = f"{self._phase.name} {self._phase.detail}".strip()
        counts = ", ".join(f"{name} {value}" for name, value in self._lines())
        self._console.print(Text(printable(f"{phase}: {counts}")), soft_wrap=True)

    def _picture(self) -> RenderableType:
        phase = Text(self._phase.name, style="bold")
        detail = Text(f"  {printable(self._phase.detail)}", style="dim", overflow="ellipsis")
        head = Text.assemble(phase, detail, no_wrap=True, overflow="ellipsis")
        lines = self._lines()
        return Group(head, _view(self._brief, self._progress, lines))

    def _lines(self) -> list[tuple[str, str]]:
        self._ask()
        elapsed, accepted = time.monotonic() - self._begun, self._progress.accepted
        missing = max(0, self._brief.rows - accepted)
        left = seconds_left(accepted - self._at_start, missing, elapsed)
        return [
            *status_lines(
                self._brief, self._progress, self._spent, self._calls_limit, self._prices
            ),
            ("elapsed", clock(elapsed)),
            ("left", clock(left)),
        ]

    def _ask(self) -> None:
        """Query the databases if it is time to, the seldomer the longer they take."""
        asked = time.monotonic()
        if asked < self._ask_again:
            return
        # A database that is busy for a moment must not end a run for the sake of its picture.
        with suppress(SQLAlchemyError):
            self._progress, self._spent = self._ledger.progress(), self._journal.spent()
        took = time.monotonic() - asked
        self._ask_again = asked + max(1 / PER_SECOND, took / MOST_OF_TIME)


def _view(brief: Brief, progress: Progress, lines: Sequence[tuple[str, str]]) -> Table:
    """Return the lines under a bar of accepted rows."""
    bar = ProgressBar(total=brief.rows, completed=min(progress.accepted, brief.rows), width=40)
    table = Table.grid(padding=(0, 2))
    table.add_row("", bar)
    for name, value in lines:
        table.add_row(Text(name, style="dim"), Text(value))
    return table


def print_unused(notes: Sequence[Note]) -> None:
    """Print what of the manuals was not used, and why: a few lines, the report has them all."""
    unused = [note for note in notes if note.kind in ("unreadable", "skipped")]
    for note in unused[:MOST_NOTES]:
        page = f", page {note.page}" if note.page else ""
        print(f"not used {printable(note.path)}{page}: {printable(note.reason)}")
    if len(unused) > MOST_NOTES:
        print(f"not used {len(unused) - MOST_NOTES} more: the report names them.")
