"""What the dataset is, for people and for the Hub; no time, cost, host or path in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import get_args

import yaml

from training.leakage import LeakageReport, summary
from training.rows import Frozen, Split, TrainingRow

SIZES = (0, 1_000, 10_000, 100_000, 1_000_000)
SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M")


class CardFacts(Frozen):
    """What the card says beyond what the rows show: a title, the scenario, the least scores."""

    title: str
    scenario: str
    thresholds: Mapping[str, int]


def render_card(
    rows: Sequence[TrainingRow],
    splits: Sequence[Split],
    facts: CardFacts,
    leakage: LeakageReport,
) -> str:
    """Return the dataset card: YAML front matter for the Hub, then Markdown."""
    front = yaml.safe_dump(_front_matter(rows, splits, facts), sort_keys=False, allow_unicode=True)
    parts = [
        f"# {facts.title}",
        f"Questions about technical manuals, each with the passages a retriever would hand over, "
        f"and an answer that rests on them alone. The scenario: {facts.scenario}.",
        _contents(rows, splits),
        _making(rows, facts),
        f"## How it was split\n\n{summary(leakage)}",
        LICENCE_AND_LIMITS,
    ]
    return f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n"


def _front_matter(
    rows: Sequence[TrainingRow], splits: Sequence[Split], facts: CardFacts
) -> dict[str, object]:
    files = [
        {"split": split, "path": f"{split}.jsonl"} for split in get_args(Split) if split in splits
    ]
    return {
        "pretty_name": facts.title,
        "language": sorted({row.language for row in rows}),
        "task_categories": ["question-answering", "text-generation"],
        "size_categories": [_size(len(rows))],
        "license": "other",
        "configs": [
            {"config_name": "messages", "default": True, "data_files": files},
        ],
    }


def _size(count: int) -> str:
    for name, (least, most) in zip(SIZE_NAMES, pairwise(SIZES), strict=True):
        if least <= count < most:
            return name
    return "n>1M"


def _contents(rows: Sequence[TrainingRow], splits: Sequence[Split]) -> str:
    answerable = ("yes" if row.answerable else "no" for row in rows)
    tables = (
        _table("split", splits),
        _table("kind", (row.kind for row in rows)),
        _table("difficulty", (row.difficulty for row in rows)),
        _table("answerable", answerable),
        _table("variant", (row.variant for row in rows)),
        _table("language", (row.language for row in rows)),
        _table("machine", (row.machine_name for row in rows if row.machine_name)),
        _table("scope", (row.scope for row in rows if row.scope)),
        _table("document", (row.document for row in rows)),
    )
    return f"## What it holds\n\n{len(rows)} rows.\n\n" + "\n\n".join(filter(None, tables))


def _table(name: str, values: Iterable[str]) -> str:
    counts = sorted(Counter(value.replace("|", "/") for value in values).items())
    lines = "\n".join(f"| {value} | {count} |" for value, count in counts)
    return f"| {name} | rows |\n| --- | ---: |\n{lines}" if counts else ""


def _making(rows: Sequence[TrainingRow], facts: CardFacts) -> str:
    models = sorted({f"{role} `{model}`" for row in rows for role, model in row.models.items()})
    least = ", ".join(
        f"{name.replace('_', ' ')} {score}" for name, score in sorted(facts.thresholds.items())
    )
    return (
        "## How it was made\n\n"
        "A generator wrote each question from consecutive pages of a manual, a critic judged it, "
        "an answerer searched the manuals and answered with verbatim quotes. A row is here because "
        "every quote was found in its passage, every number of the answer in the passages it "
        "cites, and the critic gave the finished row its least scores or more. The other passages "
        "of a context are distractors, screened so that they do not hold the answer. A row that is "
        "not answerable was made from one that is (`derived_from`): its question stands, and every "
        "passage that supports the answer is kept out of its context (`unanswerable`), or a "
        "sibling machine's passage stands there (`near_miss`); or its question takes for granted "
        "what the passages contradict (`false_premise`). It says what the passages do not."
        f"{SCOPES if any(row.scope for row in rows) else ''}\n\n"
        f"Models: {', '.join(models) or 'none'}.\n\nLeast scores, of 10: {least or 'none'}."
    )


SCOPES = (
    " An answer holds for the machines in `applies_to`: for the whole `family` where the manuals "
    "of all its machines state the same, or else for its `machine`, which the question names. A "
    "`contrast` asks of a sibling what its origin asks, and has another answer."
)

LICENCE_AND_LIMITS = """\
## Licence

The passages and quotes are those of the manuals: whoever holds the rights in the manuals decides
how this dataset may be shared.

## Limits

The answers are as right as the manuals they quote. The questions and the scores are a model's;
no person has read every row. Do not tighten, open or energise anything on its word alone."""
