"""What the checks cost: CPU time by candidate and check, and how that of whole datasets grows.

    python -m bench.checks [DIR] [--rows N] [--rounds N] [--seed N] [--json]

Candidates are sentences of the folder's longest manual. Each is checked once, as in a run: what a
check remembers of an earlier candidate, it may. So those that a run begins with, which read most
of its passages for the first time, are told apart from as many that come after them. Whole
datasets are checked at N, 2N and 4N rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from typing import TypeVar

from bench.candidates import Manual, Sampled, candidates, long_manual
from checks.distractors import Answered, choose
from checks.duplicates import Asked, near_duplicates
from checks.facts import unsupported
from checks.form import answer_findings, question_findings
from checks.leakage import Held, section_clusters, section_key, shared_by, split_keys
from checks.leakage.splits import assign_splits
from checks.quotes import locate

T = TypeVar("T")
_DISTRACTORS = 4
_WARM_UP = 30
_EXAMPLES = Path(__file__).parent.parent / "examples" / "manuals"


def _inspect(it: Sampled) -> object:
    return question_findings(
        it.question,
        language=it.oracle.language,
        quote=it.quote,
        window=it.window,
        machine=None,
        other_machines=(),
    )


def _locate(it: Sampled) -> object:
    return locate(it.quote, it.oracle.text)


def _unsupported(it: Sampled) -> object:
    return unsupported(it.answer, [it.oracle.text], it.oracle.language)


def _answer(it: Sampled) -> object:
    return answer_findings(
        it.answer,
        question=it.question,
        cited=[it.oracle.text],
        language=it.oracle.language,
        machine=None,
        other_machines=(),
    )


def _screen(it: Sampled) -> object:
    asked = Answered(it.question, it.answer, (it.quote,), it.oracle.language)
    return choose(asked, [it.oracle], it.hits, {}, k=_DISTRACTORS, seed="0")


def _hash(it: Sampled) -> object:
    passages = (it.oracle, *(hit.passage for hit in it.hits[:_DISTRACTORS]))
    # A row's own model is written out in compiled code: a deep copy would be timed instead.
    shown = [{each.name: getattr(one, each.name) for each in fields(one)} for one in passages]
    row = json.dumps([it.question, it.answer, it.quote, shown], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(row.encode()).hexdigest(), section_key(it.oracle.text)


CHECKS: Mapping[str, Callable[[Sampled], object]] = {
    "question_findings": _inspect,
    "locate": _locate,
    "unsupported": _unsupported,
    "answer_findings": _answer,
    "distractors": _screen,
    "hash": _hash,
}
"""What a candidate goes through, by name."""


def _near_duplicates(rows: Sequence[Sampled]) -> object:
    return near_duplicates(
        [
            Asked(str(place), it.question, (it.quote,), it.answer, it.oracle.language)
            for place, it in enumerate(rows)
        ]
    )


def _split(rows: Sequence[Sampled]) -> object:
    keys = {it.oracle.id: section_key(it.oracle.text) for it in rows}
    clusters = section_clusters({keys[it.oracle.id]: it.oracle.text for it in rows})
    held = [
        Held(
            str(place),
            it.question,
            it.answer,
            evidence=(it.quote,),
            passages=(it.oracle.text,),
            sections={keys[it.oracle.id]: clusters[keys[it.oracle.id]]},
        )
        for place, it in enumerate(rows)
    ]
    return assign_splits(split_keys([row.id for row in held], shared_by(held)), test_share=0.1)


OF_DATASETS: Mapping[str, Callable[[Sequence[Sampled]], object]] = {
    "near_duplicates": _near_duplicates,
    "split": _split,
}
"""What a dataset goes through, by name."""


def costs(sampled: Sequence[Sampled]) -> list[dict[str, float]]:
    """Return for each candidate the milliseconds of CPU by check, and their sum as `all`."""
    timed: list[dict[str, float]] = []
    for it in sampled:
        spent = {name: _milliseconds(check, it) for name, check in CHECKS.items()}
        timed.append({**spent, "all": sum(spent.values())})
    return timed


def growth(rows: Sequence[Sampled], rounds: int) -> dict[str, dict[str, float]]:
    """Return for each check of datasets its best times at N, 2N and 4N rows, and the exponent."""
    rows = sorted(rows, key=_sentence)
    sizes = [len(rows) // 4, len(rows) // 2, len(rows)]
    found: dict[str, dict[str, float]] = {}
    for name, check in OF_DATASETS.items():
        times = [min(_milliseconds(check, rows[:size]) for _ in range(rounds)) for size in sizes]
        by_size = {str(size): round(time, 1) for size, time in zip(sizes, times, strict=True)}
        found[name] = {**by_size, "exponent": exponent(times)}
    return found


def _sentence(it: Sampled) -> bytes:
    """Return an order in which copies of a sentence stand together, so no size repeats more."""
    return hashlib.sha256(it.question.encode(errors="replace")).digest()


def exponent(times: Sequence[float]) -> float:
    """Return the x of N^x by which the first time became the last, each at twice the rows."""
    return round(math.log2(times[-1] / times[0]) / (len(times) - 1), 2)


def _milliseconds(check: Callable[[T], object], asked: T) -> float:
    began = process_time()
    check(asked)
    return (process_time() - began) * 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, in milliseconds of CPU; `growth` by name and rows, the others by name.

    `checks` are of the `candidates` that the run begins with, `later` of as many after them.
    """

    manual: str
    pages: int
    passages: int
    candidates: int
    rounds: int
    checks: dict[str, dict[str, float]]
    later: dict[str, dict[str, float]]
    medians_by_round: list[float]
    growth: dict[str, dict[str, float]]


def measure(manual: Manual, *, rows: int, rounds: int, seed: int) -> Figures:
    """Return the figures: candidates are timed once each, in as many rounds of other ones."""
    sampled = candidates(manual, max(4 * rows, _WARM_UP + rounds), seed)
    costs(sampled[:_WARM_UP])
    fresh = sampled[_WARM_UP:]
    per_round = min(rows, len(fresh) // 2) // rounds
    turns = [costs(fresh[turn * per_round : (turn + 1) * per_round]) for turn in range(rounds)]
    timed = [each for turn in turns for each in turn]
    later = costs(fresh[len(timed) : 2 * len(timed)])
    return Figures(
        manual=manual.name,
        pages=manual.pages,
        passages=len(manual.passages),
        candidates=len(timed),
        rounds=rounds,
        checks=_spreads(timed),
        later=_spreads(later),
        medians_by_round=[round(median(each["all"] for each in turn), 3) for turn in turns],
        growth=growth(sampled, rounds),
    )


def _spreads(timed: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {name: _spread([each[name] for each in timed]) for name in (*CHECKS, "all")}


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"median": round(median(times), 3), "p95": round(quantiles(times, n=20)[-1], 3)}


def table(found: Figures) -> str:
    """Return the figures as a table to read."""
    number = found.candidates
    lines = [
        f"{found.manual}: {found.pages} pages, {found.passages} passages",
        f"{number} candidates, each checked once, in {found.rounds} rounds; their medians: "
        f"{', '.join(map(str, found.medians_by_round))} ms; then {number} more",
        "",
        f"{'CPU ms per candidate':24}{f'first {number}: median':>22}{'p95':>10}"
        f"{f'next {number}: median':>22}{'p95':>10}",
        *(
            f"{name:24}{at['median']:>22.3f}{at['p95']:>10.3f}"
            f"{found.later[name]['median']:>22.3f}{found.later[name]['p95']:>10.3f}"
            for name, at in found.checks.items()
        ),
        "",
        f"CPU ms by rows, the best of {found.rounds}",
    ]
    for name, times in found.growth.items():
        sizes = "  ".join(f"{size}: {time}" for size, time in times.items() if size != "exponent")
        lines.append(f"{name:24}{sizes}  grows as N^{times['exponent']}")
    return "\n".join(lines)


def main() -> None:
    """Print the figures for the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.checks", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=_EXAMPLES, metavar="DIR")
    parser.add_argument("--rows", type=int, default=600, help="candidates, and rows to grow from")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        manual = long_manual(asked.folder)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    found = measure(manual, rows=asked.rows, rounds=asked.rounds, seed=asked.seed)
    print(json.dumps(asdict(found)) if asked.json else table(found))


if __name__ == "__main__":
    main()
