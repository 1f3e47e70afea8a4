"""Selection: which rows the dataset has, and what may still be derived from them; pure.

Rows whose passages hold the answer come first, in order of round and id, and leave room for the
share of rows that abstain. A derived row stands and falls with its origin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from checks.abstentions import has_value
from graph.brief import Brief
from graph.ledger import Entry, reason_code
from training.rows import ABSTAINING, Abstaining, TrainingRow

ORIGIN_GONE = "origin_set_aside"
_SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class Derivation:
    """A row that can be made from an accepted one."""

    origin: Entry
    variant: Abstaining


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of the dataset so far, why others are set aside, and what can still be derived.

    `abstentions` is how many rows shall abstain, `in_share` how many may beside so few others;
    `contrasts` how many answerable rows are left to contrasts, which `contrastable` may give.
    """

    answerable: list[Entry]
    abstaining: list[Entry]
    set_aside: dict[str, str]
    derivable: list[Derivation]
    abstentions: int
    in_share: int
    contrastable: list[Entry]
    contrasts: int

    @property
    def rows(self) -> list[Entry]:
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
    entries: Sequence[Entry],
    fallen: Mapping[str, str],
    brief: Brief,
    *,
    siblings: Mapping[str, Collection[str]],
    windows: Collection[str],
    nothing_left: bool = False,
) -> Selection:
    """Select among all entries of a ledger, given in order of round and id.

    `fallen` are the ids of rows that cannot be in the dataset, with the reasons; `siblings` the
    codes of each machine's siblings; `windows` the ids of those that can be asked about; with
    `nothing_left` no more is tried.
    """
    set_aside = dict(fallen)
    answerable: list[Entry] = []
    for entry in entries:
        if entry.row is None or entry.candidate.id in fallen or _abstains(entry):
            continue
        if entry.candidate.origin in set_aside:
            set_aside[entry.candidate.id] = f"{ORIGIN_GONE} of {entry.candidate.origin}"
        else:
            answerable.append(entry)
    abstaining = _in_turn([e for e in entries if e.row and e.candidate.id not in fallen])
    share, rows = brief.unanswerable, brief.rows
    wanted = abstentions_wanted(brief)
    every = answerable
    most = contrasts_wanted(brief) if siblings else 0
    answerable, contrastable, contrasts = _with_contrasts(
        answerable, entries, rows - wanted, most, windows
    )
    if nothing_left:
        answerable, contrastable, contrasts = [*answerable, *every], [], 0
        answerable = list({entry.candidate.id: entry for entry in answerable}.values())
    in_share = min(wanted, round(len(answerable) * share / (1 - share)))
    kept, chosen = _fitted(answerable, abstaining, rows, in_share)
    derivable: list[Derivation] = []
    if len(chosen) < wanted and not nothing_left:
        tried = {(e.candidate.origin, e.candidate.variant) for e in entries}
        for origins in (kept[: rows - wanted], kept):
            derivable = derivable or _derivable(origins, tried, brief.abstentions, siblings)
    if derivable:
        kept = kept[: rows - wanted]
        origins = {entry.candidate.id for entry in kept}
        chosen = [entry for entry in chosen if entry.candidate.origin in origins]
    stays = {entry.candidate.id for entry in (*kept, *chosen)}
    for entry in (*every, *abstaining):
        if entry.candidate.id not in stays:
            gone = entry.candidate.origin and entry.candidate.origin not in stays
            reason = f"{ORIGIN_GONE} of {entry.candidate.origin}" if gone else _SURPLUS
            set_aside[entry.candidate.id] = reason
    return Selection(kept, chosen, set_aside, derivable, wanted, in_share, contrastable, contrasts)


def abstentions_wanted(brief: Brief) -> int:
    """Return how many of the rows shall abstain."""
    return round(brief.rows * brief.unanswerable)


def contrasts_wanted(brief: Brief) -> int:
    """Return how many of the rows shall be contrasts, where machines have siblings."""
    return round(brief.rows * brief.contrasts)


def fallen_rows(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the rows that were set aside for what they are, not for want of room."""
    return {
        entry.candidate.id: entry.reason
        for entry in entries
        if entry.status == "set_aside" and reason_code(entry.reason) not in (_SURPLUS, ORIGIN_GONE)
    }


def acceptance_rate(
    entries: Sequence[Entry], fallen: Collection[str], *, abstaining: bool
) -> float | None:
    """Return the share of finished candidates that became sound rows; None before the first."""
    finished = [e for e in entries if e.status != "planned" and _abstains(e) == abstaining]
    sound = sum(e.row is not None and e.candidate.id not in fallen for e in finished)
    return sound / len(finished) if finished else None


def _abstains(entry: Entry) -> bool:
    return entry.candidate.variant in ABSTAINING


def _with_contrasts(
    answerable: Sequence[Entry],
    entries: Sequence[Entry],
    room: int,
    most: int,
    windows: Collection[str],
) -> tuple[list[Entry], list[Entry], int]:
    """Return the answerable rows in the order of their right to the room, contrasts among them.

    Beside them the rows that contrasts can still be derived from, and how many places are left to
    these: while there are such, no other row takes them.
    """
    drafted = [entry for entry in answerable if entry.candidate.variant != "contrast"]
    made = [entry for entry in answerable if entry.candidate.variant == "contrast"]
    has_one = {entry.candidate.origin for entry in made}
    tried = {e.candidate.origin for e in entries if e.candidate.variant == "contrast"}
    can = [
        entry
        for entry in drafted
        if entry.row and entry.row.counterpart in windows and entry.candidate.id not in tried
    ]
    fit = has_one.union(entry.candidate.id for entry in can)
    places = [place for place, entry in enumerate(drafted) if entry.candidate.id in fit]
    while drafted and most and bisect_left(places, room - most) < most:
        most -= 1
    origins = {entry.candidate.id for entry in drafted[: max(0, room - most)]}
    made = [entry for entry in made if entry.candidate.origin in origins][:most]
    can = [entry for entry in can if entry.candidate.id in origins]
    left = most - len(made)
    place = max(0, room - most)
    rest = [] if left else drafted[place:]
    return [*drafted[:place], *made, *rest], can if left else [], left


def _in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """Return the rows that abstain, the first of each kind first, then the second of each."""
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, Entry]] = []
    for place, entry in enumerate(filter(_abstains, entries)):
        ranked.append((seen[entry.candidate.variant], place, entry))
        seen[entry.candidate.variant] += 1
    return [entry for _, _, entry in sorted(ranked, key=lambda each: each[:2])]


def _fitted(
    answerable: Sequence[Entry], abstaining: Sequence[Entry], rows: int, most: int
) -> tuple[list[Entry], list[Entry]]:
    """Return the most abstaining rows whose origins are among the answerable ones beside them."""
    places = {entry.candidate.id: place for place, entry in enumerate(answerable)}
    held = [entry for entry in abstaining if entry.candidate.origin in places]
    origins = sorted(places[entry.candidate.origin or ""] for entry in held)
    count = min(most, len(held))
    while count and bisect_left(origins, rows - count) < count:
        count -= 1
    fitting = [e for e in held if places[e.candidate.origin or ""] < rows - count]
    return list(answerable[: rows - count]), fitting[:count]


def _derivable(
    origins: Sequence[Entry],
    tried: Collection[tuple[str | None, str]],
    kinds: Sequence[Abstaining],
    siblings: Mapping[str, Collection[str]],
) -> list[Derivation]:
    return [
        Derivation(origin, kind)
        for origin in origins
        for kind in dict.fromkeys(kinds)
        if (origin.candidate.id, kind) not in tried
        and origin.row
        and _lends_itself(origin.row, kind, siblings)
    ]


def _lends_itself(
    row: TrainingRow, kind: Abstaining, siblings: Mapping[str, Collection[str]]
) -> bool:
    if kind == "near_miss":
        others = set(siblings.get(row.machine_code or "", ()))
        return bool(others.difference(row.applies_to))
    return kind != "false_premise" or has_value(row.question, row.answer, row.language)
