"""How a run looks in a terminal while it goes on, and in `officina status` afterwards.

RunView shows what the graph's progress events say (`graph/progress.py`), as one live view on a
terminal and as plain lines elsewhere; `render_status` shows a run at rest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from agents.journal import Journal, Spent
from agents.prices import Price, dollars
from app.state import open_books
from graph.brief import Brief
from graph.ledger import Ledger, Note, Progress
from graph.progress import Counts, ProgressEvent, counts_of

Prices = Mapping[str, Price]
PER_SECOND = 4
SECONDS_BETWEEN_LINES = 30.0
OLD_AFTER = 20.0
"""Figures that are older, in seconds, are shown with their age."""
MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class Phase:
    """What a run is doing."""

    name: str
    detail: str = ""


def status_lines(counts: Counts) -> list[tuple[str, str]]:
    """Return how far a run is, as names and values."""
    reasons = ", ".join(f"{code} {count}" for code, count in counts["dropped"].items())
    dropped = f"{sum(counts['dropped'].values()):,}"
    abstain = f" ({counts['abstaining']:,} abstain)" if counts["abstaining"] else ""
    return [
        ("accepted", f"{counts['accepted']:,}/{counts['wanted']:,}{abstain}"),
        ("drafts", f"{counts['drafts']:,}"),
        ("revisions", f"{counts['revisions']:,}"),
        ("dropped", f"{dropped} ({reasons})" if reasons else dropped),
        ("calls", f"{counts['calls']:,}/{counts['calls_limit']:,}"),
        ("tokens", f"{counts['tokens']:,}"),
        ("cost", dollars(counts["cost"])),
    ]


def live_lines(event: ProgressEvent) -> list[tuple[str, str]]:
    """Return what goes on now in a run, as names and values."""
    faults = ", ".join(
        f"{count:,} {kind.replace('_', ' ')}" for kind, count in event["faults"].items() if count
    )
    flying = f"{event['in_flight']:,} of {event['width']:,}"
    waiting = f", {event['waiting']:,} waiting" if event["waiting"] else ""
    return [("in flight", flying + waiting), *([("faults", faults)] if faults else [])]


def time_left(event: ProgressEvent | None) -> str:
    """Return the time left with its uncertainty, or that rows have stopped coming."""
    if event is None or (event["left"] is None and event["stalled"] is None):
        return "–"
    if event["stalled"] is not None:
        return f"– (no row for {clock(event['stalled'])})"
    low, high = map(clock, event["left"] or (0.0, 0.0))
    return low if low == high else f"{low}–{high}"


def render_status(
    brief: Brief, progress: Progress, spent: Sequence[Spent], prices: Prices
) -> RenderableType:
    """Return how far a run is, as `officina status` prints it."""
    counts = counts_of(brief, progress, spent, prices)
    return _view(counts, status_lines(counts))


def phase_after(event: Mapping[str, object], before: Phase) -> Phase:
    """Return what a run is doing once it has sent this event."""
    match event:
        case {"event": "reading", "manuals": manuals}:
            return Phase("reading", str(manuals))
        case {"event": "indexed", "done": done, "of": of, "document": document}:
            return Phase("indexing", f"{done} of {of}: {document}")
        case {"event": "waiting", "service": service, "seconds": seconds}:
            return Phase("waiting", f"for {service}; again in {seconds} s")
        case {"event": "sampling", "candidates": candidates}:
            return Phase("sampling", f"{candidates} candidates")
        case {"event": "comparing", "rows": rows}:
            return Phase("comparing", f"{rows} rows")
        case {"event": "planned", "round": round_, "candidates": candidates}:
            return Phase(f"writing round {round_}", f"with {candidates} candidates")
        case {"event": "accepted" | "dropped"} if before.name in ("starting", "waiting"):
            return Phase("writing")
        case {"event": "exported", "dataset": dataset}:
            return Phase("exporting", str(dataset))
        case {"event": "training" | "evaluating" as name, "line": line}:
            return Phase(str(name), str(line))
        case _:
            return before


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
    """Shows a run while it goes on; a context manager whose `on_event` gets the graph's events.

    What it shows is what the last progress event said; it asks the databases at its begin and its
    end alone. Off a terminal a line comes with each phase, and from a timer.
    """

    def __init__(
        self,
        brief: Brief,
        ledger: Ledger,
        journal: Journal,
        console: Console,
        prices: Prices,
    ) -> None:
        self._brief = brief
        self._ledger = ledger
        self._journal = journal
        self._console = console
        self._prices = prices
        self._phase = Phase("starting")
        self._begun = self._last_line = self._told = time.monotonic()
        self._counts = self._count()
        self._now: ProgressEvent | None = None
        self._printing = threading.Lock()
        self._over = threading.Event()
        self._timer = threading.Thread(target=self._print_lines, daemon=True)
        self._live = Live(
            console=console,
            get_renderable=self._picture,
            refresh_per_second=PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        if self._is_live:
            self._live.start(refresh=True)
        else:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._phase, self._now = Phase("stopped" if kind else "done"), None
        # A database that cannot be read must not hide what ended the run.
        with suppress(SQLAlchemyError):
            self._counts = self._count()
        if self._is_live:
            self._live.stop()
        else:
            self._over.set()
            self._timer.join()
            self._print_line()

    def on_event(self, event: Mapping[str, object]) -> None:
        """Take note of an event; off a terminal, say at once that another phase has begun."""
        before, self._phase = self._phase, phase_after(event, self._phase)
        if event.get("event") == "progress":
            self._counts = self._now = cast("ProgressEvent", event)
            self._told = time.monotonic()
        if event.get("event") == "nothing_accepted":
            self._console.print(Text(printable(str(event["sentence"]))), soft_wrap=True)
        if not self._is_live and self._phase.name != before.name:
            self._print_line()

    @property
    def _is_live(self) -> bool:
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _count(self) -> Counts:
        return counts_of(self._brief, self._ledger.progress(), self._journal.spent(), self._prices)

    def _print_lines(self) -> None:
        """Print a line whenever none was printed for long, whatever the run does meanwhile."""
        while not self._over.wait(max(0.0, self._last_line + SECONDS_BETWEEN_LINES - _now())):
            if _now() >= self._last_line + SECONDS_BETWEEN_LINES:
                self._print_line()

    def _print_line(self) -> None:
        with self._printing:
            self._last_line = _now()
            phase = f"{self._phase.name} {self._phase.detail}".strip()
            counts = ", ".join(f"{name} {value}" for name, value in self._lines())
            self._console.print(Text(printable(f"{phase}: {counts}")), soft_wrap=True)

    def _picture(self) -> RenderableType:
        phase = Text(self._phase.name, style="bold")
        detail = Text(f"  {printable(self._phase.detail)}", style="dim", overflow="ellipsis")
        head = Text.assemble(phase, detail, no_wrap=True, overflow="ellipsis")
        return Group(head, _view(self._counts, self._lines()))

    def _lines(self) -> list[tuple[str, str]]:
        now = self._now
        lines = [*status_lines(self._counts), *(live_lines(now) if now else [])]
        lines += [("elapsed", clock(_now() - self._begun)), ("left", time_left(now))]
        age = _now() - self._told
        return [*lines, ("as of", f"{clock(age)} ago")] if now and age > OLD_AFTER else lines


def _now() -> float:
    return time.monotonic()


def _view(counts: Counts, lines: Sequence[tuple[str, str]]) -> Table:
    """Return the lines under a bar of accepted rows."""
    wanted = counts["wanted"]
    bar = ProgressBar(total=wanted, completed=min(counts["accepted"], wanted), width=40)
    table = Table.grid(padding=(0, 2))
    table.add_row("", bar)
    for name, value in lines:
        table.add_row(Text(name, style="dim"), Text(value))
    return table


@contextmanager
def viewed(run: Path, brief: Brief, prices: Prices) -> Generator[RunView]:
    """Show on standard error what a run does that goes on."""
    with (
        open_books(run) as (ledger, journal),
        RunView(brief, ledger, journal, Console(stderr=True), prices) as view,
    ):
        yield view


def print_unused(notes: Sequence[Note]) -> None:
    """Print what of the manuals was not used, and why: a few lines, the report has them all."""
    unused = [note for note in notes if note.kind in ("unreadable", "skipped")]
    for note in unused[:MOST_NOTES]:
        page = f", page {note.page}" if note.page else ""
        print(f"not used {printable(note.path)}{page}: {printable(note.reason)}")
    if len(unused) > MOST_NOTES:
        print(f"not used {len(unused) - MOST_NOTES} more: the report names them.")
