"""The trial: candidates of the rounds that a run will plan, lived before it.

Their outcomes go into a ledger that is thrown away, their calls into the run's journal: the run
plans the same candidates, finds their calls there and comes to the same outcomes. What is learnt
is how lives go (`Known`), how long a call takes, and how many letters make a token.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from shutil import rmtree
from statistics import median

from langgraph.runtime import Runtime

from agents.journal import FinishedCall
from app.dry_count import letters
from graph.assess import select
from graph.context import Context
from graph.dataset import plan
from graph.farm import run_apart
from graph.forecast import Kind, Known, Life, Round, Used
from graph.ledger import Entry, Ledger
from graph.plan import next_candidates, next_derived
from graph.state import Candidate, DatasetState, QuestionInput
from tools.group_commit import GroupCommit
from tools.tables import sqlite_engine
from tools.tasks import tasks
from training.rows import ABSTAINING, Variant

_SHOWING = {"draft": "generator", "mislead": "generator", "critique": "critic"}
_ENDED = ("accepted", "dropped", "set_aside")
TRIAL = "trial"
"""The folder in a run that holds a trial's ledgers while it lasts."""
DEEPEST = 6
"""How often a window is asked at most."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Candidates that were lived side by side, and the seconds of it: by the clock, of computing.

    `calls` are all that they took, `sent` only what the journal did not hold: nobody waits for the
    others.
    """

    calls: int
    sent: Round
    seconds: float
    computed: float


class Trial:
    """Candidates of a run, lived before it; what is learnt grows with each `go_on`.

    `opening` are the seconds that it took to open what a run needs, its vLLM above all.
    """

    def __init__(
        self, context: Context, apart: Context, candidates: Sequence[Candidate], opening: float
    ) -> None:
        self.batches: list[Batch] = []
        self.opening = opening
        self._context = context
        self._apart = apart
        self._waiting = list(candidates)
        self._again = len(candidates) == len(context.windows)

    @property
    def left(self) -> int:
        """How many candidates of the first round have not been tried."""
        return len(self._waiting)

    @property
    def tried(self) -> int:
        """How many candidates have been tried to their end, those that follow from others too."""
        tallies = self._apart.ledger.tallies()
        return sum(tally.candidates for tally in tallies if tally.status in _ENDED)

    def most(self, count: int, times: int) -> int:
        """Return how many candidates go at most, where it goes on so many times."""
        half = count // 2 * times
        again = min(half, len(self._context.windows)) * (DEEPEST - 1) if self._again else 0
        return min(count * times, self.left) + half + again

    async def go_on(self, count: int, deepest: int) -> None:
        """Live so many more candidates, and half as many of each kind that follow from them.

        Windows that are asked again are asked until nothing is left, or so many times.

        Raises:
            CallError: a model cannot be used, or the budget is spent.
            ServiceDownError: a service is away.
        """
        chosen, self._waiting = self._waiting[:count], self._waiting[count:]
        await self._live(chosen)
        half = count // 2
        again = _once_more(2, half, self._apart) if self._again else []
        await self._live([*await _derived(half, self._apart), *again])
        for round_ in range(3, deepest + 1) if self._again else ():
            await self._live(_once_more(round_, half, self._apart))

    async def _live(self, candidates: Sequence[Candidate]) -> None:
        before = self._calls_of(candidates)
        began, computed = time.monotonic(), time.process_time()
        await _live(candidates, self._apart)
        taken = time.monotonic() - began, time.process_time() - computed
        calls = self._calls_of(candidates)
        new = calls - before
        sent = Round(len(new), new.total(), max(new.values(), default=0))
        self.batches.append(Batch(calls.total(), sent, *taken))

    def _calls_of(self, candidates: Sequence[Candidate]) -> Counter[str]:
        """Return how many calls of each candidate the journal holds."""
        ids = [candidate.id for candidate in candidates]
        return Counter(call.key.candidate for call in self._context.calls.journal.finished(ids))

    def known(self) -> Known:
        """Return what is known of the run."""
        entries = list(self._apart.ledger.entries(*_ENDED))
        return _known(entries, self._finished(entries), self._apart)

    async def letters_per_token(self) -> float | None:
        """Return how many letters of a prompt make a token; None if no call has counted any."""
        entries = list(self._apart.ledger.entries())
        candidates = [entry.candidate for entry in entries if entry.candidate.round == 1]
        return await _letters_per_token(candidates, self._finished(entries), self._context)

    def _finished(self, entries: Iterable[Entry]) -> list[FinishedCall]:
        return self._context.calls.journal.finished([entry.candidate.id for entry in entries])


@asynccontextmanager
async def trial_of(manuals: str, context: Context, opening: float) -> AsyncGenerator[Trial]:
    """Yield a trial of the candidates that the run's first round will have, in their order."""
    folder = context.run / TRIAL
    clear_trial(context.run)
    folder.mkdir()
    try:
        with _apart(context, folder / "plan.sqlite") as first:
            await plan(DatasetState(manuals), Runtime(context=first))
            candidates = [each.candidate for each in first.ledger.entries("planned")]
            with _apart(context, folder / "lives.sqlite") as apart:
                yield Trial(context, apart, candidates, opening)
    finally:
        # A read that was cancelled goes on in its thread, and may make a file meanwhile.
        clear_trial(context.run)


def clear_trial(run: Path) -> None:
    """Remove what a trial that was killed left in the run's folder."""
    rmtree(run / TRIAL, ignore_errors=True)


@contextmanager
def _apart(context: Context, file: Path) -> Generator[Context]:
    """Yield the same context with a ledger of its own, that nobody else sees."""
    # A file: nodes read in threads of their own, which one connection could not be shared by.
    engine = sqlite_engine(file)
    try:
        with closing(GroupCommit(engine, "ledger")) as commit:
            yield replace(context, ledger=Ledger(engine, commit))
    finally:
        engine.dispose()


async def _live(candidates: Sequence[Candidate], apart: Context) -> None:
    """Live the candidates as the farm does, as many at a time as calls may be in flight."""
    apart.ledger.plan(candidates)
    claimed = await apart.ledger.claim("trial", len(candidates))
    places = asyncio.Semaphore(apart.concurrency)

    async def live(question: QuestionInput) -> None:
        async with places:
            await run_apart(question, apart)

    async with tasks() as group:
        for question in claimed:
            group.create_task(live(question))


async def _derived(most: int, apart: Context) -> list[Candidate]:
    """Return the rows that the run is likely to derive next."""
    ledger = apart.ledger
    selection = await select(apart, ledger.made(), {})
    number = Counter[Variant]()
    for tally in ledger.tallies():
        number[tally.variant] += tally.candidates
    derived = sum(number[variant] for variant in ABSTAINING)
    return next_derived(
        selection.derivable,
        round_=2,
        missing=max(0, min(most, selection.abstentions - derived)),
        rate=1.0,
        most=most,
        tried=number,
        windows=apart.window_by_id,
    )


def _once_more(round_: int, most: int, apart: Context) -> list[Candidate]:
    """Return the candidates of a round for windows that were asked in the one before."""
    asked = apart.ledger.times_asked()
    return next_candidates(
        [each for each in apart.windows if asked[each.id] == round_ - 1],
        round_=round_,
        missing=most,
        rate=1.0,
        most=most,
        asked=asked,
        exhausted=apart.ledger.exhausted_windows(),
    )


def _known(entries: Sequence[Entry], calls: Sequence[FinishedCall], context: Context) -> Known:
    places = {window.id: place for place, window in enumerate(context.windows)}
    by_candidate = {
        candidate: list(of) for candidate, of in groupby(calls, lambda each: each.key.candidate)
    }
    last, exhausted = context.ledger.times_asked(), context.ledger.exhausted_windows()
    asked: dict[tuple[int, int], Life] = {}
    derived: list[Life] = []
    for entry in entries:
        id, window = entry.candidate.id, entry.candidate.window.id
        ends = window in exhausted and entry.candidate.round == last[window]
        life = _life(entry, by_candidate.get(id, []), exhausted=ends)
        if entry.candidate.variant in ABSTAINING:
            derived.append(life)
        else:
            asked[places[window], entry.candidate.round] = life
    made = [each for each in context.ledger.made() if each.variant == "drafted"]
    return Known(
        asked=asked,
        derived=derived,
        spent=spent_by_role(context),
        contrastable=sum(each.counterpart in places for each in made),
        falsifiable=sum(each.has_value for each in made),
        answered=len(made),
    )


def _life(entry: Entry, calls: Sequence[FinishedCall], *, exhausted: bool) -> Life:
    candidate, used, showing = entry.candidate, dict[str, Used](), Counter[str]()
    for call in calls:
        one = Used(1, call.input_tokens, call.output_tokens)
        used[call.role] = used.get(call.role, Used()) + one
        showing[call.role] += call.key.step in _SHOWING
    kind: Kind = "again" if candidate.round > 1 else "first"
    for variant in ABSTAINING:
        kind = variant if candidate.variant == variant else kind
    size = candidate.window.end - candidate.window.start
    nothing = exhausted and not candidate.origin
    return Life(kind, entry.row is not None, nothing, used, size, showing)


def spent_by_role(context: Context) -> dict[str, Used]:
    """Return what is in the journal, by role; roles of several models are taken together."""
    sums: dict[str, Used] = {}
    for each in context.calls.journal.spent():
        one = Used(each.calls, each.input_tokens, each.output_tokens)
        sums[each.role] = sums.get(each.role, Used()) + one
    return sums


async def _letters_per_token(
    candidates: Iterable[Candidate], calls: Sequence[FinishedCall], context: Context
) -> float | None:
    """Return how many letters a token of a first draft's prompt has; None if none was counted."""
    brief, found = context.brief, list[float]()
    tokens = {
        call.key.candidate: call.input_tokens
        for call in calls
        if (call.key.step, call.key.attempt, call.key.ask) == ("draft", 0, 0)
    }
    for candidate in candidates:
        if count := tokens.get(candidate.id):
            source = await context.source(candidate.window)
            prompt = context.prompts.draft_question(
                source, scenario=brief.scenario, topics=brief.topics, asked=()
            )
            found.append(letters(prompt) / count)
    return median(found) if found else None
