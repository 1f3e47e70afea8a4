"""Selection: which rows the dataset has, and what may still be derived from them; pure.

Rows whose passages hold the answer come first, in order of round and id, and leave room for the
share of rows that abstain. A derived row stands and falls with its origin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graph.brief import Brief
from graph.ledger import Made, Tally, reason_code
from training.rows import ABSTAINING, Abstaining, Variant

ORIGIN_GONE = "origin_set_aside"
SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class Derivation:
    """A row that can be made from an accepted one."""

    origin: Made
    variant: Abstaining


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of the dataset so far, why others are set aside, and what can still be derived.

    `abstentions` is how many rows shall abstain, `in_share` how many may beside so few others;
    `contrasts` how many answerable rows are left to contrasts, which `contrastable` may give.
    """

    answerable: list[Made]
    abstaining: list[Made]
    set_aside: dict[str, str]
    derivable: list[Derivation]
    abstentions: int
    in_share: int
    contrastable: list[Made]
    contrasts: int

    @property
    def rows(self) -> list[Made]:
        """All rows of the dataset."""
        return [*self.answerable, *self.abstaining]

    def missing_answerable(self, rows: int) -> int:
        """Return how many more answerable rows are wanted of so many rows in all.

        Once nothing more can be derived, they take the place of rows that abstain.
        """
        missing = rows - self.abstentions - len(self.answerable)
        if missing > 0 or self.derivable:
            return max(0, missing)
        return rows - len(self.answerable) - len(self.abstaining)


def select_rows(
    made: Sequence[Made],
    fallen: Mapping[str, str],
    brief: Brief,
    *,
    tried: Collection[tuple[str, Variant]],
    siblings: Mapping[str, Collection[str]],
    windows: Collection[str],
    nothing_left: bool = False,
) -> Selection:
    """Select among all made rows of a ledger, given in order of round and id.

    `fallen` are the ids of rows that cannot be in the dataset, with the reasons; `tried` the
    origins and kinds of all derived candidates; `siblings` the codes of each machine's siblings;
    `windows` the ids of those that can be asked about; with `nothing_left` no more is tried.
    """
    set_aside = dict(fallen)
    answerable: list[Made] = []
    for each in made:
        if each.id in fallen or _abstains(each):
            continue
        if each.origin in set_aside:
            set_aside[each.id] = f"{ORIGIN_GONE} of {each.origin}"
        else:
            answerable.append(each)
    abstaining = _in_turn([each for each in made if each.id not in fallen])
    share, rows = brief.unanswerable, brief.rows
    wanted = abstentions_wanted(brief)
    every = answerable
    most = contrasts_wanted(brief) if siblings else 0
    answerable, contrastable, contrasts = _with_contrasts(
        answerable, tried, rows - wanted, most, windows
    )
    if nothing_left:
        answerable, contrastable, contrasts = [*answerable, *every], [], 0
        answerable = list({each.id: each for each in answerable}.values())
    in_share = min(wanted, round(len(answerable) * share / (1 - share)))
    kept, chosen = _fitted(answerable, abstaining, rows, in_share)
    derivable: list[Derivation] = []
    if len(chosen) < wanted and not nothing_left:
        for origins in (kept[: rows - wanted], kept):
            known = [each for each in origins if each.window in windows]
            derivable = derivable or _derivable(known, tried, brief.abstentions, siblings)
    if derivable:
        kept = kept[: rows - wanted]
        origins = {each.id for each in kept}
        chosen = [each for each in chosen if each.origin in origins]
    stays = {each.id for each in (*kept, *chosen)}
    for each in (*every, *abstaining):
        if each.id not in stays:
            gone = each.origin and each.origin not in stays
            set_aside[each.id] = f"{ORIGIN_GONE} of {each.origin}" if gone else SURPLUS
    return Selection(kept, chosen, set_aside, derivable, wanted, in_share, contrastable, contrasts)


def abstentions_wanted(brief: Brief) -> int:
    """Return how many of the rows shall abstain."""
    return round(brief.rows * brief.unanswerable)


def contrasts_wanted(brief: Brief) -> int:
    """Return how many of the rows shall be contrasts, where machines have siblings."""
    return round(brief.rows * brief.contrasts)


def fallen_rows(made: Sequence[Made]) -> dict[str, str]:
    """Return the rows that were set aside for what they are, not for want of room."""
    return {
        each.id: each.reason
        for each in made
        if each.status == "set_aside" and reason_code(each.reason) not in (SURPLUS, ORIGIN_GONE)
    }


def acceptance_rate(
    tallies: Sequence[Tally],
    made: Sequence[Made],
    fallen: Collection[str],
    variants: Collection[Variant],
) -> float | None:
    """Return the share of finished candidates that became sound rows; None before the first."""
    of_kind = [each for each in tallies if each.variant in variants and each.status != "planned"]
    finished = sum(each.candidates for each in of_kind)
    sound = sum(each.variant in variants and each.id not in fallen for each in made)
    return sound / finished if finished else None


def _abstains(row: Made) -> bool:
    return row.variant in ABSTAINING


def _with_contrasts(
    answerable: Sequence[Made],
    tried: Collection[tuple[str, Variant]],
    room: int,
    most: int,
    windows: Collection[str],
) -> tuple[list[Made], list[Made], int]:
    """Return the answerable rows in the order of their right to the room, contrasts among them.

    Beside them the rows that contrasts can still be derived from, and how many places are left to
    these: while there are such, no other row takes them.
    """
    drafted = [each for each in answerable if each.variant != "contrast"]
    made = [each for each in answerable if each.variant == "contrast"]
    has_one = {each.origin for each in made}
    can = [
        each
        for each in drafted
        if each.counterpart in windows and (each.id, "contrast") not in tried
    ]
    fit = has_one.union(each.id for each in can)
    places = [place for place, each in enumerate(drafted) if each.id in fit]
    while drafted and most and bisect_left(places, room - most) < most:
        most -= 1
    origins = {each.id for each in drafted[: max(0, room - most)]}
    made = [each for each in made if each.origin in origins][:most]
    can = [each for each in can if each.id in origins]
    left = most - len(made)
    place = max(0, room - most)
    rest = [] if left else drafted[place:]
    return [*drafted[:place], *made, *rest], can if left else [], left


def _in_turn(made: Sequence[Made]) -> list[Made]:
    """Return the rows that abstain, the first of each kind first, then the second of each."""
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, Made]] = []
    for place, each in enumerate(filter(_abstains, made)):
        ranked.append((seen[each.variant], place, each))
        seen[each.variant] += 1
    return [each for _, _, each in sorted(ranked, key=lambda turn: turn[:2])]


def _fitted(
    answerable: Sequence[Made], abstaining: Sequence[Made], rows: int, most: int
) -> tuple[list[Made], list[Made]]:
    """Return the most abstaining rows whose origins are among the answerable ones beside them."""
    places = {each.id: place for place, each in enumerate(answerable)}
    held = [each for each in abstaining if each.origin in places]
    origins = sorted(places[each.origin or ""] for each in held)
    count = min(most, len(held))
    while count and bisect_left(origins, rows - count) < count:
        count -= 1
    fitting = [each for each in held if places[each.origin or ""] < rows - count]
    return list(answerable[: rows - count]), fitting[:count]


def _derivable(
    origins: Sequence[Made],
    tried: Collection[tuple[str, Variant]],
    kinds: Sequence[Abstaining],
    siblings: Mapping[str, Collection[str]],
) -> list[Derivation]:
    return [
        Derivation(origin, kind)
        for origin in origins
        for kind in dict.fromkeys(kinds)
        if (origin.id, kind) not in tried and _lends_itself(origin, kind, siblings)
    ]


def _lends_itself(row: Made, kind: Abstaining, siblings: Mapping[str, Collection[str]]) -> bool:
    if kind == "near_miss":
        others = set(siblings.get(row.machine or "", ()))
        return bool(others.difference(row.applies_to))
    return kind != "false_premise" or row.has_value
