"""Spending: what is reserved and settled, in the transactions that the journal commits.

`spending` holds, by model, all that was settled and all that is reserved: the most that a run can
have spent, whatever happens to the calls that are on their way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from agents.journal_tables import CALLS, RESERVATIONS, SPENDING
from tools.tables import insert_into

_COUNTS = ("calls", "input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class Amount:
    """Calls of one model, and their tokens."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )

    def __sub__(self, other: Amount) -> Amount:
        """Return what is left of this one without the other."""
        return self + Amount(-other.calls, -other.input_tokens, -other.output_tokens)


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that one call may come to; it stands until it is settled."""

    id: str
    session: str
    model: str
    most: Amount


@dataclass(frozen=True, slots=True)
class Refusal:
    """The limit that refused a reservation; it is final where no other stands that may settle."""

    limit: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a reservation: nothing where no server can have worked for it."""

    reservation: Reservation
    spent: Amount = Amount()


# Statements made once: to make one costs as much as to run it.
_SPENT = select(SPENDING).order_by(SPENDING.c.model)
_SPENT_HELD = _SPENT.with_for_update()
_GONE = delete(RESERVATIONS).where(RESERVATIONS.c.id == bindparam("gone"))
_ADD = (
    update(SPENDING)
    .where(SPENDING.c.model == bindparam("of"))
    .values({name: SPENDING.c[name] + bindparam(f"more_{name}") for name in _COUNTS})
)
_RESERVE = insert(RESERVATIONS)
_STANDING = select(func.count()).select_from(RESERVATIONS)
_ANSWERED = select(
    CALLS.c.model, func.count(), func.sum(CALLS.c.input_tokens), func.sum(CALLS.c.output_tokens)
).group_by(CALLS.c.model)

Refuse = Callable[[dict[str, Amount]], str]
"""Returns which limit a spending by model would pass, "" for none."""


def open_account(connection: Connection, model: str, engine: Engine) -> None:
    """Make a line for a model's spending, unless there is one."""
    connection.execute(insert_into(engine, SPENDING).values(model=model).on_conflict_do_nothing())


def reserve(
    connection: Connection, wanted: Sequence[Reservation], refuse: Refuse
) -> list[Refusal | None]:
    """Write down the reservations that no limit refuses; return for each why it was not.

    Their models have accounts.
    """
    total = _amounts(connection, _SPENT_HELD)
    granted: list[Reservation] = []
    limits: list[str] = []
    for each in wanted:
        after = total | {each.model: total[each.model] + each.most}
        limits.append(limit := refuse(after))
        if not limit:
            total = after
            granted.append(each)
    if granted:
        connection.execute(_RESERVE, [_columns(each) for each in granted])
        _add(connection, ((each.model, each.most) for each in granted))
    # Asked later, the last of the others might have settled, and nobody tried again.
    is_final = any(limits) and not connection.execute(_STANDING).scalar_one()
    return [Refusal(limit, is_final) if limit else None for limit in limits]


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Take reservations back, and leave in `spending` what they really came to."""
    if not settlements:
        return
    if connection.dialect.name == "postgresql":
        # In the order in which `reserve` holds them, so that no two processes wait in a circle.
        _amounts(connection, _SPENT_HELD)
    connection.execute(_GONE, [{"gone": each.reservation.id} for each in settlements])
    _add(connection, ((s.reservation.model, s.spent - s.reservation.most) for s in settlements))


def forfeit(connection: Connection, sessions: Sequence[str]) -> None:
    """Leave as spent what sessions that are over had reserved."""
    connection.execute(delete(RESERVATIONS).where(RESERVATIONS.c.session.in_(sessions)))


def spending(connection: Connection) -> dict[str, Amount]:
    """Return the most that can have been spent, by model."""
    return _amounts(connection, _SPENT)


def unanswered(connection: Connection) -> dict[str, Amount]:
    """Return by model what is counted as spent or reserved for calls that have no reply."""
    answered = _amounts(connection, _ANSWERED)
    return {
        model: amount - answered.get(model, Amount())
        for model, amount in spending(connection).items()
    }


def _amounts(connection: Connection, query: Executable) -> dict[str, Amount]:
    return {model: Amount(*map(int, counts)) for model, *counts in connection.execute(query)}


def _add(connection: Connection, changes: Iterable[tuple[str, Amount]]) -> None:
    sums: defaultdict[str, Amount] = defaultdict(Amount)
    for model, amount in changes:
        sums[model] += amount
    more = [
        {"of": model} | {f"more_{name}": getattr(amount, name) for name in _COUNTS}
        for model, amount in sorted(sums.items())
    ]
    connection.execute(_ADD, more)


def _columns(it: Reservation) -> dict[str, object]:
    return {
        "id": it.id,
        "session": it.session,
        "model": it.model,
        "input_tokens": it.most.input_tokens,
        "output_tokens": it.most.output_tokens,
    }
