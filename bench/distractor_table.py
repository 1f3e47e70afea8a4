"""How the figures of `bench.distractors` look: a column for each way to take distractors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.plants import REWORDINGS


def table(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield (
        f"{figures['questions']} questions, {figures['passages']} passages, k = {figures['k']}; "
        f"{figures['fewer_than_k']} contexts with fewer"
    )
    arms = figures["arms"]
    yield f"{'':21}" + "".join(f"{arm:>24}" for arm in arms)
    rows = [("poisoned distractors", "poisoned"), ("poisoned contexts", "poisoned_contexts")]
    for name, key in rows:
        yield _row(name, (_percent(arm[key]) for arm in arms.values()))
    for how in ("values", "words", "labelled", "second_answer"):
        yield _row(f"  by {how}", (str(arm["poisoned_by"].get(how, 0)) for arm in arms.values()))
    yield _row("planted rewordings", (_percent(arm["planted_all"]) for arm in arms.values()))
    for how in REWORDINGS:
        yield _row(f"  {how}", (_percent(arm["planted"][how]) for arm in arms.values()))
    yield _row("planted other values", (_percent(arm["counterfactual"]) for arm in arms.values()))
    yield _row(
        "mean BM25",
        (f"{arm['bm25']:.2f} ({arm['of_top_k']:.1%})" for arm in arms.values()),
    )
    yield f"{'  of best possible':21}{arms['chosen']['of_best_possible']:>24.1%}"
    yield _row("repeated passages", (_percent(arm["repeated"]) for arm in arms.values()))
    positions, labels = figures["positions"], dict(figures["labels"])
    yield (
        f"positions of the oracle: chi-squared {positions['chi_squared']:.2f}, "
        f"{positions['freedom']} degrees of freedom, p = {positions['p']:.3f}"
    )
    right, of = labels.pop("right"), labels.pop("of")
    said = ", ".join(f"{count} {name}" for name, count in sorted(labels.items()))
    yield f"labels right: {right} of {of} ({said})"
    yield f"choosing: {figures['milliseconds']:.2f} ms of CPU a question at the median"


def _row(name: str, cells: Iterator[str]) -> str:
    return f"{name:21}" + "".join(f"{cell:>24}" for cell in cells)


def _percent(share: dict[str, Any]) -> str:
    low, high = share["interval"]
    part = share["hits"] / share["of"] if share["of"] else 0.0
    return f"{part:.1%} [{low:.1%}, {high:.1%}]"
