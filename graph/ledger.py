"""The ledger: every candidate's life, its row if it became one, and what ingest could not use.

Several processes may work on one: each claims open candidates, and whoever finishes one first
decides what stands. What the faces show (terminal, report, `status`, `why`) comes from
`LedgerReader`, which this adds the writes to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from graph.ledger_reading import (
    LedgerReader,
    Note,
    Progress,
    Tally,
    asked_before,
    reason_code,
)
from graph.ledger_statements import (
    CLOSE,
    FREE,
    MOVE,
    TAKE,
    TAKEN,
    Changes,
    tally_into,
    verdict_into,
)
from graph.ledger_tables import (
    CANDIDATES,
    FACTS,
    IS_OPEN,
    LIVES,
    METADATA,
    NOTES,
    VERSION,
    WINDOWS,
    Entry,
    Made,
    candidate_of,
    dump_life,
    dump_window,
    facts_of,
    planned,
)
from graph.state import Candidate, QuestionInput, Step
from tools.group_commit import GroupCommit
from tools.tables import insert_into, open_tables, writing
from training.rows import TrainingRow

__all__ = ["Entry", "Ledger", "LedgerReader", "Made", "Note", "Progress", "Tally", "reason_code"]

T = TypeVar("T")
_AT_A_TIME = 10_000


@dataclass(frozen=True, slots=True)
class _Finish:
    """How a candidate ended, as lines of the tables."""

    closed: Mapping[str, Any]
    life: Mapping[str, object]
    facts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    worker: str
    count: int


class Ledger(LedgerReader):
    """Candidates and notes in the tables of the engine's database.

    Raises:
        StateError: the tables cannot be read or written; the message says what to do.
    """

    def __init__(self, engine: Engine, commit: GroupCommit | None = None) -> None:
        super().__init__(engine)
        open_tables(engine, METADATA, "ledger", VERSION)
        self._commit = commit or GroupCommit(engine, "ledger")
        self._tally, self._verdict = tally_into(engine), verdict_into(engine)

    def plan(self, candidates: Sequence[Candidate]) -> None:
        """Write down a round that is to be tried, whole or not at all; what is known stays."""
        if not candidates:
            return
        # In order, so that what is read in order lies together.
        ordered = sorted(candidates, key=lambda each: (each.round, each.id))
        windows = {each.window.id: each.window for each in ordered}
        window = insert_into(self._engine, WINDOWS)
        window = window.on_conflict_do_update(
            index_elements=["id"], set_={"window": window.excluded.window}
        )
        candidate = insert_into(self._engine, CANDIDATES).on_conflict_do_nothing()
        changes, rounds = Changes(), {each.round for each in ordered}
        with writing(self._engine) as connection:
            for some in _parts(windows.values()):
                lines = [{"id": each.id, "window": dump_window(each)} for each in some]
                connection.execute(window, lines)
            known = _by_variant(connection, rounds)
            for some in _parts(ordered):
                connection.execute(candidate, [planned(each) for each in some])
            for variant, count in _by_variant(connection, rounds).items():
                changes.add(("planned", "", variant), count - known.get(variant, 0))
            self._count(connection, changes)

    async def claim(self, worker: str, count: int) -> list[QuestionInput]:
        """Take so many open candidates that no worker has, in the order of round and id.

        Each comes with what earlier rounds asked of its window, the same whenever it is claimed.
        """
        return await self._commit(self._claim, _Claim(worker, count))

    def release(self, *workers: str) -> None:
        """Give back what these workers claimed and did not finish; all workers if none is named."""
        c = CANDIDATES.c
        held = c.worker.in_(workers) if workers else c.worker.is_not(None)
        with writing(self._engine) as connection:
            connection.execute(update(CANDIDATES).where(IS_OPEN, held).values(worker=None))

    async def judge(self, candidate: str, sha256: str) -> None:
        """Write down that a judge accepted the row with this SHA-256, and no other."""
        await self._commit(self._judge, {"candidate": candidate, "sha256": sha256})

    async def accept(
        self, candidate: str, row: TrainingRow, *, drafts: int, answers: int, life: Sequence[Step]
    ) -> bool:
        """Write down that a candidate became a row; False if it was finished before."""
        closed = _closed(candidate, "accepted", "", row.question, drafts, answers)
        lived = {"candidate": candidate, "life": dump_life(life), "row": row.model_dump_json()}
        ending = _Finish(closed, lived, facts_of(candidate, row))
        return await self._commit(self._finish, ending)

    async def drop(
        self,
        candidate: str,
        reason: str,
        *,
        question: str,
        drafts: int,
        answers: int,
        life: Sequence[Step],
    ) -> bool:
        """Write down why a candidate did not become a row; False if it was finished before."""
        closed = _closed(candidate, "dropped", reason, question, drafts, answers)
        lived = {"candidate": candidate, "life": dump_life(life), "row": None}
        ending = _Finish(closed, lived)
        return await self._commit(self._finish, ending)

    def select(self, made: Iterable[Made], set_aside: Mapping[str, str]) -> None:
        """Mark made rows as set aside with a reason, all others as accepted; write what changes."""
        moved = Changes()
        changes: list[dict[str, str]] = []
        for each in made:
            reason = set_aside.get(each.id, "")
            status = "set_aside" if reason else "accepted"
            if (status, reason) != (each.status, each.reason):
                changes.append({"of": each.id, "status": status, "reason": reason})
                moved.add((each.status, reason_code(each.reason), each.variant), -1)
                moved.add((status, reason_code(reason), each.variant), 1)
        if not changes:
            return
        with writing(self._engine) as connection:
            for some in _parts(changes):
                connection.execute(MOVE, some)
            self._count(connection, moved)

    def reread(self) -> None:
        """Read every made row whole, so that one edited behind our back counts as altered."""
        found = [{"of": id, "now": content} for id, content in self.altered().items()]
        if found:
            changed = update(FACTS).where(FACTS.c.candidate == bindparam("of"))
            with writing(self._engine) as connection:
                connection.execute(changed.values(content=bindparam("now")), found)

    def note(self, notes: Sequence[Note]) -> None:
        """Write down what ingest could not use."""
        if not notes:
            return
        with writing(self._engine) as connection:
            statement = insert_into(self._engine, NOTES).on_conflict_do_nothing()
            connection.execute(statement, [asdict(note) for note in notes])

    def clear(self) -> None:
        """Forget everything."""
        with writing(self._engine) as connection:
            for table in METADATA.sorted_tables:
                connection.execute(delete(table))

    def close(self) -> None:
        """Give back the connection that writes."""
        self._commit.close()

    def _claim(self, connection: Connection, claims: Sequence[_Claim]) -> list[list[QuestionInput]]:
        return [self._claimed(connection, each) for each in claims]

    def _claimed(self, connection: Connection, claim: _Claim) -> list[QuestionInput]:
        ids = connection.execute(FREE, {"count": claim.count}).scalars().all()
        if not ids:
            return []
        connection.execute(TAKE, {"ids": ids, "by": claim.worker})
        lines = connection.execute(TAKEN, {"ids": ids}).mappings()
        candidates = [candidate_of(line) for line in lines]
        asked = asked_before(connection, {(each.window.id, each.round) for each in candidates})
        return [QuestionInput(each, asked[each.window.id, each.round]) for each in candidates]

    def _judge(self, connection: Connection, verdicts: Sequence[dict[str, str]]) -> Sequence[None]:
        connection.execute(self._verdict, verdicts)
        return [None] * len(verdicts)

    def _finish(self, connection: Connection, endings: Sequence[_Finish]) -> list[bool]:
        first, changes = list[_Finish](), Changes()
        # In one order everywhere, so that two processes never wait for each other.
        for ending in sorted(endings, key=lambda each: each.closed["of"]):
            closed = ending.closed
            variant = connection.execute(CLOSE, closed).scalar()
            if variant is not None:
                first.append(ending)
                status, reason, drafts = closed["status"], closed["reason"], closed["drafts"]
                changes.add(("planned", "", variant), -1)
                changes.add((status, reason_code(reason), variant), 1, drafts)
        if first:
            connection.execute(insert(LIVES), [each.life for each in first])
        if facts := [each.facts for each in first if each.facts]:
            connection.execute(insert(FACTS), facts)
        self._count(connection, changes)
        return [any(each is ending for each in first) for ending in endings]

    def _count(self, connection: Connection, changes: Changes) -> None:
        if changes.lines:
            connection.execute(self._tally, changes.lines)


def _closed(
    candidate: str, status: str, reason: str, question: str, drafts: int, answers: int
) -> dict[str, Any]:
    return {
        "of": candidate,
        "status": status,
        "reason": reason,
        # Postgres keeps no NUL in a text.
        "question": question.replace("\0", ""),
        "drafts": drafts,
        "answers": answers,
    }


def _by_variant(connection: Connection, rounds: Collection[int]) -> dict[str, int]:
    c = CANDIDATES.c
    query = select(c.variant, func.count()).where(c.round.in_(rounds)).group_by(c.variant)
    return {variant: count for variant, count in connection.execute(query)}


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while part := list(islice(left, _AT_A_TIME)):
        yield part
