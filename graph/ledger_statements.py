"""What the ledger says to its database, made once: a statement costs more to make than to run."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Engine, String, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from graph.ledger_tables import CANDIDATES, IS_OPEN, TALLIES, VERDICTS, WINDOWS
from tools.tables import insert_into

Insert = sqlite.Insert | postgresql.Insert
Standing = tuple[str, str, str]
"""Status, code of the reason, and variant: what candidates are counted by."""
_COUNTS = ("candidates", "drafts", "revisions")
_CLOSED = ("status", "reason", "question", "drafts", "answers")
_c = CANDIDATES.c
_ids = bindparam("ids", type_=String(64), expanding=True)

CLOSE = (
    update(CANDIDATES)
    .where(_c.id == bindparam("of"), IS_OPEN)
    .values({name: bindparam(name) for name in _CLOSED})
    .returning(_c.variant)
)
MOVE = (
    update(CANDIDATES)
    .where(_c.id == bindparam("of"))
    .values(status=bindparam("status"), reason=bindparam("reason"))
)
FREE = (
    select(_c.id)
    .where(IS_OPEN, _c.worker.is_(None))
    .order_by(_c.round, _c.id)
    .limit(bindparam("count"))
    # SQLite has one writer at a time, and needs no such lock.
    .with_for_update(skip_locked=True)
)
TAKE = update(CANDIDATES).where(_c.id.in_(_ids)).values(worker=bindparam("by"))
TAKEN = (
    select(CANDIDATES, WINDOWS.c.window.label("place"))
    .join(WINDOWS, WINDOWS.c.id == _c.window)
    .where(_c.id.in_(_ids))
    .order_by(_c.round, _c.id)
)


def tally_into(engine: Engine) -> Insert:
    """Return the statement that adds to the tallies."""
    tally = insert_into(engine, TALLIES)
    summed = {name: TALLIES.c[name] + tally.excluded[name] for name in _COUNTS}
    return tally.on_conflict_do_update(index_elements=[*TALLIES.primary_key], set_=summed)


def verdict_into(engine: Engine) -> Insert:
    """Return the statement that keeps a candidate's last verdict."""
    verdict = insert_into(engine, VERDICTS)
    return verdict.on_conflict_do_update(
        index_elements=["candidate"], set_={"sha256": verdict.excluded.sha256}
    )


class Changes:
    """By how much counts change, by status, code of the reason and variant."""

    def __init__(self) -> None:
        self._sums: defaultdict[Standing, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))

    def add(self, standing: Standing, candidates: int, drafts: int = 0) -> None:
        """Count candidates that stand so from now on, or fewer that do."""
        all_, written, again = self._sums[standing]
        revised = max(0, drafts - 1)
        self._sums[standing] = (all_ + candidates, written + drafts, again + revised)

    @property
    def lines(self) -> list[dict[str, object]]:
        """The changes as lines, in one order everywhere."""
        names = ("status", "reason", "variant", *_COUNTS)
        return [
            dict(zip(names, (*standing, *sums), strict=True))
            for standing, sums in sorted(self._sums.items())
        ]
