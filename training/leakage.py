"""The leakage report: what a split parted that belongs together, and how near its shares came.

`write_dataset` puts it on the card, `officina audit` prints it, and a training is refused while any
pair of rows is parted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import get_args

from checks.leakage import KINDS, Held, Kind, Shared, split_keys
from checks.leakage.splits import groups_of, wanted_rows
from training.rows import Frozen, Split, TrainingRow

SPLITS: tuple[Split, ...] = get_args(Split)
EXAMPLES = 5
NO_FAMILY = (
    "No two rows are about one machine or family, so `split_by_family` changed nothing: "
    "give machines.csv a column `family`."
)


class SplitWanted(Frozen):
    """What was wanted of a split; `validation_share` is of what is not held out for the test."""

    test_share: float
    validation_share: float = 0.1
    by_family: bool = False


class Parted(Frozen):
    """Pairs of rows in different splits that share one kind of thing, word for word or nearly.

    A pair counts once for each thing that it shares; an example names two rows.
    """

    kind: Kind
    exact: int
    near: int
    examples: tuple[tuple[str, str], ...]


class LeakageReport(Frozen):
    """What a split did; `leaked` are the rows of parted pairs, `remarks` sentences."""

    by_family: bool
    rows: Mapping[Split, int]
    wanted: Mapping[Split, int]
    largest_group: int
    parted: tuple[Parted, ...]
    leaked: tuple[str, ...]
    remarks: tuple[str, ...]


def held(row: TrainingRow, *, by_family: bool) -> Held:
    """Return what of a row may also be another's."""
    # A dataset of before there were clusters has sections alone.
    clusters = row.section_clusters or row.sections
    return Held(
        id=row.id,
        question=row.question,
        answer=row.answer,
        evidence=tuple(citation.quote for citation in row.citations),
        passages=tuple(passage.text for passage in row.context if passage.role == "oracle"),
        sections=dict(zip(row.sections, clusters, strict=len(clusters) == len(row.sections))),
        family=(row.machine_family or row.machine_code) if by_family else None,
        origin=row.derived_from,
    )


def leakage_report(
    splits: Mapping[str, Split], shared: Sequence[Shared], wanted: SplitWanted | None
) -> LeakageReport:
    """Count what rows share across splits; `splits` gives each row's split by its id."""
    by_family = wanted is not None and wanted.by_family
    counts = Counter(splits.values())
    rows: dict[Split, int] = {split: counts[split] for split in SPLITS}
    targets = rows
    if wanted:
        targets = wanted_rows(len(splits), wanted.test_share, wanted.validation_share)
    groups = groups_of(split_keys(splits, shared))
    crossing = [each for each in shared if len({splits[id] for id in each.rows}) > 1]
    by_none = by_family and all(each.kind != "machine family" for each in shared)
    kinds: list[Kind] = [kind for kind in KINDS if by_family or kind != "machine family"]
    return LeakageReport(
        by_family=by_family,
        rows=rows,
        wanted=targets,
        largest_group=max(map(len, groups), default=0),
        parted=tuple(_parted(kind, crossing, splits) for kind in kinds),
        leaked=tuple(sorted({id for each in crossing for id in each.rows})),
        remarks=(
            *([NO_FAMILY] if by_none else []),
            *_remarks(rows, targets, groups, by_family=by_family),
        ),
    )


def lines(report: LeakageReport) -> list[str]:
    """Return the report as a table for people."""
    found = [
        f"{split:<20}{report.rows[split]:>8} rows{report.wanted[split]:>8} wanted"
        for split in SPLITS
    ]
    found += ["", f"{'pairs across splits':<20}{'exact':>8}{'near':>13}"]
    for each in report.parted:
        shown = "; ".join(" and ".join(pair) for pair in each.examples)
        found.append(f"{each.kind:<20}{each.exact:>8}{each.near:>13}  {shown}".rstrip())
    return [*found, "", *report.remarks]


def summary(report: LeakageReport) -> str:
    """Return the report as a paragraph of the card."""
    pairs = ", ".join(f"{each.kind} {each.exact} and {each.near}" for each in report.parted)
    family = " Machines of one family are in the same split." if report.by_family else ""
    told = [f"Pairs of rows across splits that share a thing word for word and nearly: {pairs}."]
    return " ".join([*told, *report.remarks]) + family


def _parted(kind: Kind, crossing: Sequence[Shared], splits: Mapping[str, Split]) -> Parted:
    of_kind = [each for each in crossing if each.kind == kind]
    exact = [sum(_across(part, splits) for part in each.parts) for each in of_kind]
    pairs = [_across(each.rows, splits) for each in of_kind]
    examples = (pair for each in of_kind for pair in _examples(each.rows, splits))
    return Parted(
        kind=kind,
        exact=sum(exact),
        near=sum(max(0, all_ - same) for all_, same in zip(pairs, exact, strict=True)),
        examples=tuple(islice(examples, EXAMPLES)),
    )


def _across(rows: Collection[str], splits: Mapping[str, Split]) -> int:
    counts = Counter(splits[id] for id in rows)
    return sum(one * other for one, other in combinations(counts.values(), 2))


def _examples(rows: Collection[str], splits: Mapping[str, Split]) -> Iterator[tuple[str, str]]:
    """Yield one pair for each two splits that the rows are in."""
    first: dict[Split, str] = {}
    for id in sorted(rows):
        first.setdefault(splits[id], id)
    yield from combinations(first.values(), 2)


def _remarks(
    rows: Mapping[Split, int],
    wanted: Mapping[Split, int],
    groups: Sequence[Sequence[str]],
    *,
    by_family: bool,
) -> Iterator[str]:
    """Yield why a split is not as large as was wanted, where it is not."""
    for split in ("test", "validation"):
        if rows[split] != wanted[split]:
            found = f"holds {rows[split]} rows" if rows[split] else "is empty"
            yield f"The {split} split {found} where {wanted[split]} were wanted."
    if any(rows[split] != wanted[split] for split in SPLITS):
        family, instead = "", "More rows"
        if by_family:
            family, instead = (
                ", a machine family",
                "More rows, `split_by_family: false` in the brief",
            )
        yield (
            f"Rows that share a question, evidence, a passage, a section{family} or near repeats "
            f"of these stay together: the largest such group has {max(map(len, groups))} of "
            f"{sum(map(len, groups))} rows. {instead}, or manuals that repeat each other less let "
            "the shares be met."
        )
