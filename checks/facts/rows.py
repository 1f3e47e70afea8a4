"""Rows: which rows of a table a sentence names, and whether a fact of it stands in another one.

`judging` asks, of numbers and codes; `cells` does the same for words.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.facts.bindings import Place, Row
from checks.facts.matches import is_plain, states

_ABOUT = 0.5


def named_rows(fact: Place, labelled: Sequence[Row]) -> list[Row]:
    """Return the rows that the fact's sentence names by their whole label."""
    named = [row for row in labelled if row.is_named(fact.beside)]
    return [
        row
        for row in named
        if all(fact.beside[word] > 1 for word in row.label)
        or not any(row.label < other.label for other in named)
    ]


def stands_in_other_row(
    own: Sequence[Place], named: Sequence[Row], others: Sequence[Place], places: Sequence[Place]
) -> bool:
    """Say whether the sentence names a row, and the fact stands only beside other subjects."""
    labels = [row.label for row in named]
    return any(
        all(_is_beside(place, row, labels) for place in own)
        and not _is_told(row, own, others, places)
        for row in named
    )


def _is_told(
    row: Row, own: Sequence[Place], others: Sequence[Place], places: Sequence[Place]
) -> bool:
    """Say whether another fact of the sentence is what the row holds in the fact's column."""
    cells = {place.cell for place in own if place.row} - {0}
    return any(
        place.row == row and place.cell in cells and states(place, other)
        for place in places
        for other in others
    )


def _is_beside(place: Place, row: Row, labels: Sequence[frozenset[str]]) -> bool:
    """Say whether the place is another row's of the same table, or a sentence on something else."""
    if place.row is None:
        return not is_about(place, row)
    return (
        place.row.heads == row.heads
        and (place.cell > 0 or is_plain(place.number))
        and place.cell in row.cells
        and place.row.label not in labels
    )


def told_in(own: Sequence[Place], named: Sequence[Row]) -> Row | None:
    """Return the row that the sentence names, where it is the only one and states the fact."""
    rows_told = [place.row for place in own if place.cell > 0 and place.row in named]
    return rows_told[0] if len(named) == 1 and rows_told else None


def is_in_named_column(fact: Place, own: Sequence[Place]) -> bool:
    """Say whether the fact stands in a column whose whole head, a model's name, is said."""
    heads = [set(head) for place in own if place.row for head in place.row.heads[place.cell :][:1]]
    return any(
        head <= fact.beside.keys() and any(name[0] == "#" for name in head)
        for head in heads
        if head
    )


def is_about(place: Place, row: Row) -> bool:
    """Say whether the place stands in the row, or in a sentence that names most of its label."""
    if place.row is not None:
        return place.row == row
    said = place.beside.keys() | place.above
    return len(row.label & said) > _ABOUT * len(row.label)
