"""How the figures of `bench.mutations` look: shares with intervals, as tables and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.intervals import wilson

GOAL = 0.995
_SHOWN_WORDS = 12


@dataclass(slots=True)
class Share:
    """How many of a kind were rejected, in all and by language, and some that went wrong.

    `skipped` are mutants that may be true after all.
    """

    total: int = 0
    rejected: int = 0
    skipped: int = 0
    by_language: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    examples: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def add(self, language: str, *, rejected: bool) -> None:
        """Count one."""
        self.total += 1
        self.rejected += rejected
        counts = self.by_language.setdefault(language or "unknown", [0, 0])
        counts[0] += 1
        counts[1] += rejected


@dataclass(slots=True)
class Measured:
    """Rejections of mutants by kind of mutation, and of true answers by how they are worded.

    `words` are the digit-bearing words of the truths, `never` those that no mutation changes;
    `outside` are the distinct ones of the manuals that stand in no truth.
    """

    mutants: dict[str, Share]
    truths: dict[str, Share]
    words: int
    never: Counter[str]
    distinct: int
    outside: Counter[str]


def as_json(measured: Measured) -> dict[str, object]:
    """Return everything as plain values."""
    return {
        "mutants": {kind: _figures(share) for kind, share in measured.mutants.items()},
        "truths": {kind: _figures(share) for kind, share in measured.truths.items()},
        "digit_words": {
            "in_truths": measured.words,
            "never_mutated": measured.never.total(),
            "never_mutated_examples": _first(measured.never),
            "distinct": measured.distinct,
            "distinct_outside_truths": len(measured.outside),
            "outside_examples": _first(measured.outside),
        },
    }


def _figures(share: Share) -> dict[str, object]:
    low, high = wilson(share.rejected, share.total)
    languages = sorted(share.by_language.items())
    return {
        "total": share.total,
        "rejected": share.rejected,
        "skipped": share.skipped,
        "share": share.rejected / share.total if share.total else None,
        "wilson_95": [low, high],
        "languages": {name: {"total": n, "rejected": k} for name, (n, k) in languages},
        "examples": share.examples,
    }


def show(measured: Measured, console: Console) -> None:
    """Print the tables, the examples that were asked for, and the words never mutated."""
    killed = ("mutants of", "mutants", "killed", "skipped")
    console.print(_table("False answers", killed, measured.mutants, good_is_high=True))
    rejected = ("true answers", "answers", "rejected", "")
    console.print(_table("True answers", rejected, measured.truths, good_is_high=False))
    _show_words(measured, console)
    for title, shares in (("accepted", measured.mutants), ("rejected", measured.truths)):
        for kind, share in shares.items():
            for example in share.examples:
                console.print(f"\n[bold]{title}, {kind}[/] ({example['document']})")
                console.print(escape(f"  says  {example['answer']}"), highlight=False)
                console.print(escape(f"  true  {example['truth']}"), highlight=False)
                if example["finding"]:
                    console.print(escape(f"  why   {example['finding']}"), highlight=False)


def _table(
    title: str, names: tuple[str, ...], shares: Mapping[str, Share], *, good_is_high: bool
) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    kind, total, rejected, skipped = names
    table.add_column(kind)
    for name in (total, rejected, "rate", "95 % interval", skipped, "by language"):
        table.add_column(name, justify="left" if name == "by language" else "right", no_wrap=True)
    for name, share in shares.items():
        table.add_row(name, *_cells(share, skipped=bool(skipped), good_is_high=good_is_high))
    return table


def _cells(share: Share, *, skipped: bool, good_is_high: bool) -> list[str]:
    if not share.total:
        return ["0", "", "", "", str(share.skipped or "") if skipped else "", ""]
    low, high = wilson(share.rejected, share.total)
    rate = share.rejected / share.total
    good = rate >= GOAL if good_is_high else 1 - rate >= GOAL
    languages = (f"{name} {k / n:.1%}" for name, (n, k) in sorted(share.by_language.items()))
    return [
        f"{share.total:,}",
        f"{share.rejected:,}",
        f"[{'green' if good else 'red'}]{rate:.1%}[/]",
        f"{low:.1%}–{high:.1%}",
        f"{share.skipped:,}" if skipped else "",
        "  ".join(languages),
    ]


def _show_words(measured: Measured, console: Console) -> None:
    never, outside = measured.never.total(), len(measured.outside)
    console.print(
        f"\nOf {measured.words:,} digit-bearing words in true answers {never:,} "
        f"({_percent(never, measured.words)}) are changed by no mutation"
        + _such_as(measured.never)
        + f"\nOf {measured.distinct:,} distinct ones in the manuals {outside:,} "
        f"({_percent(outside, measured.distinct)}) stand in no true answer"
        + _such_as(measured.outside),
        highlight=False,
        markup=False,
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _such_as(words: Counter[str]) -> str:
    return f", such as {' '.join(_first(words))}" if words else "."


def _first(words: Counter[str]) -> list[str]:
    ranked = sorted(words, key=lambda word: (-words[word], word))
    return ranked[:_SHOWN_WORDS]
