"""What is expected of a run: the estimate as it is kept, told, and set beside the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.journal_reading import JournalReader, Spent
from agents.prices import Price, cost_of, dollars
from graph.brief import Brief
from graph.forecast import Interval
from tools.library import write_whole

ESTIMATE = "estimate.json"


@dataclass(frozen=True, slots=True)
class RoleEstimate:
    """What a role's calls are expected to come to."""

    calls: Interval
    input_tokens: Interval
    output_tokens: Interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a whole run is expected to come to, the sample's calls among it.

    `cost` is in US dollars, None when a price is not known; `minutes`, None when no call was timed,
    are those that it is worked on, of which `minutes_over` are over; `accepted` are rows; `note`
    says what is not likely to be had, and why.
    """

    rows: int
    documents: int
    passages: int
    windows: int
    sampled: int
    accepted: Interval
    calls: Interval
    input_tokens: Interval
    output_tokens: Interval
    roles: Mapping[str, RoleEstimate]
    cost: Interval | None = None
    minutes: Interval | None = None
    minutes_over: float = 0.0
    unpriced: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """One figure of an estimate beside what it came to."""

    name: str
    expected: Interval
    truth: float

    @property
    def inside(self) -> bool:
        """Whether the truth lies in the interval."""
        return self.expected.holds(self.truth)


def keep(run: Path, estimate: Estimate) -> None:
    """Write the estimate into the run folder."""
    write_whole(run / ESTIMATE, json.dumps(asdict(estimate), indent=2, ensure_ascii=False) + "\n")


def kept(run: Path) -> Estimate | None:
    """Return the estimate in a run folder; None if there is none, or one that cannot be read."""
    try:
        values = dict(json.loads((run / ESTIMATE).read_text(encoding="utf-8")))
        return _read(values)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def beside_truth(
    estimate: Estimate, spent: Sequence[Spent], prices: Mapping[str, Price], seconds: float | None
) -> list[Truth]:
    """Return each figure beside what it came to; the minutes where `seconds` of work are known."""
    found = [
        Truth("calls", estimate.calls, sum(each.calls for each in spent)),
        Truth("tokens in", estimate.input_tokens, sum(each.input_tokens for each in spent)),
        Truth("tokens out", estimate.output_tokens, sum(each.output_tokens for each in spent)),
    ]
    cost = cost_of(spent, prices)
    if estimate.cost and estimate.cost.high and cost is not None:
        found.append(Truth("dollars", estimate.cost, cost))
    if estimate.minutes and seconds is not None:
        found.append(Truth("minutes", estimate.minutes, seconds / 60))
    return found


def comparable_seconds(journal: JournalReader, brief: Brief) -> float | None:
    """Return how long a run was worked on; None where it trains, which no estimate reckons with."""
    return journal.worked() if brief.train == "none" else None


def lines(estimate: Estimate) -> Iterator[str]:
    """Yield the estimate as a person reads it."""
    sampled = f"a sample of {estimate.sampled} candidates" if estimate.sampled else "a dry count"
    yield (
        f"{estimate.rows:,} rows from {estimate.windows:,} windows, {estimate.passages:,} passages "
        f"in {estimate.documents:,} documents; by {sampled}:"
    )
    yield f"calls    {_whole(estimate.calls)} calls"
    yield (f"tokens   {_whole(estimate.input_tokens)} in, {_whole(estimate.output_tokens)} out")
    for role, each in sorted(estimate.roles.items()):
        yield (
            f"  {role:10} {_whole(each.calls)} calls, "
            f"{_whole(each.input_tokens)} tokens in, {_whole(each.output_tokens)} out"
        )
    yield f"cost     {_money(estimate)}"
    yield f"minutes  {_minutes(estimate)}"
    if estimate.note:
        yield estimate.note


def _whole(expected: Interval) -> str:
    low, high = f"{expected.low:,.0f}", f"{expected.high:,.0f}"
    return low if low == high else f"{low}–{high}"


def _money(estimate: Estimate) -> str:
    if estimate.cost is None:
        return f"– (`prices` in officina.yaml has none for {', '.join(estimate.unpriced)})"
    low, high = dollars(estimate.cost.low), dollars(estimate.cost.high)
    return low if low == high else f"{low}–{high}"


def _minutes(estimate: Estimate) -> str:
    if estimate.minutes is None:
        return "– (no call was sent that would time it)"
    digits = 1 if estimate.minutes.high >= 10 else 2
    low, high, over = (
        f"{each:.{digits}f}"
        for each in (estimate.minutes.low, estimate.minutes.high, estimate.minutes_over)
    )
    return (
        f"{low}–{high}, of which {over} are over, with as many calls in flight as now and without "
        "a training"
    )


def _read(values: dict[str, Any]) -> Estimate:
    for name in ("accepted", "calls", "input_tokens", "output_tokens", "cost", "minutes"):
        values[name] = Interval(**values[name]) if values[name] else None
    if "minutes_over" not in values:
        # Of the run after the estimate alone: no truth is counted so any more.
        values["minutes"] = None
    values["roles"] = {
        role: RoleEstimate(**{name: Interval(**each) for name, each in of.items()})
        for role, of in values["roles"].items()
    }
    return Estimate(**values)
