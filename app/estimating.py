"""Estimating: what a run will come to, said before it, from a dry count and a trial of it.

`officina estimate` calls `estimate`, and so may whoever has a Context; `graph/forecast.py` does
the arithmetic, `app/expected.py` says and keeps what comes out.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from agents.faults import BudgetExhaustedError
from agents.journal import Spent
from agents.prices import Price, cost_of, dollars, unpriced
from app.dry_count import job_of, most_calls, passages_of, sizes_of
from app.exits import DONE, SHORT
from app.expected import Estimate, RoleEstimate, keep, lines
from app.interruption import interruptible
from app.minutes import minutes_of
from app.opening import open_context
from app.progress import viewed
from app.run_file import RunFile, locked, machines_of
from app.settings import Settings
from app.terminal import tell
from app.tracing import spared_threads
from app.trial import DEEPEST, Trial, spent_by_role, trial_of
from graph.assess import why_nothing_is_left
from graph.brief import Brief
from graph.context import Context
from graph.forecast import Interval, Job, Known, Used, Walk, interval
from graph.ingest import ingest_folder
from graph.progress import Emit
from graph.typical import ALONE, SURE, Sizes, calibrated, typical_lives
from graph.walks import walks
from tools.passages import Passage

SAMPLE = 12
MOST_SAMPLES = 4
NARROW = 1.85
"""An estimate whose upper end is more times its lower one is worth another sample, and so is one
that has timed no call, for an earlier estimate asked them all."""
_NO_INTERVAL = Interval(0, 0, 0)


def carry_out(
    run: Path, started: RunFile, brief: Brief, settings: Settings, *, sample: int, as_json: bool
) -> int:
    """Estimate a run on its folder, keep the estimate there, print it, and return the exit code."""
    with locked(run):
        with spared_threads(settings), viewed(run, brief, settings.services.prices) as view:
            made = asyncio.run(_opened(run, started, brief, settings, sample, view.on_event))
        keep(run, made)
    if as_json:
        print(json.dumps({**asdict(made), "run": str(run)}, ensure_ascii=False))
    else:
        print(*lines(made), sep="\n")
        print(f"Go on with `officina resume {run}`, which takes over what was asked.")
    return DONE if made.windows else SHORT


async def _opened(
    run: Path, started: RunFile, brief: Brief, settings: Settings, sample: int, emit: Emit
) -> Estimate:
    began = time.monotonic()
    async with (
        open_context(run, brief, settings, machines_of(run, started)) as context,
        interruptible(context),
    ):
        opening = time.monotonic() - began
        context.emit = emit
        async with context.teller.telling():
            return await estimate(
                started.manuals,
                context,
                sample=sample,
                prices=settings.services.prices,
                say=tell,
                opening=opening,
            )


async def estimate(
    manuals: str,
    context: Context,
    *,
    sample: int = SAMPLE,
    prices: Mapping[str, Price],
    say: Callable[[str], None],
    opening: float = 0.0,
) -> Estimate:
    """Return what a run on the context's folder will come to; `sample` candidates go first.

    `say` is told, before anything is asked, what that may cost at most; `opening` are the seconds
    that it took to open the context, and will take again: its vLLM may have been started.

    Raises:
        DocumentError: the folder does not exist, or nothing in it can be used.
        CallError: a model cannot be used.
    """
    emit: Emit = context.emit or (lambda _: None)
    await ingest_folder(manuals, context, emit)
    passages, job = passages_of(context), await job_of(context)
    if not job.windows:
        return _of_nothing(job, len(passages), context)
    sizes = await sizes_of(context, passages)
    if not sample:
        typical = typical_lives(sizes, ALONE)
        walked = walks(job, Known(spent=spent_by_role(context)), typical)
        return _estimate(job, walked, None, context, prices, len(passages))
    async with trial_of(manuals, context, opening) as trial:
        say(_before(sample, trial, sizes, context, prices))
        return await _tried(trial, sample, job, passages, context, prices)


async def _tried(
    trial: Trial,
    sample: int,
    job: Job,
    passages: Sequence[Passage],
    context: Context,
    prices: Mapping[str, Price],
) -> Estimate:
    """Let the trial go on until the estimate is narrow, or nothing more can be learnt."""
    emit: Emit = context.emit or (lambda _: None)
    left, deepest = MOST_SAMPLES, _least_askings(job)
    while True:
        left, tried = left - 1, trial.tried
        emit({"event": "sampling", "candidates": sample})
        ended = await _go_on(trial, sample, deepest)
        job = await job_of(context, await trial.letters_per_token() or job.letters_per_token)
        sizes, known = await sizes_of(context, passages, job.letters_per_token), trial.known()
        walked = walks(job, known, calibrated(typical_lives(sizes, SURE), known.lives))
        made = _estimate(job, walked, trial, context, prices, len(passages))
        widest = max(each.ratio for each in (made.calls, made.input_tokens, made.output_tokens))
        is_enough = made.minutes is not None and widest < NARROW
        if is_enough or ended or not left or trial.tried == tried:
            return replace(made, note=" ".join(filter(None, (ended, made.note))))
        may_run_out = made.accepted.low * NARROW < job.rows
        deepest = DEEPEST if may_run_out else _least_askings(job)


async def _go_on(trial: Trial, sample: int, deepest: int) -> str:
    """Let the trial go on; return a sentence where a limit ended it, else ""."""
    try:
        await trial.go_on(sample, deepest)
    except BudgetExhaustedError as error:
        return f"The sample was cut short, and the estimate is less sure for that. {error}"
    return ""


def _least_askings(job: Job) -> int:
    """Return how often the run asks a window at least, were every row accepted."""
    wanted = job.rows - job.abstaining - job.contrasts
    return max(2, min(DEEPEST, math.ceil(wanted / len(job.windows))))


def _estimate(
    job: Job,
    walked: Sequence[Walk],
    trial: Trial | None,
    context: Context,
    prices: Mapping[str, Price],
    passages: int,
) -> Estimate:
    models = _models(context)
    made = Estimate(
        rows=job.rows,
        documents=len(context.library.documents),
        passages=passages,
        windows=len(job.windows),
        sampled=trial.tried if trial else 0,
        accepted=interval(walk.rows for walk in walked),
        calls=interval(walk.total().calls for walk in walked),
        input_tokens=interval(walk.total().input_tokens for walk in walked),
        output_tokens=interval(walk.total().output_tokens for walk in walked),
        roles={role: _of_role(role, walked) for role in sorted(models)},
        cost=_cost(walked, models, prices),
        minutes=minutes_of(walked, trial, context, job.seed),
        minutes_over=context.calls.worked / 60,
        unpriced=unpriced(_as_spent(walked[0], models), prices),
    )
    return replace(
        made, note=" ".join(filter(None, (_why_short(job, walked), _cut_off(made, context))))
    )


def _models(context: Context) -> dict[str, str]:
    return {role: model.name for role, model in context.models.items()}


def _as_spent(walk: Walk, models: Mapping[str, str]) -> list[Spent]:
    return [
        Spent(role, models[role], each.calls, each.input_tokens, each.output_tokens)
        for role, each in walk.used.items()
        if role in models
    ]


def _of_role(role: str, walked: Sequence[Walk]) -> RoleEstimate:
    used = [walk.used.get(role, Used()) for walk in walked]
    return RoleEstimate(
        interval(each.calls for each in used),
        interval(each.input_tokens for each in used),
        interval(each.output_tokens for each in used),
    )


def _cost(
    walked: Iterable[Walk], models: Mapping[str, str], prices: Mapping[str, Price]
) -> Interval | None:
    costs = [cost_of(_as_spent(walk, models), prices) for walk in walked]
    known = [cost for cost in costs if cost is not None]
    return interval(known) if len(known) == len(costs) else None


def _before(
    sample: int, trial: Trial, sizes: Sizes, context: Context, prices: Mapping[str, Price]
) -> str:
    """Return what a sample costs at most in calls, and what it is likely to cost."""
    most = min(sample * MOST_SAMPLES, trial.left)
    calls = trial.most(sample, MOST_SAMPLES) * most_calls(
        context.brief, with_tools=sizes.with_tools
    )
    sums: dict[str, Used] = {}
    for life in typical_lives(sizes, 1.5 * sample):
        for role, each in life.used.items() if life.kind == "first" else ():
            sums[role] = sums.get(role, Used()) + each.times(life.weight)
    walk = Walk(0, sums, ())
    cost = cost_of(_as_spent(walk, _models(context)), prices)
    total = walk.total()
    return (
        f"{sample} candidates go first, and up to {most} while the estimate is wide, each with "
        f"some that follow from it: about {total.calls:,} calls with "
        f"{total.input_tokens + total.output_tokens:,} tokens ({dollars(cost)}), and at most "
        f"{min(calls, context.brief.most_calls):,} calls. "
        "The run takes them over."
    )


def _of_nothing(job: Job, passages: int, context: Context) -> Estimate:
    return Estimate(
        rows=job.rows,
        documents=len(context.library.documents),
        passages=passages,
        windows=0,
        sampled=0,
        accepted=_NO_INTERVAL,
        calls=_NO_INTERVAL,
        input_tokens=_NO_INTERVAL,
        output_tokens=_NO_INTERVAL,
        roles={},
        note=why_nothing_is_left(context, candidates_left=1),
    )


def _cut_off(made: Estimate, context: Context) -> str:
    """Return a sentence where a limit is likely to end the run before; else ""."""
    limits = context.brief.limits
    tokens = made.input_tokens.middle + made.output_tokens.middle
    expected = {
        "tokens": tokens,
        "money": made.cost.middle if made.cost else 0.0,
        "minutes": made.minutes.middle if made.minutes else 0.0,
    }
    passed = [name for name, most in expected.items() if most > (getattr(limits, name) or math.inf)]
    if not passed:
        return ""
    named = " and ".join(f"`limits.{name}`" for name in passed)
    return f"Reckoned without {named}, where the run is likely to end with fewer rows: raise it."


def _why_short(job: Job, walked: Sequence[Walk]) -> str:
    """Return a sentence where the rows are not likely to be had; else ""."""
    had = interval(walk.rows for walk in walked)
    if had.middle >= job.rows:
        return ""
    return (
        f"Only {had.low:,.0f}–{had.high:,.0f} of the {job.rows:,} rows are likely to be had: "
        f"{len(job.windows):,} windows are then asked until nothing is left to ask, or a limit is "
        "reached. Give more manuals, set `windows` smaller or `limits` higher, or ask for fewer."
    )
