"""Progress: how far a run is, as plain values, for every face that shows it.

The farm sends a `ProgressEvent` through the graph's stream writer every few seconds, and a
`NothingAccepted` when many candidates have ended and none became a row. `counts_of` is the part of
it that a run at rest has too.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Literal, TypedDict

from sqlalchemy.exc import SQLAlchemyError

from agents.journal import Spent
from agents.prices import Price, cost_of
from graph.advice import advice
from graph.brief import Brief
from graph.ledger import Progress
from graph.pace import Ahead, Pace
from graph.selection import abstentions_wanted
from training.rows import ABSTAINING

if TYPE_CHECKING:
    from graph.context import Context

Emit = Callable[[dict[str, object]], None]
EVERY = 2.0
MOST_OF_TIME = 0.03
"""The share of the time that may be spent on asking the databases."""
NOTHING_AFTER = (30, 300)
"""After how many candidates without a row it is said that none was accepted."""


class Counts(TypedDict):
    """What the ledger and the journal count; `cost` is None when a price is not known."""

    accepted: int
    wanted: int
    abstaining: int
    drafts: int
    revisions: int
    dropped: dict[str, int]
    """By reason, the most frequent first."""
    calls: int
    calls_limit: int
    tokens: int
    cost: float | None


class ProgressEvent(Counts):
    """Counts, and what goes on now; where several processes work, what each said last."""

    event: Literal["progress"]
    in_flight: int
    waiting: int
    """Calls that wait for a place at a gate."""
    width: int
    """How many calls the gates let be in flight now."""
    replayed: int
    faults: dict[str, int]
    """Calls refused, failed, timed_out, repaired and unreadable, since the run was begun or
    resumed."""
    elapsed: float
    """Seconds since this process began to write."""
    left: list[float] | None
    """The least and the most seconds that the missing rows are likely to take, by how fast
    candidates end of late; None while that is not known."""
    stalled: float | None
    """Seconds without a row, where that is far longer than usual."""


class NothingAccepted(TypedDict):
    """Many candidates have ended, and none became a row."""

    event: Literal["nothing_accepted"]
    ended: int
    reasons: dict[str, int]
    sentence: str
    """What happened, why most often, and what to change."""


def counts_of(
    brief: Brief, progress: Progress, spent: Sequence[Spent], prices: Mapping[str, Price]
) -> Counts:
    """Return the counts of a run."""
    dropped = sorted(progress.dropped.items(), key=lambda item: (-item[1], item[0]))
    return Counts(
        accepted=progress.accepted,
        wanted=brief.rows,
        abstaining=sum(progress.variants.get(variant, 0) for variant in ABSTAINING),
        drafts=progress.drafts,
        revisions=progress.revisions,
        dropped=dict(dropped),
        calls=sum(each.calls for each in spent),
        calls_limit=brief.most_calls,
        tokens=sum(each.input_tokens + each.output_tokens for each in spent),
        cost=cost_of(spent, prices),
    )


class Teller:
    """Tells how a run goes on, for as long as its process lives."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._began = time.monotonic()
        self._pace = Pace()
        self._watch: Watch | None = None

    @asynccontextmanager
    async def telling(self) -> AsyncGenerator[None]:
        """Send progress through `context.emit`, and what is remarkable about outcomes."""
        emit = self._context.emit
        if emit is None:
            yield
            return
        self._watch = self._watch or Watch(self._context.ledger.progress)
        watch = self._watch

        def heard(event: dict[str, object]) -> None:
            emit(event)
            with suppress(SQLAlchemyError):
                if said := watch.hear(event):
                    emit({**said})

        self._context.emit = heard
        task = asyncio.create_task(self._go_on(emit))
        try:
            yield
        finally:
            self._context.emit = emit
            task.cancel()
            # To await it would take a cancellation of our own for its.
            await asyncio.wait([task])
            await self.tell(emit)

    async def event(self) -> ProgressEvent:
        """Return how far the run is now."""
        context, state = self._context, self._context.calls.state()
        progress, spent = await asyncio.to_thread(self._ask)
        counts = counts_of(context.brief, progress, spent, context.prices)
        now, ended = time.monotonic(), progress.planned - progress.open
        self._pace.note(now, ended, progress.accepted, sent=state.sent, replayed=state.replayed)
        ahead = Ahead(
            missing=_missing(counts, abstentions_wanted(context.brief)),
            open=progress.open,
            under_way=min(progress.open, state.width),
            # As if one had become a row and one had not, before any has ended.
            share=(progress.accepted + 1) / (ended + 2),
        )
        left = self._pace.left(now, ahead)
        return ProgressEvent(
            **counts,
            event="progress",
            in_flight=state.in_flight,
            waiting=state.waiting,
            width=state.width,
            replayed=state.replayed,
            faults={
                "refused": state.refused,
                "failed": state.failed,
                "timed_out": state.timed_out,
                "repaired": state.repaired,
                "unreadable": state.unreadable,
            },
            elapsed=now - self._began,
            left=list(left) if left else None,
            stalled=self._pace.stalled(now),
        )

    def _ask(self) -> tuple[Progress, list[Spent]]:
        return self._context.ledger.progress(), self._context.calls.journal.spent()

    async def _go_on(self, emit: Emit) -> None:
        while True:
            asked = time.monotonic()
            await self.tell(emit)
            took = time.monotonic() - asked
            await asyncio.sleep(max(EVERY, took / MOST_OF_TIME))

    async def tell(self, emit: Emit) -> None:
        """Send how far the run is now."""
        # A database that is busy for a moment must not end a run for the sake of its picture.
        with suppress(SQLAlchemyError):
            emit({**await self.event()})


def _missing(counts: Counts, abstentions: int) -> int:
    """Return how many rows are missing, where so many are to abstain."""
    answerable = counts["accepted"] - counts["abstaining"]
    missing = max(0, counts["wanted"] - abstentions - answerable)
    return missing + max(0, abstentions - counts["abstaining"])


class Watch:
    """Watches outcomes for a run in which nothing is accepted.

    `ask` counts those of other processes, too; only the outcomes of this one are heard.
    """

    def __init__(self, ask: Callable[[], Progress]) -> None:
        before = ask()
        self._ask = ask
        self._any = _has_rows(before)
        self._dropped = sum(before.dropped.values())
        self._said = 0

    def hear(self, event: Mapping[str, object]) -> NothingAccepted | None:
        """Return what is to be said after an event, if anything."""
        if event.get("event") == "accepted":
            self._any = True
        if event.get("event") != "dropped" or self._any:
            return None
        self._dropped += 1
        due = sum(self._dropped >= many for many in NOTHING_AFTER)
        if due <= self._said:
            return None
        progress = self._ask()
        self._any, self._said = _has_rows(progress), due
        return None if self._any else _nothing(progress)


def _has_rows(progress: Progress) -> bool:
    return progress.accepted > 0 or bool(_SOUND & progress.dropped.keys())


def _nothing(progress: Progress) -> NothingAccepted:
    reasons = Counter(progress.dropped)
    most = reasons.most_common(3)
    listed = ", ".join(f"{reason} {count}" for reason, count in most)
    return NothingAccepted(
        event="nothing_accepted",
        ended=reasons.total(),
        reasons=dict(most),
        sentence=f"None of the first {reasons.total()} candidates became a row. Most frequent "
        f"reasons: {listed}. {advice(most[0][0])} `officina why` shows each.",
    )


_SOUND = {"surplus", "duplicate", "origin_set_aside", "near_evaluation_question"}
"""Reasons for which rows are set aside that were accepted."""
