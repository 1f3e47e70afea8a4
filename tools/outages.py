"""Outages: what a run's state does while its Postgres is away, and when it comes back.

Group commits and the journal's reads go through here; `app/state.py` lets a whole run begin again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

from tools.patience import Patience, ServiceDownError
from tools.tables import StateError, is_postgres, sqlstate

T = TypeVar("T")
SERVICE = "the Postgres that holds the run's state"
LONGEST_WAIT = 5.0
"""Seconds between two tries: everything waits for the state, and a try costs nothing."""
# Shutdowns, crashes, starts, lost connections, and no connection left for us.
_AWAY = ("57P01", "57P02", "57P03", "08", "53300")
_ROLLED_BACK = ("40001", "40P01")


def is_away(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is that a Postgres cannot be reached now."""
    if isinstance(error, StateError):
        error = error.__cause__
    if not isinstance(error, DBAPIError) or not is_postgres(error):
        return False
    if code := sqlstate(error):
        return code.startswith(_AWAY)
    return error.connection_invalidated or isinstance(error, OperationalError)


def is_rolled_back(error: DBAPIError) -> bool:
    """Return whether Postgres ended a transaction for another's sake, to be tried again."""
    return sqlstate(error) in _ROLLED_BACK


async def outlast(patience: Patience, call: Callable[[], T]) -> T:
    """Return what the call returns in a thread; try again while the database is away.

    Raises:
        StateError: it is away for longer than patience lasts.
    """

    def attempt() -> T:
        try:
            return call()
        except (DBAPIError, StateError) as error:
            if not is_away(error):
                raise
            raise ServiceDownError(" ".join(str(error.__cause__ or error).split())) from error

    try:
        # Patience itself costs more than most calls take.
        return await asyncio.to_thread(call)
    except (DBAPIError, StateError) as error:
        if not is_away(error):
            raise
    try:
        own = replace(patience, longest=LONGEST_WAIT)
        return await own(SERVICE, lambda: asyncio.to_thread(attempt))
    except ServiceDownError as error:
        raise StateError(
            f"The Postgres that holds the run's state does not answer ({error}). Start it, or "
            "check OFFICINA_STATE_URL, then resume the run."
        ) from error
